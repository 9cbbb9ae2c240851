/**
 * Walks up from a slice of resources so that no depth of the tree makes it slow: first within blocks of
 * neighbouring rows, from each row by itself; then from where these walks leave their block, all that
 * left it there together. Resources mostly lie near their parents, and a long chain leaves each block
 * once.
 */
import { join, raw, sql, type Sql } from "../sql/template.ts";
import { eachVersion, type View } from "../visibility/visible.ts";
import { factColumns, factValues } from "./walk.ts";

/** Rows of a block: with more, walks within blocks are longer, with fewer, there are more others. */
const BLOCK = 64;

/** What a slice is walked up from. */
export interface SliceWalk {
  /** Common table expression with the column `identifier`: the slice. */
  readonly slice: Sql;
  /** The state in which it is looked at: a walk ends where a resource is not in the view. */
  readonly view: View;
  /** SQL condition on the version `v`: it is restricted in that state. */
  readonly restricted: Sql;
}

const none = raw("");

const near = ({ view, restricted }: SliceWalk, withFacts: boolean): Sql => {
  const block = raw(`v.rid / ${BLOCK}`);
  const starts = eachVersion(
    view,
    (table, where) => sql`SELECT NULL, NULL, 0, v.parent_identifier, ${restricted}, ${block}, 0
        ${withFacts ? factValues : none}
      FROM slice c CROSS JOIN ${table} ON v.identifier = c.identifier
      WHERE v.parent_identifier IS NOT NULL AND ${where}`,
  );
  const steps = eachVersion(
    view,
    (table, where) => sql`SELECT v.rid, v.payload_type, w.step + 1, v.parent_identifier,
        w.restricted, w.block, ${block} <> w.block ${withFacts ? factColumns("w.") : none}
      FROM near w CROSS JOIN ${table} ON v.identifier = w.parent WHERE NOT w.is_out AND ${where}`,
  );
  return sql`near(ancestor, kind, step, parent, restricted, block, is_out
    ${withFacts ? factColumns() : none}) AS MATERIALIZED (${starts} UNION ALL ${steps})`;
};

/** The facts without the bytes, which are summed. */
const facts = (alias = ""): Sql => raw(factColumns(alias).text.replace(`, ${alias}bytes`, ""));

const far = ({ view }: SliceWalk, withFacts: boolean): Sql => {
  const own = withFacts ? facts() : none;
  const steps = eachVersion(
    view,
    (table, where) => sql`SELECT v.rid, v.payload_type, v.parent_identifier, w.restricted, w.count,
        w.bytes ${withFacts ? facts("w.") : none}
      FROM far w CROSS JOIN ${table} ON v.identifier = w.parent WHERE ${where}`,
  );
  return sql`far(ancestor, kind, parent, restricted, count, bytes ${own}) AS MATERIALIZED (
    SELECT ancestor, kind, parent, restricted, count(*), ${raw(withFacts ? "total(bytes)" : "0")} ${own}
      FROM near WHERE is_out GROUP BY ancestor, kind, parent, restricted ${own}
    UNION ALL ${steps})`;
};

const tables = (walk: SliceWalk, withFacts: boolean): Sql =>
  sql`WITH RECURSIVE ${join([walk.slice, near(walk, withFacts), far(walk, withFacts)], ", ")}`;

/** Statement of what lies below each ancestor: `ancestor, restricted, children, descendants`. */
export function sliceCounts(walk: SliceWalk): Sql {
  return sql`${tables(walk, false)}
  SELECT ancestor, restricted, sum(children) AS children, sum(descendants) AS descendants FROM (
    SELECT ancestor, restricted, step = 1 AS children, NOT is_out AS descendants
      FROM near WHERE step > 0
    UNION ALL SELECT ancestor, restricted, 0, count FROM far)
  GROUP BY ancestor, restricted`;
}

/**
 * Statement over what each datasource's descendants contribute, for `expand`.
 *
 * @param select the statement, from a selection of `sign` (how many), `ancestor`, `restricted`,
 *   `bytes` (of all of them) and facts.
 */
export function sliceStatistics(walk: SliceWalk, select: (contributions: Sql) => Sql): Sql {
  const columns = sql`ancestor, restricted, bytes ${facts()}`;
  const contributions = sql`SELECT 1 AS sign, ${columns} FROM near
      WHERE kind = 'datasource' AND NOT is_out
    UNION ALL SELECT count, ${columns} FROM far WHERE kind = 'datasource'`;
  return sql`${tables(walk, true)} ${select(contributions)}`;
}
