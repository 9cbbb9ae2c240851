// Related datasets of tests: definitions, attachments, and links.
import { env } from "cloudflare:workers";
import type { Json, JsonObject } from "../../src/model/json.ts";
import type { Table } from "./datasets.ts";

/** A definition with text fields and relations. */
export const named = (
  fields: readonly string[],
  relations: readonly JsonObject[] = [],
): JsonObject => ({
  fields: fields.map((name) => ({ name, type: "string" })),
  relations: [...relations],
});

/** Records with names. */
export const parts = (names: readonly string[]): readonly JsonObject[] =>
  names.map((name) => ({ name }));

/** The condition that names records. */
export const nameIs = (...names: readonly string[]): Json => [{ field: "name" }, "in", [...names]];

/** Attaches, or detaches; throws when that is refused. */
export const attach = (
  parent: Table,
  resource: string,
  parents: Json,
  children: Json,
  action = "attach",
): Promise<readonly JsonObject[]> =>
  parent.put({}, { cond: parents, action, action_resource: resource, action_cond: children });

/** Status and message of an attachment that is refused. */
export const refusedAttach = (
  parent: Table,
  resource: string,
  parents: Json,
  children: Json,
  action = "attach",
): Promise<string> =>
  parent.refused(
    "PUT",
    { cond: parents, action, action_resource: resource, action_cond: children },
    {},
  );

const namesOf = (below: Json): Json => {
  if (!Array.isArray(below)) return (below as JsonObject | null)?.["name"] ?? null;
  const names = (below as readonly JsonObject[]).map(({ name }) => String(name));
  return names.toSorted((one, other) => (one < other ? -1 : 1));
};

/** Names of the children of each record, by its name. */
export const childrenOf = async (
  table: Table,
  relation: string,
  more: JsonObject = {},
): Promise<JsonObject> => {
  const found = await table.get({ outputs: ["name", `${relation}.name`], ...more });
  return Object.fromEntries(
    found.map((record) => [String(record["name"]), namesOf(record[relation] ?? null)]),
  );
};

/** How many links of a kind there are now. */
export const openEdges = async (kind: string): Promise<number> =>
  (await env.DB.prepare("SELECT count(*) AS n FROM edges WHERE kind = ? AND tx_to IS NULL")
    .bind(kind)
    .first<number>("n")) ?? 0;
