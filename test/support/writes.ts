// Every kind of write of the catalogue, each with data of its own.
import type { Json, JsonObject } from "../../src/model/json.ts";
import type { Answer, Client } from "./client.ts";

/** One write endpoint with a request that changes something. */
export interface WriteCase {
  readonly name: string;
  /** Prepares the data of the write. */
  readonly prepare: (client: Client, prefix: string) => Promise<void>;
  readonly request: (prefix: string) => {
    readonly method: string;
    readonly path: string;
    readonly body: Json;
  };
}

/** The payload type of the cases. */
export const FAULT_TYPE = "fault_note";

const JSON_SCHEMA: JsonObject = { type: "object", properties: { text: { type: "string" } } };

/** Registers the payload type of the cases. */
export const registerFaultType = (client: Client): Promise<void> =>
  succeed(client.put(`/schemas/${FAULT_TYPE}`, { version: "1.0.0", json_schema: JSON_SCHEMA }));

const note = (identifier: string, members: JsonObject = {}): JsonObject => ({
  identifier,
  payload_type: FAULT_TYPE,
  text: "first",
  ...members,
});

const succeed = async (answer: Promise<Answer>): Promise<void> => {
  const { status, text } = await answer;
  if (status !== 200) throw new Error(`${status} ${text}`);
};

const family = (prefix: string): readonly JsonObject[] => [
  note(`${prefix}b`, { parent_identifier: `${prefix}a`, derived_from: [`${prefix}c`] }),
  note(`${prefix}a`),
  note(`${prefix}c`),
];

const withFamily = (client: Client, prefix: string): Promise<void> =>
  succeed(client.post("/resources/create", { resources: family(prefix) }));

const withTombstones = async (client: Client, prefix: string): Promise<void> => {
  await withFamily(client, prefix);
  await succeed(client.post("/resources/delete", { identifiers: [`${prefix}a`] }));
};

const withDatasource = (client: Client, prefix: string): Promise<void> => {
  const source = { identifier: `${prefix}a`, payload_type: "datasource", name: "A test source" };
  return succeed(client.post("/resources/create", { resources: [source] }));
};

const withPatient = async (client: Client, prefix: string): Promise<void> => {
  await withDatasource(client, prefix);
  const body = { datasource_id: `${prefix}a`, external_uid: "uid" };
  await succeed(client.post("/patients/register", body));
};

const post = (path: string, body: Json) => ({ method: "POST", path, body });

const nothing = (): Promise<void> => Promise.resolve();

/** A type name made from a prefix such as `fault-7/`. */
const typeNameOf = (prefix: string): string => prefix.replaceAll(/[^a-z0-9]+/g, "_");

/** The write endpoints of the catalogue. */
export const WRITE_CASES: readonly WriteCase[] = [
  {
    name: "create",
    prepare: nothing,
    request: (prefix) => post("/resources/create", { resources: family(prefix) }),
  },
  {
    name: "update",
    prepare: withFamily,
    request: (prefix) =>
      post("/resources/update", {
        updates: {
          [`${prefix}a`]: { text: "second", access_level: "restricted" },
          [`${prefix}c`]: { parent_identifier: `${prefix}b`, license: "CC0-1.0" },
          [`${prefix}b`]: { derived_from: [`${prefix}a`], text: null },
        },
      }),
  },
  {
    name: "delete with cascade",
    prepare: withFamily,
    request: (prefix) =>
      post("/resources/delete", { identifiers: [`${prefix}a`, `${prefix}c`], cascade: true }),
  },
  {
    name: "restore",
    prepare: withTombstones,
    request: (prefix) =>
      post("/resources/update", {
        updates: {
          [`${prefix}b`]: { is_deleted: false, text: "again" },
          [`${prefix}a`]: { is_deleted: false },
        },
      }),
  },
  {
    name: "an update that changes nothing",
    prepare: withFamily,
    request: (prefix) =>
      post("/resources/update", { updates: { [`${prefix}a`]: { text: "first" } } }),
  },
  {
    name: "register patients",
    prepare: withDatasource,
    request: (prefix) =>
      post("/patients/register", {
        items: ["one", "two"].map((uid) => ({ datasource_id: `${prefix}a`, external_uid: uid })),
      }),
  },
  {
    name: "register a study",
    prepare: withPatient,
    request: (prefix) =>
      post("/studies/register", { patient_identifier: `${prefix}a.P000001`, external_uid: "uid" }),
  },
  {
    name: "register a payload type",
    prepare: nothing,
    request: (prefix) => ({
      method: "PUT",
      path: `/schemas/${typeNameOf(prefix)}`,
      body: { version: "1.0.0", json_schema: JSON_SCHEMA, indexes: ["text"] },
    }),
  },
];

const VOLATILE = new Set(["created_at", "updated_at", "instant", "id", "request_id"]);

const comparable = (value: Json): Json => {
  if (Array.isArray(value)) return value.map((item) => comparable(item as Json));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value as JsonObject)
      .filter(([name]) => !VOLATILE.has(name))
      .map(([name, item]) => [name, comparable(item)]),
  );
};

const SUFFIXES = ["a", "b", "c", "a.P000001", "a.P000002", "a.P000003", "a.P000001.S001"] as const;

/**
 * Everything visible of a case: every version of every resource, what is live, the payload type.
 * Instants, transaction numbers and the prefix are removed, so that runs can be compared.
 */
export const observe = async (client: Client, prefix: string): Promise<string> => {
  const histories = await Promise.all(
    SUFFIXES.map(async (suffix): Promise<Json> => {
      const answer = await client.post("/resources/history", { identifier: `${prefix}${suffix}` });
      return answer.status === 404 ? null : answer.body;
    }),
  );
  const filters = { identifier: { starts_with: prefix } };
  const live = await client.post("/query", { filters, sort_by: "identifier" });
  const counted = await client.post("/query/count", { filters });
  const type = await client.get(`/schemas/${typeNameOf(prefix)}`);
  const all: Json = [histories, live.body, counted.body, type.status];
  return JSON.stringify(comparable(all), null, 1)
    .replaceAll(prefix, "P/")
    .replaceAll(typeNameOf(prefix), "P_");
};
