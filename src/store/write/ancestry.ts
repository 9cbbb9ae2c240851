/** What lies above and below resources that are placed somewhere, as it is loaded. */
import { LIMITS } from "../../model/limits.ts";
import { raw, sql, type Sql, type Statement } from "../sql/template.ts";
import type { AncestorRow, HeightRow } from "./load-rows.ts";

/** What is known of the tree above the resources that a write names; null where it was not asked. */
export interface Ancestry {
  /** Resources whose ancestors were asked for: those that may become parents, and those that move. */
  readonly asked: ReadonlySet<string>;
  /** Row number to row number of the stored parent; roots are absent. */
  readonly links: ReadonlyMap<number, number>;
  /** False when there are more ancestors than one write looks at. */
  readonly isWhole: boolean;
}

/** What lies below a stored resource, other resources that the same write moves left out. */
export interface Height {
  /** Levels from the resource down to the lowest one below it. */
  readonly levels: number;
  readonly resources: number;
}

const LINKS_MAX = raw(String(LIMITS.ancestorsReadMax + 1));

/** The statement of the links above resources, each of them once. */
export function ancestorRows(text: string): Statement<AncestorRow> {
  return sql`
  WITH RECURSIVE up(rid, parent, above) AS (
    SELECT r.rid, p.rid, p.parent_identifier FROM json_each(${text}) j
    CROSS JOIN resources r ON r.identifier = j.value
    CROSS JOIN resources p ON p.identifier = r.parent_identifier
    UNION
    SELECT up.parent, p.rid, p.parent_identifier FROM up
    CROSS JOIN resources p ON p.identifier = up.above
    LIMIT ${LINKS_MAX})
  SELECT rid, parent FROM up`;
}

/** What is known of the tree, from the rows of those statements. */
export function readAncestry(
  asked: readonly string[],
  rows: readonly AncestorRow[],
): Ancestry | null {
  return asked.length === 0
    ? null
    : {
        asked: new Set(asked),
        links: new Map(rows.map(({ rid, parent }) => [rid, parent])),
        isWhole: rows.length <= LIMITS.ancestorsReadMax,
      };
}

const BELOW_MAX = raw(String(LIMITS.resourcesDeepenedMax + 1));

/**
 * Walks down from rows that move, each with the levels that it may find, and ends above too many
 * rows. The lowest go first, and of each parent no more children are taken than are looked at: so
 * what has been found and not looked at stays bounded too.
 */
export function walkDown(starts: string, moved: string): Sql {
  return sql`
  WITH RECURSIVE down(start, identifier, room) AS (
    SELECT r.rid, r.identifier, j.value->>1 FROM json_each(${starts}) j
    CROSS JOIN resources r ON r.rid = j.value->>0
    UNION ALL
    SELECT down.start, c.identifier, down.room - 1 FROM down
    CROSS JOIN resources c ON c.rid IN (SELECT k.rid FROM resources k
      WHERE k.parent_identifier = down.identifier LIMIT ${BELOW_MAX})
    WHERE down.room >= 0 AND c.rid NOT IN (SELECT value FROM json_each(${moved}))
    ORDER BY 3 LIMIT ${BELOW_MAX})`;
}

/**
 * The statements of what lies below rows that move deeper, for a plan that a guard has refused: so
 * that the next one can tell whether that was the reason.
 */
export function heightStatements(
  deepened: readonly (readonly [number, number])[],
  moved: readonly number[],
): readonly Statement<HeightRow>[] {
  if (deepened.length === 0) return [];
  const starts = JSON.stringify(deepened.map(([rid]) => [rid, LIMITS.treeDepthMax]));
  const down = walkDown(starts, JSON.stringify(moved));
  return [
    sql`${down} SELECT start, ${raw(String(LIMITS.treeDepthMax))} - min(room) AS levels,
      count(*) AS resources FROM down GROUP BY start`,
  ];
}

/** What lies below rows that move, from the rows of those statements. */
export function readHeights(rows: readonly HeightRow[]): ReadonlyMap<number, Height> {
  return new Map(rows.map(({ start, levels, resources }) => [start, { levels, resources }]));
}
