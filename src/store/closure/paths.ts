/**
 * Where resources lie: the path of each, which is the rids of its ancestors from the root down, each with a
 * slash behind it, how many they are, and those of datasources among them. A path ends below a tombstone. What lies deeper than a tree may be
 * (there was no bound once) has no path, and `LEVELS_DEEP` levels.
 */
import { LIMITS } from "../../model/limits.ts";
import { raw, sql, type Sql } from "../sql/template.ts";
import { currentIn, eachVersionOfRow, type View } from "../visibility/visible.ts";

/** The levels of what lies deeper than a tree may be: it is not counted in rollups. */
const LEVELS_DEEP = LIMITS.treeDepthMax + 1;

const isDeep = (levels: string): string => `${levels} >= ${LEVELS_DEEP}`;

/** SQL of the datasources among a row and the rest of a path, put together by `joined`. */
const sourcesAbove = (
  row: string,
  rest: string,
  joined: (own: string, rest: string) => string,
): string =>
  `iif(${row}.payload_type = 'datasource', ${joined(`${row}.rid || '/'`, rest)}, ${rest})`;

/**
 * The common table expressions `above` and `placed(rid, path, levels, sources)`: the paths of
 * the resources of another one with the column `identifier`: of those that existed at a transaction; or as
 * they are now, tombstones included.
 *
 * @param then the transaction; null for now.
 */
export function placed(from: string, then: Sql | null): Sql {
  const starting = raw("v.rid, v.parent_identifier, '', 0, ''");
  const stepping = raw(`w.rid, v.parent_identifier, v.rid || '/' || w.path, w.levels + 1,
    ${sourcesAbove("v", "w.sources", (own, rest) => `${own} || ${rest}`)}`);
  const isLeft = raw(`NOT ${isDeep("w.levels")}`);
  const starts =
    then === null
      ? sql`SELECT ${starting} FROM ${raw(from)} c CROSS JOIN resources v ON v.identifier = c.identifier`
      : eachVersionOfRow(
          everythingAt(then),
          then,
          (table, where) => sql`SELECT ${starting} FROM ${raw(from)} c
            CROSS JOIN resources i ON i.identifier = c.identifier CROSS JOIN ${table} WHERE ${where}`,
        );
  const steps =
    then === null
      ? sql`SELECT ${stepping} FROM above w CROSS JOIN resources v ON v.identifier = w.parent
          WHERE ${isLeft} AND ${currentIn(PRESENT, "v")}`
      : eachVersionOfRow(
          everythingAt(then),
          then,
          (table, where) => sql`SELECT ${stepping} FROM above w
            CROSS JOIN resources i ON i.identifier = w.parent CROSS JOIN ${table}
            WHERE ${isLeft} AND ${where}`,
        );
  // Of the rows of a group, SQLite takes the other columns from that with the most levels.
  const known = (column: string): string => `iif(${isDeep("levels")}, '', ${column})`;
  return sql`above(rid, parent, path, levels, sources) AS (
      ${starts} UNION ALL ${steps}),
    placed(rid, path, levels, sources) AS MATERIALIZED (
      SELECT rid, ${raw(known("path"))}, max(levels), ${raw(known("sources"))} FROM above GROUP BY rid)`;
}

/** Everything that exists now. */
const PRESENT: View = { visibility: { kind: "everything" }, snapshot: null };

/** Everything that existed at a transaction. */
export function everythingAt(then: Sql): View {
  return { ...PRESENT, snapshot: then };
}

/** Transactions whose changes are looked at: names and expressions of SQL. */
export interface Span {
  /** A common table expression with the columns `tx`, the last transaction before, and its `instant`. */
  readonly name: string;
  /** Conditions on a transaction `t` and on the instant `r.created_at`: they belong to it. */
  readonly ofTransaction: string;
  readonly ofInstant: string;
}

/**
 * The common table expressions up to `affected(rid, path, levels, sources)`: what may count otherwise than at the
 * watermark, with where it lies now. A resource does only if it was written since, or if it lies below one
 * that was moved, deleted, restored, restricted or opened since. For closure rows may be younger than the
 * watermark, any state since then is looked at, and not that of the watermark alone.
 *
 * @param classes the classes of created rows that are looked at.
 * @param others selections of `rid, identifier` of what has to be looked at besides.
 */
export function affected(
  { name, ofTransaction, ofInstant }: Span,
  classes: readonly number[],
  others = "",
): Sql {
  const ends = `w.is_deleted OR ${isDeep("w.levels + 1")}`;
  return sql`${raw(`touched(rid, identifier) AS MATERIALIZED (
    SELECT r.rid, r.identifier FROM ${name} CROSS JOIN resources r
      ON r.visibility IN (${classes.join(", ")}) AND r.created_at > ${name}.instant ${ofInstant}
    UNION
    SELECT r.rid, r.identifier FROM ${name} CROSS JOIN transactions t ON t.id > ${name}.tx ${ofTransaction}
    CROSS JOIN json_each(t.changed) j CROSS JOIN resources r ON r.rid = j.value
    ${others}),`)}
  ${placed("touched", null)},
  ${raw(`below(rid, identifier, payload_type, path, levels, sources, is_deleted) AS (
    SELECT p.rid, r.identifier, r.payload_type, p.path, p.levels, p.sources, r.is_deleted FROM placed p
    CROSS JOIN resources r ON r.rid = p.rid
    WHERE EXISTS (SELECT 1 FROM history h WHERE h.identifier = r.identifier
      AND h.tx_to > (SELECT tx FROM ${name}) AND (h.parent_identifier IS NOT r.parent_identifier
        OR h.is_deleted <> r.is_deleted
        OR (h.access_level = 'restricted') <> (r.access_level = 'restricted')))
    UNION
    SELECT r.rid, r.identifier, r.payload_type, iif(${ends}, '', w.path || w.rid || '/'),
      iif(w.is_deleted, 0, min(w.levels + 1, ${LEVELS_DEEP})),
      iif(${ends}, '', ${sourcesAbove("w", "w.sources", (own, rest) => `${rest} || ${own}`)}),
      r.is_deleted
    FROM below w CROSS JOIN resources r ON r.parent_identifier = w.identifier),
  affected(rid, path, levels, sources) AS (
    SELECT rid, path, levels, sources FROM placed UNION SELECT rid, path, levels, sources FROM below)`)}`;
}
