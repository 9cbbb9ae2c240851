/**
 * Works out a generation of rollups from nothing but resources and history, beside the one that is read, and
 * compares the closure with what they say. A slice goes through the queue, which is empty meanwhile. All of it is of one transaction; rollups that are there are brought
 * up to date to that one first, so that each difference is a fault.
 */
import { raw, sql, type Sql } from "../sql/template.ts";
import { eachVersionOfRow } from "../visibility/visible.ts";
import { applyChanges, noteChanges, recordIn } from "./apply.ts";
import { RULES } from "./facts.ts";
import { everythingAt, placed } from "./paths.ts";
import { comparedThen } from "./terms.ts";

const FORGET_ROWS = 10_000;

const LAST_TX = "(SELECT coalesce(max(t.id), 0) FROM transactions t)";

/**
 * Begins: nothing when a build is under way, or when the rollups that are there are not up to date. Those of
 * other rules are not read any more from here on, since the closure changes.
 */
export const begin: readonly Sql[] = [
  sql`UPDATE rollup_state SET building = max(generation, coalesce(building, 0)) + 1,
      building_tx = ${raw(LAST_TX)}, building_rules = ${RULES}, progress = -1,
      rules = iif(rules = ${RULES}, rules, ''), differences = 0,
      rid_last = (SELECT coalesce(max(rid), 0) FROM resources)
    WHERE id = 1 AND (building IS NULL OR building_rules <> ${RULES})
      AND (rules <> ${RULES} OR (tx = ${raw(LAST_TX)} AND NOT EXISTS (SELECT 1 FROM rollup_queue)))`,
  raw("DELETE FROM rollup_restricted WHERE (SELECT progress FROM rollup_state) = -1"),
  raw(`INSERT INTO rollup_restricted (rid) SELECT q.rid
    FROM rollup_state s CROSS JOIN restricted q WHERE s.progress = -1`),
  raw("DELETE FROM rollup_queue WHERE (SELECT progress FROM rollup_state) = -1"),
  raw("UPDATE rollup_state SET progress = 0 WHERE progress = -1"),
];

const isBuilding = sql`building IS NOT NULL AND building_rules = ${RULES}`;

const slice = (size: Sql): Sql => sql`slice(identifier) AS MATERIALIZED (
  SELECT r.identifier FROM rollup_state s
  CROSS JOIN resources r ON r.rid > s.progress AND r.rid <= s.progress + ${size}
  WHERE ${isBuilding})`;

const THEN = raw("(SELECT building_tx FROM rollup_state)");

const restricted = raw("EXISTS (SELECT 1 FROM rollup_restricted q WHERE q.rid = v.rid)");

const countDifferences = raw(
  "UPDATE rollup_state SET differences = differences + changes() WHERE changes() > 0",
);

/** Compares the closure of the slice with what was found, and corrects it. */
const compareClosure = (size: Sql): readonly Sql[] => [
  recordIn(
    raw(""),
    eachVersionOfRow(
      everythingAt(THEN),
      THEN,
      (table, where) => sql`SELECT c.rid, c.path, c.levels, c.sources, v.tx_from, ${restricted}
        FROM rollup_state s CROSS JOIN rollup_queue c CROSS JOIN resources i ON i.rid = c.rid
        CROSS JOIN ${table} WHERE ${isBuilding} AND c.levels > 0 AND ${where}`,
    ),
  ),
  countDifferences,
  sql`DELETE FROM closure WHERE rid IN (
    SELECT n.rid FROM rollup_state s
    CROSS JOIN closure n ON n.rid > s.progress AND n.rid <= s.progress + ${size}
    WHERE ${isBuilding}
      AND NOT EXISTS (SELECT 1 FROM rollup_queue c WHERE c.rid = n.rid AND c.levels > 0))`,
  countDifferences,
];

/** Rows of one generation that the other has not, or has with other figures. */
const missing = (table: string, key: readonly string[], figures: readonly string[]): string => {
  const isSame = (columns: readonly string[]): string =>
    columns.map((column) => `o.${column} = n.${column}`).join(" AND ");
  const count = (one: string, other: string, columns: readonly string[]): string =>
    `(SELECT count(*) FROM ${table} n WHERE n.generation = ${one} AND NOT EXISTS (
      SELECT 1 FROM ${table} o WHERE o.generation = ${other} AND ${isSame(columns)}))`;
  return `${count("rollup_state.building", "rollup_state.generation", [...key, ...figures])}
    + ${count("rollup_state.generation", "rollup_state.building", key)}`;
};

const isDone = sql`${isBuilding} AND progress >= rid_last`;

const finish: readonly Sql[] = [
  sql`UPDATE rollup_state SET differences = differences
      + ${raw(missing("rollup_counts", ["rid", "restricted"], ["children", "descendants"]))}
      + ${raw(missing("rollup_statistics", ["rid", "restricted", "dimension", "member"], ["count", "bytes", "blocks"]))}
    WHERE ${isDone} AND rules = ${RULES}`,
  sql`UPDATE rollup_state SET generation = building, tx = building_tx, target = building_tx,
      rules = building_rules, building = NULL WHERE ${isDone}`,
  raw("DELETE FROM rollup_restricted WHERE (SELECT building FROM rollup_state) IS NULL"),
];

/**
 * The statements of a step: the next slice is counted, and after the last one the generation is read.
 *
 * @param resources how many a slice has, tombstones included.
 */
export function build(resources: number): readonly Sql[] {
  const size = raw(String(resources));
  const compared = sql`slice AS (SELECT q.* FROM rollup_state s CROSS JOIN rollup_queue q
    WHERE ${isBuilding}), ${comparedThen("slice", THEN, restricted)}`;
  return [
    sql`INSERT INTO rollup_queue (rid, path, levels, sources)
      WITH RECURSIVE ${slice(size)}, ${placed("slice", THEN)}
      SELECT rid, path, levels, sources FROM placed`,
    noteChanges(compared, THEN),
    ...applyChanges("building"),
    ...compareClosure(size),
    sql`DELETE FROM rollup_queue WHERE (SELECT ${isBuilding} FROM rollup_state)`,
    sql`UPDATE rollup_state SET progress = progress + ${size} WHERE ${isBuilding}`,
    ...finish,
  ];
}

const forgetIn = (table: string, key: string): Sql =>
  raw(`DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table}
    WHERE generation < (SELECT generation FROM rollup_state) LIMIT ${FORGET_ROWS})`);

/** Removes some of what older generations left. */
export const forget: readonly Sql[] = [
  forgetIn("rollup_statistics", "generation, rid, restricted, dimension, member"),
  forgetIn("rollup_counts", "generation, rid, restricted"),
];

/** Expression: there is something to forget. */
export const IS_LITTERED = raw(`(EXISTS (SELECT 1 FROM rollup_statistics o, rollup_state l
    WHERE o.generation < l.generation)
  OR EXISTS (SELECT 1 FROM rollup_counts o, rollup_state l WHERE o.generation < l.generation))`);
