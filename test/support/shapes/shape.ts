// The shape of a write at its limit: small ones are measured in rows, and those as large as the
// limits permit are timed.
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { LIMITS } from "../../../src/model/limits.ts";
import type { Answer, Client } from "../clients/http.ts";
import { dataset, succeed } from "../fixtures/restricted-tree.ts";

/** A call. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: Json;
  readonly headers?: Readonly<Record<string, string>>;
  /** The caller; by default the admin. */
  readonly token?: string;
}

/** The context of a shape. */
export interface Stage {
  readonly admin: Client;
  /** A client with another token. */
  readonly as: (token: string) => Client;
  /** The identifier prefix of this stage. */
  readonly prefix: string;
  /** An unused name for payload types of this stage. */
  readonly word: string;
}

/** A write of variable size: its preparation, and the call. */
export interface Shape {
  readonly name: string;
  /** The operation that it calls, e.g. `POST /resources/create`. */
  readonly operation: string;
  /** How many elements the limits permit. */
  readonly most: number;
  /** How far its statements may scan a table; by default not at all. */
  readonly walk?: "index" | "table";
  /** The expected status; by default 200. */
  readonly status?: number;
  /** Prepares the call, and returns it. */
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

/** Levels of the chains in the deepest permitted tree. */
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
