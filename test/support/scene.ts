// Data with restricted parts, and small reads of it.
import { expect } from "vitest";
import type { Json, JsonObject } from "../../src/model/json.ts";
import { uniquePrefix, type Answer, type Client } from "./client.ts";

/** The body of a response that must be successful. */
export const succeed = async (answer: Promise<Answer>): Promise<Json> => {
  const { status, text, body } = await answer;
  if (status !== 200) throw new Error(`${status} ${text}`);
  return body;
};

/** A resource to create. */
export const dataset = (identifier: string, members: JsonObject = {}): JsonObject => ({
  identifier,
  payload_type: "dataset",
  name: identifier,
  ...members,
});

/** One page of a query. */
export const rowsOf = async (client: Client, body: JsonObject): Promise<readonly JsonObject[]> => {
  const answer = (await succeed(client.post("/query", body))) as JsonObject;
  return answer["results"] as readonly JsonObject[];
};

/** The identifiers of rows. */
export const identifiersOf = (rows: readonly JsonObject[]): readonly Json[] =>
  rows.map((row) => row["identifier"] ?? null);

/** One resource in the present or past; an empty object when the caller does not see it. */
export const readOne = async (
  client: Client,
  identifier: string,
  asOf?: string,
): Promise<JsonObject> => {
  const body = { identifiers: [identifier], ...(asOf === undefined ? {} : { as_of: asOf }) };
  const rows = (await succeed(client.post("/resources/read", body))) as readonly JsonObject[];
  return rows[0] ?? {};
};

const lastChange = async (admin: Client): Promise<string> => {
  let next = "0";
  for (;;) {
    const page = (await succeed(admin.get(`/changes?after=${next}&limit=10000`))) as JsonObject;
    next = String(page["next"]);
    if ((page["changes"] as readonly Json[]).length === 0) return next;
  }
};

/** A visible root with a restricted branch of another editor below it. */
export interface Scene {
  readonly prefix: string;
  readonly hidden: readonly string[];
  /** Position of the feed before anything was written. */
  readonly start: string;
  /** A transaction of hidden resources only. */
  readonly secretTransaction: string;
}

/** Writes a scene on behalf of an editor. */
export const stage = async (admin: Client, owner: Client, word: string): Promise<Scene> => {
  const prefix = uniquePrefix(word);
  const name = (suffix: string): string => `${prefix}${suffix}`;
  const start = await lastChange(admin);
  const open = [
    dataset(name("root")),
    dataset(name("open"), { parent_identifier: name("root") }),
    dataset(name("source")),
  ];
  await succeed(owner.post("/resources/create", { resources: open }));
  const secret = [
    dataset(name("secret"), { parent_identifier: name("root"), access_level: "restricted" }),
    dataset(name("child"), { parent_identifier: name("secret") }),
    dataset(name("grand"), { parent_identifier: name("child"), access_level: "public" }),
  ];
  const written = await owner.post("/resources/create", { resources: secret });
  expect(written.status, written.text).toBe(200);
  const derived_from = [name("secret"), name("source"), name("grand")];
  const access_level = "internal";
  const derived = { resources: [dataset(name("derived"), { derived_from, access_level })] };
  await succeed(owner.post("/resources/create", derived));
  const updates = {
    [name("secret")]: { name: "changed" },
    [name("open")]: { name: "changed" },
  };
  await succeed(owner.post("/resources/update", { updates }));
  const hidden = ["secret", "child", "grand"].map(name);
  return {
    prefix,
    hidden,
    start,
    secretTransaction: written.headers.get("x-transaction") ?? "",
  };
};
