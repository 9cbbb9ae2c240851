/** What lies below resources that are deleted with their subtrees. */
import { LIMITS } from "../../model/limits.ts";
import type { Principal } from "../../identity/principal.ts";
import { eachChild } from "../read/children.ts";
import { raw, sql, type Sql, type Statement } from "../sql/template.ts";
import { currentIn, visibilityOf } from "../visibility/visible.ts";
import { columns, listed } from "./parts.ts";
import type { LoadedRow } from "./row.ts";

/** Live, visible resources below others. */
export interface Descendants {
  /** The children of each resource that is deleted, or that lies below one. */
  readonly children: ReadonlyMap<string, readonly LoadedRow[]>;
  /** False when there are more than one deletion may concern. */
  readonly isWhole: boolean;
}

const MOST = raw(String(LIMITS.cascadedRecordsMax + 1));

/**
 * The statement of what lies below resources, reached through what the caller sees: each row once.
 * A resource that is among those given is none of them: it is where others begin. The lowest go
 * first, and of each parent no more children are taken than are looked at: so what has been found
 * and not looked at stays bounded too.
 */
export function descendantRows(
  principal: Principal,
  identifiers: readonly string[],
): Statement<LoadedRow> {
  const view = { visibility: visibilityOf(principal), snapshot: null };
  const childRids = (parent: string): Sql =>
    eachChild(
      view,
      raw(parent),
      (table, where) => sql`SELECT k.rid FROM ${table} WHERE ${where}`,
      "k",
    );
  const children = (parent: string): Sql =>
    sql`CROSS JOIN resources c ON c.rid IN (${childRids(parent)} LIMIT ${MOST})
      WHERE c.identifier NOT IN (SELECT value FROM roots)`;
  return sql`WITH RECURSIVE roots(value) AS MATERIALIZED (${listed(identifiers)}),
    down(rid, identifier, level) AS (
      SELECT c.rid, c.identifier, -1 FROM roots
      CROSS JOIN resources r ON r.identifier = roots.value AND ${currentIn(view, "r")}
      ${children("r.identifier")}
      UNION ALL
      SELECT c.rid, c.identifier, down.level - 1 FROM down ${children("down.identifier")}
      ORDER BY 3 LIMIT ${MOST})
    SELECT ${columns(principal, false)} FROM down CROSS JOIN resources r ON r.rid = down.rid`;
}

/** What was found, from the rows of those statements. */
export function readDescendants(rows: readonly LoadedRow[]): Descendants {
  return {
    children: Map.groupBy(rows, (row) => row.parent_identifier ?? ""),
    isWhole: rows.length <= LIMITS.cascadedRecordsMax,
  };
}
