// What a write at its limit looks like: the same shapes are counted in rows when they are small, and
// timed when they are as large as the limits allow.
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { LIMITS } from "../../../src/model/limits.ts";
import type { Answer, Client } from "../client.ts";
import { dataset, succeed } from "../scene.ts";

/** A call. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: Json;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whose call it is; the admin's unless it is said. */
  readonly token?: string;
}

/** Where a shape is made. */
export interface Stage {
  readonly admin: Client;
  /** A client with another token. */
  readonly as: (token: string) => Client;
  /** Begins the identifiers of this stage. */
  readonly prefix: string;
  /** A name that no payload type has, for types of this stage. */
  readonly word: string;
}

/** A write that grows: what it needs, and the call. */
export interface Shape {
  readonly name: string;
  /** The operation that it calls, e.g. `POST /resources/create`. */
  readonly operation: string;
  /** How many elements the limits allow. */
  readonly most: number;
  /** How far its statements may walk through a table; not at all unless it is said. */
  readonly walk?: "index" | "table";
  /** What is answered; 200 unless it is said. */
  readonly status?: number;
  /** Makes what the call needs, and answers the call. */
  readonly stage: (stage: Stage, size: number) => Promise<Call>;
}

/** The numbers from 0 on. */
export const range = (size: number): readonly number[] =>
  Array.from({ length: size }, (_, at) => at);

/** Creates resources, as many at once as a call takes, or fewer. */
export const createAll = async (
  { admin }: Pick<Stage, "admin">,
  resources: readonly JsonObject[],
  most: number = LIMITS.batchItemsMax,
): Promise<void> => {
  for (let at = 0; at < resources.length; at += most) {
    const part = resources.slice(at, at + most);
    await succeed(admin.post("/resources/create", { resources: part }));
  }
};

/** Sends a call that prepares another one. */
export const send = (
  { admin }: Pick<Stage, "admin">,
  { method, path, body, headers }: Call,
): Promise<Answer> => admin.send(method, path, body, headers);

/** `POST /resources/create`. */
export const creating = (resources: readonly JsonObject[]): Call => ({
  method: "POST",
  path: "/resources/create",
  body: { resources: [...resources] },
});

/** `POST /resources/update`. */
export const updating = (updates: readonly (readonly [string, JsonObject])[]): Call => ({
  method: "POST",
  path: "/resources/update",
  body: { updates: Object.fromEntries(updates) },
});

/** `POST /resources/delete`. */
export const deleting = (identifiers: readonly string[]): Call => ({
  method: "POST",
  path: "/resources/delete",
  body: { identifiers: [...identifiers] },
});

/** Datasets with these members. */
export const datasets = (
  prefix: string,
  size: number,
  membersOf: (at: number) => JsonObject = () => ({}),
): readonly JsonObject[] => range(size).map((at) => dataset(`${prefix}${at}`, membersOf(at)));

/** Levels of the chains in which a tree is as deep as it may be. */
export const LEVELS = LIMITS.treeDepthMax + 1;

/** The parent of the resources of chains that each have so many levels. */
export const inChains =
  (prefix: string, levels: number) =>
  (at: number): JsonObject =>
    at % levels === 0 ? {} : { parent_identifier: `${prefix}${at - 1}` };

/** The parent of the resources of a tree in which each has so many children. */
export const inTree =
  (prefix: string, children: number) =>
  (at: number): JsonObject =>
    at === 0 ? {} : { parent_identifier: `${prefix}${Math.floor((at - 1) / children)}` };
