/** What the statements of a load have in common. */
import type { Principal } from "../../identity/principal.ts";
import { jsonChunks } from "../chunks.ts";
import { join, raw, sql, type Sql } from "../sql.ts";
import { maySee, sightOf } from "../visible.ts";

/** The columns of a `LoadedRow`, of a resource under the alias r. */
export const columns = (principal: Principal, payload: boolean): Sql =>
  sql`r.rid, r.identifier, r.payload_type, r.schema_version, r.version, r.parent_identifier,
    r.derived_from, r.license, r.access_level, r.owner, r.is_deleted, r.created_at, r.updated_at,
    EXISTS (SELECT 1 FROM restricted f WHERE f.rid = r.rid) AS is_restricted,
    ${maySee(sightOf(principal), "r.rid")} AS is_visible,
    ${raw(payload ? "r.payload" : "NULL AS payload")}`;

/** What a statement of the load is for. */
export type Part =
  | "rows"
  | "descendants"
  | "ancestors"
  | "below"
  | "above"
  | "heights"
  | "sources"
  | "registered"
  | "numbers"
  | "matched"
  | `related ${number}`
  | "others"
  | `other ${number}`
  | "links"
  | "sequences"
  | "holders"
  | "earlier"
  | "committed";

/** Values as JSON arrays, each of them once. */
export const texts = (values: readonly unknown[]): readonly string[] =>
  jsonChunks([...new Set(values)]).map((chunk) => chunk.text);

/** Values as the rows of one selection, in a column `value`; at least one, each of them once. */
export const listed = (values: readonly unknown[]): Sql => {
  const chunks = texts(values).map((text) => sql`(${text})`);
  return sql`SELECT j.value AS value FROM (VALUES ${join(chunks, ", ")}) c
    CROSS JOIN json_each(c.column1) j`;
};
