import { raw, sql, type Sql } from "../sql/template.ts";
import { DIMENSIONS, FACTS, LAST, TOTAL } from "./facts.ts";

const facts = FACTS.map((fact) => `f_${fact.name}`).join(", ");

const member = [...DIMENSIONS, LAST].map(({ name }) => `WHEN '${name}' THEN g.f_${name}`).join(" ");

/**
 * Sums contributions by dimension: `ancestor, restricted, dimension, member, count, bytes, blocks, last`.
 *
 * @param contributions a selection of `ancestor`, `restricted`, `count` (below 0: less by so many),
 *   `bytes` and `blocks` (of all of them, with the sign of the count) and facts.
 * @param dimensions JSON array of names of dimensions.
 */
export function expand(contributions: Sql, dimensions: string): Sql {
  return sql`
  SELECT g.ancestor, g.restricted, d.value AS dimension,
    CASE d.value WHEN ${raw(`'${TOTAL}'`)} THEN '' ${raw(member)} END AS member,
    sum(g.count) AS count, sum(g.bytes) AS bytes, sum(g.blocks) AS blocks, max(g.f_last) AS last
  FROM (SELECT ancestor, restricted, ${raw(facts)}, sum(count) AS count, sum(bytes) AS bytes,
      sum(blocks) AS blocks
    FROM (${contributions}) GROUP BY ancestor, restricted, ${raw(facts)}) g
  CROSS JOIN json_each(${dimensions}) d
  GROUP BY 1, 2, 3, 4 HAVING member IS NOT NULL`;
}
