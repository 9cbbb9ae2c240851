/** The statements that bring contributions into the rollups, whoever worked them out. */
import { raw, sql, type Sql } from "../sql/template.ts";
import { expand } from "./expand.ts";
import { FACTS, TOTAL } from "./facts.ts";
import { changesOfCounts, changesOfStatistics } from "./terms.ts";
import { figureColumns } from "./walk.ts";

const DIMENSIONS_TEXT = JSON.stringify([TOTAL, ...FACTS.map(({ name }) => name)]);

const CHILDREN = "'children'";
const DESCENDANTS = "'descendants'";

const counted = (dimension: string, where: string): Sql =>
  raw(`SELECT ancestor, restricted, ${dimension}, '', sum(count) AS count, 0, 0
    FROM changes WHERE ${where} GROUP BY ancestor, restricted HAVING sum(count) <> 0`);

/**
 * Notes what is to be added, in `rollup_changes`: both rollups are changed by what is worked out once.
 *
 * @param compared common table expressions up to `compared`, behind WITH RECURSIVE.
 * @param then the transaction of it; null for now.
 */
export function noteChanges(compared: Sql, then: Sql | null): Sql {
  const facts = sql`SELECT ancestor, restricted, count ${figureColumns} FROM figures`;
  return sql`INSERT INTO rollup_changes (rid, restricted, dimension, member, count, bytes, blocks)
    WITH RECURSIVE ${compared}, ${changesOfCounts}, ${changesOfStatistics(then)}
    SELECT ancestor, restricted, dimension, member, count, bytes, blocks
      FROM (${expand(facts, DIMENSIONS_TEXT)}) WHERE count <> 0 OR bytes <> 0 OR blocks <> 0
    UNION ALL ${counted(CHILDREN, "step = 1")}
    UNION ALL ${counted(DESCENDANTS, "1")}`;
}

/**
 * Adds what was noted to a generation, and forgets the note.
 *
 * @param generation the column of `rollup_state` that says which one.
 */
export function applyChanges(generation: "generation" | "building"): readonly Sql[] {
  const of = `(SELECT ${generation} FROM rollup_state)`;
  const sum = (dimension: string): string =>
    `coalesce(sum(count) FILTER (WHERE dimension = ${dimension}), 0)`;
  return [
    raw(`INSERT INTO rollup_counts (generation, rid, restricted, children, descendants)
      SELECT ${of}, rid, restricted, ${sum(CHILDREN)}, ${sum(DESCENDANTS)} FROM rollup_changes
      WHERE dimension IN (${CHILDREN}, ${DESCENDANTS}) GROUP BY rid, restricted
      ON CONFLICT DO UPDATE SET children = children + excluded.children,
        descendants = descendants + excluded.descendants`),
    raw(`INSERT INTO rollup_statistics (generation, rid, restricted, dimension, member, count, bytes,
        blocks)
      SELECT ${of}, rid, restricted, dimension, member, count, bytes, blocks FROM rollup_changes
      WHERE dimension NOT IN (${CHILDREN}, ${DESCENDANTS})
      ON CONFLICT DO UPDATE SET count = count + excluded.count, bytes = bytes + excluded.bytes,
        blocks = blocks + excluded.blocks`),
    raw("DELETE FROM rollup_changes"),
  ];
}

/** Removes the rows in which nothing is counted any more. */
export const removeEmpty: readonly Sql[] = [
  raw("DELETE FROM rollup_counts WHERE descendants = 0"),
  raw("DELETE FROM rollup_statistics WHERE count = 0"),
];

/**
 * Notes in the closure how resources are counted; where they are, nothing is written.
 *
 * @param selection `rid, path, levels, sources, tx_from, restricted`, with what stands before it.
 */
export function recordIn(before: Sql, selection: Sql): Sql {
  const columns = ["path", "levels", "sources", "tx_from", "restricted"];
  const set = columns.map((column) => `${column} = excluded.${column}`).join(", ");
  const differs = columns.map((column) => `${column} <> excluded.${column}`).join(" OR ");
  return sql`INSERT INTO closure (rid, ${raw(columns.join(", "))}) ${before}
    SELECT * FROM (${selection}) WHERE true
    ON CONFLICT DO UPDATE SET ${raw(set)} WHERE ${raw(differs)}`;
}
