/** Exact counts of children and descendants: settled ones and what has changed since. */
import { join, raw, sql, type Sql } from "../sql.ts";
import { eachVersion, type View } from "../visible.ts";
import { changes, classesOf, isSettled, since, type SettledView } from "./since.ts";

/** Up to so many nodes and descendants are enumerated; for more, the settled counts serve. */
const ENUMERATED_MAX = 1_000;

/** A walk down from the nodes that `start` selects (`rid, identifier`). */
const down = (view: View, name: string, start: Sql, limit: Sql): Sql => {
  const below = eachVersion(
    view,
    (table, where) => sql`SELECT w.rid, w.step + 1, v.identifier
      FROM ${raw(name)} w CROSS JOIN ${table} ON v.parent_identifier = w.identifier WHERE ${where}`,
  );
  return sql`${raw(name)}(rid, step, identifier) AS MATERIALIZED (
    SELECT n.rid, 0, n.identifier FROM (${start}) n UNION ALL ${below} ${limit})`;
};

const counted = (name: string, where: Sql): Sql =>
  sql`SELECT rid, step = 1 AS children, step > 0 AS descendants FROM ${raw(name)} WHERE ${where}`;

const NODES = raw("SELECT rid, identifier FROM nodes");

/** Counts by walking down, for views about which nothing is settled. */
const walked = (view: View): Sql =>
  sql`${down(view, "down", NODES, raw(""))}, parts AS (${counted("down", raw("1"))})`;

/**
 * Counts by walking down where that is short. Else the settled counts and the changes since; and
 * where nothing is settled, or too much has changed, the whole walk.
 */
const settled = (view: SettledView, most: number): Sql => {
  const isWanted = raw("ancestor IN (SELECT n.rid FROM nodes n)");
  const unsettled = sql`${NODES} WHERE NOT (SELECT few FROM size) AND NOT EXISTS (SELECT 1 FROM base)`;
  const parts = [
    counted("near", raw("(SELECT few FROM size)")),
    sql`SELECT s.rid, s.children, s.descendants FROM base CROSS JOIN nodes n
      CROSS JOIN settled_counts s ON s.generation = base.generation AND s.rid = n.rid
        AND s.restricted IN (SELECT value FROM json_each(${classesOf(view)}))`,
    sql`SELECT ancestor, sign * (step = 1), sign FROM (${changes(view, raw("ancestor, step"), isWanted)})`,
    counted("down", raw("1")),
    raw("SELECT rid, 0, 0 FROM nodes"),
  ];
  return join(
    [
      down(view, "near", NODES, raw(`LIMIT ${most + 1}`)),
      raw(`size(few) AS MATERIALIZED (SELECT count(*) <= ${most} FROM near)`),
      since(view, false, raw("NOT (SELECT few FROM size)")),
      down(view, "down", unsettled, raw("")),
      sql`parts(rid, children, descendants) AS (${join(parts, " UNION ALL ")})`,
    ],
    ", ",
  );
};

/**
 * The statement that answers `rid, children, descendants` for each node: how many live, visible
 * resources lie directly and anywhere below it, along resources that are in the view themselves.
 *
 * @param nodes selection of `rid, identifier` of resources that are in the view.
 * @param most nodes and descendants that are enumerated.
 */
export const countsOf = (view: View, nodes: Sql, most = ENUMERATED_MAX): Sql =>
  sql`WITH RECURSIVE nodes(rid, identifier) AS MATERIALIZED (${nodes}),
    ${isSettled(view) ? settled(view, most) : walked(view)}
    SELECT rid, sum(children) AS children, sum(descendants) AS descendants FROM parts GROUP BY rid`;
