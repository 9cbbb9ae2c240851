/** Walks up the tree from many resources at once: what each adds to each of its ancestors. */
import { raw, sql, type Sql } from "../sql/template.ts";
import { eachVersion, type View } from "../visibility/visible.ts";
import { FACTS, SIZE_PARTS, sizeOf } from "./facts.ts";

/** Resources to walk up from. */
export interface Walk {
  /** Name of the common table expression that is made. */
  readonly name: string;
  /** Name of one with the column `identifier`: where the walks begin. All of it is restricted. */
  readonly from: string;
  /** The state in which they are looked at. A walk ends where a resource is not in the view. */
  readonly view: View;
  /** True: carry what statistics look at. */
  readonly withFacts: boolean;
}

const FACT_NAMES: readonly string[] = FACTS.map((fact) => `f_${fact.name}`);

const NAMES: readonly string[] = ["size", ...FACT_NAMES];

const list = (parts: readonly string[]): Sql => raw(parts.map((part) => `, ${part}`).join(""));

/** SQL of what a version `v` contributes, one column for each of `factColumns`. */
export const factValues: Sql = list([sizeOf("v"), ...FACTS.map((fact) => fact.member("v"))]);

/** `, size, f_…`: the columns of `factValues`, under an alias that ends in a dot, or none. */
export function factColumns(alias = ""): Sql {
  return list(NAMES.map((name) => `${alias}${name}`));
}

/** `, f_…`: the same without the size, which is summed. */
export const groupColumns: Sql = list(FACT_NAMES);

/** `, bytes, blocks, f_…`: the columns of sums, with the size in two parts. */
export const figureColumns: Sql = list([...Object.keys(SIZE_PARTS), ...FACT_NAMES]);

/** The same of what has the columns of `factColumns`. */
export const figureValues: Sql = list([
  ...Object.entries(SIZE_PARTS).map(([name, part]) => `${part} AS ${name}`),
  ...FACT_NAMES,
]);

/**
 * A common table expression with one row for each ancestor of each resource: `ancestor` (rid),
 * `kind` (its payload type), `step` (1 = parent), `restricted`, `count`, both 1, and its facts. Rows of step 0
 * stand for the resources themselves.
 */
export function walkUp({ name, from, view, withFacts }: Walk): Sql {
  const carried = (columns: Sql): Sql => (withFacts ? columns : raw(""));
  const starts = eachVersion(
    view,
    (table, where) => sql`SELECT NULL, NULL, 0, v.parent_identifier, 1, 1 ${carried(factValues)}
      FROM ${raw(from)} c CROSS JOIN ${table} ON v.identifier = c.identifier
      WHERE v.parent_identifier IS NOT NULL AND ${where}`,
  );
  const steps = eachVersion(
    view,
    (table, where) => sql`SELECT v.rid, v.payload_type, w.step + 1, v.parent_identifier, 1, 1
        ${carried(factColumns("w."))}
      FROM ${raw(name)} w CROSS JOIN ${table} ON v.identifier = w.parent WHERE ${where}`,
  );
  return sql`${raw(name)}(ancestor, kind, step, parent, restricted, count ${carried(factColumns())}) AS (
    ${starts} UNION ALL ${steps})`;
}
