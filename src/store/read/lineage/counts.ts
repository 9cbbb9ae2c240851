/** How much lies below a node. */
import { raw, sql, type Sql } from "../../sql.ts";
import { eachVersion, type View } from "../../visible.ts";

/**
 * Expression: how many live, visible resources lie directly below a node.
 *
 * @param node alias of a relation with the column `identifier`.
 */
export const childCount = (view: View, node: string): Sql => {
  const rows = eachVersion(
    view,
    (table, where) =>
      sql`SELECT v.rid FROM ${table} WHERE v.parent_identifier = ${raw(`${node}.identifier`)} AND ${where}`,
  );
  return sql`(SELECT count(*) FROM (${rows}))`;
};

/**
 * Expression: how many live, visible resources lie anywhere below a node, along resources that are
 * in the view themselves. Reads the whole subtree.
 *
 * @param node alias of a relation with the column `identifier`.
 */
export const descendantCount = (view: View, node: string): Sql => {
  const below = eachVersion(
    view,
    (table, where) => sql`SELECT v.identifier FROM down d
      CROSS JOIN ${table} ON v.parent_identifier = d.identifier WHERE ${where}`,
  );
  return sql`(WITH RECURSIVE down(identifier) AS (SELECT ${raw(`${node}.identifier`)} UNION ALL ${below})
    SELECT count(*) - 1 FROM down)`;
};
