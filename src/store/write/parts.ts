/** What the statements of a load have in common. */
import type { Principal } from "../../identity/principal.ts";
import { jsonChunks } from "../sql/chunks.ts";
import { join, raw, sql, type Sql } from "../sql/template.ts";
import { isRestricted, maySee, resourceRow, visibilityOf } from "../visibility/visible.ts";

/**
 * The columns of a `LoadedRow`, of a resource under the alias r.
 *
 * @param whole with payload and sources.
 * @param fits SQL that holds when these are not too much to load; absent: they never are.
 */
export function columns(principal: Principal, whole: boolean, fits = raw("1")): Sql {
  const heavy = (name: string): Sql =>
    whole ? sql`CASE WHEN ${fits} THEN r.${raw(name)} END AS ${raw(name)}` : raw(`NULL AS ${name}`);
  return sql`r.rid, r.identifier, r.payload_type, r.schema_version, r.version, r.parent_identifier,
    ${heavy("derived_from")}, r.license, r.access_level, r.owner, r.is_deleted, r.created_at,
    r.updated_at, ${BYTES} AS bytes,
    ${isRestricted(resourceRow("r"))} AS is_restricted,
    ${maySee(visibilityOf(principal), resourceRow("r"))} AS is_visible, ${heavy("payload")}`;
}

/** Bytes of payload and sources of a resource under the alias r; SQLite knows them without reading. */
export const BYTES = raw("octet_length(r.payload) + coalesce(octet_length(r.derived_from), 0)");

/** Values as JSON arrays, each of them once. */
export function texts(values: readonly unknown[]): readonly string[] {
  return jsonChunks([...new Set(values)]).map((chunk) => chunk.text);
}

/** Values as the rows of one selection, in a column `value`; at least one, each of them once. */
export function listed(values: readonly unknown[]): Sql {
  const chunks = texts(values).map((text) => sql`(${text})`);
  return sql`SELECT j.value AS value FROM (VALUES ${join(chunks, ", ")}) c
    CROSS JOIN json_each(c.column1) j`;
}
