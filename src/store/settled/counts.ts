/** Exact counts of children and descendants: settled ones and what has changed since. */
import { raw, sql, type Sql } from "../sql.ts";
import { eachVersion, type View } from "../visible.ts";
import { changes, classesOf, isSettled, since } from "./since.ts";

const isWanted = raw(`ancestor IN (SELECT n.rid FROM nodes n)`);

/** Counts from the nodes down, of the nodes that `start` selects (`rid, identifier`). */
const counted = (view: View, start: Sql): Sql => {
  const below = eachVersion(
    view,
    (table, where) => sql`SELECT w.rid, w.step + 1, v.identifier
      FROM down w CROSS JOIN ${table} ON v.parent_identifier = w.identifier WHERE ${where}`,
  );
  return sql`down(rid, step, identifier) AS (
      SELECT n.rid, 0, n.identifier FROM (${start}) n UNION ALL ${below}),
    counted(rid, children, descendants) AS MATERIALIZED (
      SELECT rid, sum(step = 1), sum(step > 0) FROM down GROUP BY rid)`;
};

/**
 * A selection of `identifier, children, descendants`: how many live, visible resources lie directly
 * and anywhere below each node, along resources that are in the view themselves.
 *
 * @param text JSON array of identifiers of resources that are in the view.
 */
export const countsOf = (view: View, text: string): Sql => {
  const nodes = sql`nodes(rid, identifier) AS MATERIALIZED (SELECT r.rid, r.identifier
    FROM json_each(${text}) j CROSS JOIN resources r ON r.identifier = j.value)`;
  if (!isSettled(view)) {
    return sql`WITH RECURSIVE ${nodes}, ${counted(view, raw("SELECT rid, identifier FROM nodes"))}
      SELECT n.identifier, c.children, c.descendants
      FROM nodes n CROSS JOIN counted c ON c.rid = n.rid`;
  }
  const start = raw("SELECT rid, identifier FROM nodes WHERE NOT EXISTS (SELECT 1 FROM base)");
  return sql`WITH RECURSIVE ${since(view, false)}, ${nodes}, ${counted(view, start)},
    parts(rid, children, descendants) AS (
      SELECT s.rid, s.children, s.descendants FROM base CROSS JOIN nodes n
      CROSS JOIN settled_counts s ON s.generation = base.generation AND s.rid = n.rid
        AND s.restricted IN (SELECT value FROM json_each(${classesOf(view)}))
      UNION ALL
      SELECT ancestor, sign * (step = 1), sign FROM (${changes(view, raw("ancestor, step"), isWanted)})
      UNION ALL SELECT rid, children, descendants FROM counted
      UNION ALL SELECT rid, 0, 0 FROM nodes)
    SELECT n.identifier, sum(p.children) AS children, sum(p.descendants) AS descendants
    FROM parts p CROSS JOIN nodes n ON n.rid = p.rid GROUP BY n.rid`;
};
