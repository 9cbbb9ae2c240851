/**
 * What resources add to the counts above them, less what they added when they were counted last: the one rule
 * by which rollups are made, kept up to date, and completed in a read.
 */
import { raw, sql, type Sql } from "../sql/template.ts";
import { eachVersionOfRow } from "../visibility/visible.ts";
import { everythingAt } from "./paths.ts";
import { SIZE_PARTS } from "./facts.ts";
import { factColumns, factValues, figureColumns, groupColumns } from "./walk.ts";

const COMPARED = `compared(rid, path, levels, sources, restricted, tx_from,
    old_path, old_levels, old_sources, old_restricted, old_tx_from)`;

/**
 * `compared`: where resources lie now, and how the closure counts them; a path is empty where they are not
 * counted.
 *
 * @param from a relation with `rid, path, levels, sources`: the resources, and where they lie now.
 * @param withRestricted false: what is restricted counts as if it were not there.
 */
export function comparedNow(from: string, withRestricted: boolean): Sql {
  const counts = `v.is_deleted = 0 ${withRestricted ? "" : "AND v.visibility < 2"}`;
  return raw(`${COMPARED} AS MATERIALIZED (
    SELECT a.rid, iif(${counts}, a.path, ''), a.levels, iif(${counts}, a.sources, ''),
      v.visibility = 2, v.tx_from, coalesce(n.path, ''), coalesce(n.levels, 0),
      coalesce(n.sources, ''), coalesce(n.restricted, 0), coalesce(n.tx_from, 0)
    FROM ${from} a CROSS JOIN resources v ON v.rid = a.rid
    LEFT JOIN closure n ON n.rid = a.rid ${withRestricted ? "" : "AND n.restricted = 0"})`);
}

/** `compared` of a past state, as if nothing had been counted yet; see `comparedNow`. */
export function comparedThen(from: string, then: Sql, restricted: Sql): Sql {
  const versions = eachVersionOfRow(
    everythingAt(then),
    then,
    (table, where) => sql`SELECT a.rid, a.path, a.levels, a.sources, ${restricted}, v.tx_from,
        '', 0, '', 0, 0
      FROM ${raw(from)} a CROSS JOIN resources i ON i.rid = a.rid CROSS JOIN ${table} WHERE ${where}`,
  );
  return sql`${raw(COMPARED)} AS MATERIALIZED (${versions})`;
}

const listed = (path: string): string =>
  `json_each('[' || replace(rtrim(${path}, '/'), '/', ',') || ']') j`;

/**
 * `moves`, and `changes(ancestor, step, restricted, count)`: how many more there are below each ancestor;
 * `step` 1 are its children. They stand behind `compared`.
 */
export const changesOfCounts: Sql = raw(`moves AS MATERIALIZED (
    SELECT path, levels, restricted, old_path, old_levels, old_restricted, count(*) AS count
    FROM compared WHERE path <> old_path OR restricted <> old_restricted GROUP BY 1, 2, 3, 4, 5, 6),
  changes(ancestor, step, restricted, count) AS (
    SELECT j.value, m.levels - j.key, m.restricted, m.count
    FROM moves m CROSS JOIN ${listed("m.path")}
    UNION ALL SELECT j.value, m.old_levels - j.key, m.old_restricted, -m.count
    FROM moves m CROSS JOIN ${listed("m.old_path")})`);

const GROUP = "sources, restricted, old_sources, old_restricted";

/**
 * Versions `v` as they are in that state, on both sides where the closure counts the same one: mostly these
 * cancel out, and are not looked at.
 */
const newVersions = (then: Sql | null): Sql => {
  const isSame = "c.tx_from = c.old_tx_from";
  const columns = sql`SELECT c.sources, c.restricted, ${raw(`iif(${isSame}, c.old_sources, ''),
    iif(${isSame}, c.old_restricted, 0)`)} ${factValues} FROM compared c`;
  const isNew = raw(`iif(${isSame}, c.sources <> c.old_sources OR c.restricted <> c.old_restricted,
    c.sources <> '')`);
  return then === null
    ? sql`${columns} CROSS JOIN resources v ON v.rid = c.rid WHERE ${isNew}`
    : eachVersionOfRow(
        everythingAt(then),
        then,
        (table, where) => sql`${columns} CROSS JOIN resources i ON i.rid = c.rid
          CROSS JOIN ${table} WHERE ${isNew} AND ${where}`,
      );
};

/** Versions `v` that the closure counts, and that are superseded. */
const oldVersions = sql`SELECT '', 0, c.old_sources, c.old_restricted ${factValues}
  FROM compared c CROSS JOIN resources i ON i.rid = c.rid
  CROSS JOIN history v ON v.identifier = i.identifier AND v.tx_to > c.old_tx_from
    AND v.tx_from = c.old_tx_from
  WHERE c.tx_from <> c.old_tx_from AND c.old_sources <> ''`;

/**
 * `versions`, `facts` and `figures(ancestor, restricted, count, bytes, blocks, f_…)`: how many more there are below
 * each datasource that are alike. They stand behind `compared`.
 *
 * @param then the transaction of `compared`; null for now.
 */
export function changesOfStatistics(then: Sql | null): Sql {
  const side = (prefix: string, sign: string): Sql =>
    sql`SELECT j.value, g.${raw(prefix)}restricted, ${raw(sign)}g.count, ${raw(sign)}g.bytes,
        ${raw(sign)}g.blocks
        ${groupColumns}
      FROM facts g CROSS JOIN ${raw(listed(`g.${prefix}sources`))}`;
  return sql`versions(${raw(GROUP)} ${factColumns()}) AS (
      ${newVersions(then)} UNION ALL ${oldVersions}),
    facts AS MATERIALIZED (
      SELECT ${raw(GROUP)}, count(*) AS count, sum(${raw(SIZE_PARTS.bytes)}) AS bytes,
        sum(${raw(SIZE_PARTS.blocks)}) AS blocks ${groupColumns}
      FROM versions GROUP BY ${raw(GROUP)} ${groupColumns}),
    figures(ancestor, restricted, count ${figureColumns}) AS (
      ${side("", "")} UNION ALL ${side("old_", "-")})`;
}
