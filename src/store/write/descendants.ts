/** What lies below resources that are deleted with their subtrees. */
import { LIMITS } from "../../model/limits.ts";
import type { Principal } from "../../identity/principal.ts";
import { raw, sql, type Sql } from "../sql.ts";
import { currentIn, sightOf } from "../visible.ts";
import { columns } from "./parts.ts";
import type { LoadedRow } from "./row.ts";

/** Live, visible resources below others. */
export interface Descendants {
  /** The children of each resource that is deleted, or that lies below one. */
  readonly children: ReadonlyMap<string, readonly LoadedRow[]>;
  /** False when there are more than one deletion may concern. */
  readonly isWhole: boolean;
}

/**
 * The statement of what lies below resources, reached through what the caller sees: each row once,
 * also where one of the resources lies below another.
 */
export const descendantRows = (principal: Principal, text: string): Sql => {
  const view = { sight: sightOf(principal), snapshot: null };
  return sql`WITH RECURSIVE down(rid, identifier) AS (
      SELECT c.rid, c.identifier FROM json_each(${text}) j
      CROSS JOIN resources r ON r.identifier = j.value AND ${currentIn(view, "r")}
      CROSS JOIN resources c ON c.parent_identifier = r.identifier WHERE ${currentIn(view, "c")}
      UNION
      SELECT c.rid, c.identifier FROM down
      CROSS JOIN resources c ON c.parent_identifier = down.identifier WHERE ${currentIn(view, "c")}
      LIMIT ${raw(String(LIMITS.cascadedRecordsMax + 1))})
    SELECT ${columns(principal, false)} FROM down CROSS JOIN resources r ON r.rid = down.rid`;
};

/** What was found, from the rows of those statements. */
export const readDescendants = (rows: readonly LoadedRow[]): Descendants => ({
  children: Map.groupBy(rows, (row) => row.parent_identifier ?? ""),
  isWhole: rows.length <= LIMITS.cascadedRecordsMax,
});
