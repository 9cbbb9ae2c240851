/** Exact counts of children and descendants: the rollups and what has changed since. */
import { withFewAccessible } from "../visibility/access.ts";
import { eachChild } from "../read/children.ts";
import { join, raw, sql, type Sql, type Statement } from "../sql/template.ts";
import { visibleClasses, type View } from "../visibility/visible.ts";
import { classesOf, countsSince, hasAtMost, hasRollup, since, type RollupView } from "./since.ts";

/** What lies below a node. */
export interface NodeCounts {
  readonly rid: number;
  readonly children: number;
  readonly descendants: number;
}

/** Up to so many nodes and descendants are enumerated; for more, the rollups serve. */
const ENUMERATED_MAX = 1_000;

/** Up to so many resources that changed since the watermark, the rollups serve at once. */
const FRESH_MAX = 100;

/** How many resources lie directly below a node `n`. */
const childCount = (view: View): Sql => {
  const rows = eachChild(
    view,
    raw("n.identifier"),
    (table, where) => sql`SELECT 1 FROM ${table} WHERE ${where}`,
  );
  return sql`(SELECT count(*) FROM (${rows}))`;
};

const below = (view: View, from: string, columns: string): Sql =>
  eachChild(
    view,
    raw("w.identifier"),
    (table, where) =>
      sql`SELECT ${raw(columns)} FROM ${raw(from)} w CROSS JOIN ${table} WHERE ${where}`,
  );

/** How many resources lie anywhere below a node `n`: reads its whole subtree. */
const descendantCount = (view: View): Sql => sql`(WITH RECURSIVE down(identifier) AS (
    SELECT n.identifier UNION ALL ${below(view, "down", "v.identifier")})
  SELECT count(*) - 1 FROM down)`;

const counted = (view: View, where: Sql): Sql =>
  sql`SELECT n.rid, ${childCount(view)} AS children, ${descendantCount(view)} AS descendants
    FROM nodes n WHERE ${where}`;

/** Condition: many restricted rows are open to the reader. Each of them would be walked up from. */
const hasMany = ({ visibility }: View): Sql => {
  const { accessor } = visibleClasses(visibility);
  return accessor === null
    ? raw("0")
    : withFewAccessible(accessor, "NOT (SELECT few FROM accessible_size)");
};

/**
 * The nodes and what lies below them, as far as that is few, where the rollups would have much
 * added to them; and whether it is few.
 */
const near = (view: View, most: number): Sql => sql`near(rid, step, identifier) AS MATERIALIZED (
    SELECT n.rid, 0, n.identifier FROM nodes n
    WHERE ${hasMany(view)} OR EXISTS (SELECT 1 FROM rollup_state s
      WHERE s.id = 1 AND NOT ${hasAtMost(FRESH_MAX)})
    UNION ALL ${below(view, "near", "w.rid, w.step + 1, v.identifier")} LIMIT ${raw(String(most + 1))}),
  size(few) AS MATERIALIZED (SELECT count(*) BETWEEN 1 AND ${raw(String(most))} FROM near)`;

/**
 * Counts by enumeration where it is short. Else the rollups and the changes since; and where there
 * are none, or too much has changed, the whole subtrees.
 */
const rollup = (view: RollupView, most: number): Sql => {
  const isWanted = raw("ancestor IN (SELECT n.rid FROM nodes n)");
  const hasNoRollup = raw("NOT (SELECT few FROM size) AND NOT EXISTS (SELECT 1 FROM base)");
  const found = [
    raw("SELECT rid, step = 1, step > 0 FROM near WHERE (SELECT few FROM size)"),
    sql`SELECT s.rid, s.children, s.descendants FROM base CROSS JOIN nodes n
      CROSS JOIN rollup_counts s ON s.generation = base.generation AND s.rid = n.rid
        AND s.restricted IN (SELECT value FROM json_each(${classesOf(view)}))`,
    sql`SELECT ancestor, count * (step = 1), count
      FROM (${countsSince(view, isWanted)})`,
    counted(view, hasNoRollup),
    raw("SELECT rid, 0, 0 FROM nodes"),
  ];
  return sql`${near(view, most)}, ${since(view, false, raw("NOT (SELECT few FROM size)"))},
    sums(rid, children, descendants) AS (${join(found, " UNION ALL ")})`;
};

/**
 * The statement that answers `rid, children, descendants` for each node: how many live, visible
 * resources lie directly and anywhere below it, along resources that are in the view themselves.
 *
 * @param nodes selection of `rid, identifier` of resources that are in the view.
 * @param most nodes and descendants that are enumerated.
 */
export function countsOf(view: View, nodes: Sql, most = ENUMERATED_MAX): Statement<NodeCounts> {
  const named = sql`WITH RECURSIVE nodes(rid, identifier) AS MATERIALIZED (${nodes})`;
  if (!hasRollup(view)) return sql`${named} ${counted(view, raw("1"))}`;
  return sql`${named}, ${rollup(view, most)}
    SELECT rid, sum(children) AS children, sum(descendants) AS descendants FROM sums GROUP BY rid`;
}
