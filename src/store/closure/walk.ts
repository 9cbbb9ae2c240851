/** Walks up the tree from many resources at once: what each adds to each of its ancestors. */
import { raw, sql, type Sql } from "../sql/template.ts";
import { eachVersion, type View } from "../visibility/visible.ts";
import { bytesOf, FACTS } from "./facts.ts";

/** Resources to walk up from. */
export interface Walk {
  /** Name of the common table expression that is made. */
  readonly name: string;
  /** Name of one with the column `identifier`: where the walks begin. */
  readonly from: string;
  /** The state in which they are looked at. A walk ends where a resource is not in the view. */
  readonly view: View;
  /** SQL condition on the version `v`: it is restricted in that state. */
  readonly restricted: Sql;
  /** False: walks from restricted resources are left out. */
  readonly withRestricted: boolean;
  /** True: carry what statistics look at. */
  readonly withFacts: boolean;
}

const names = (withFacts: boolean): readonly string[] =>
  withFacts ? ["bytes", ...FACTS.map((fact) => `f_${fact.name}`)] : [];

const list = (parts: readonly string[]): Sql => raw(parts.map((part) => `, ${part}`).join(""));

/** SQL of what a version `v` contributes, one column for each of `FACT_COLUMNS`. */
export const factValues: Sql = list([bytesOf("v"), ...FACTS.map((fact) => fact.member("v"))]);

/** `, bytes, f_…`: the columns of `factValues`, under an alias that ends in a dot, or none. */
export function factColumns(alias = ""): Sql {
  return list(names(true).map((name) => `${alias}${name}`));
}

/**
 * A common table expression with one row for each ancestor of each resource: `ancestor` (rid),
 * `kind` (its payload type), `step` (1 = parent), `restricted` (of the resource), and its facts.
 * Rows of step 0 stand for the resources themselves.
 */
export function walkUp({ name, from, view, restricted, withRestricted, withFacts }: Walk): Sql {
  const carried = list(names(withFacts));
  const starts = eachVersion(
    view,
    (table, where) => sql`SELECT NULL, NULL, 0, v.parent_identifier, ${restricted}
        ${withFacts ? factValues : raw("")}
      FROM ${raw(from)} c CROSS JOIN ${table} ON v.identifier = c.identifier
      WHERE v.parent_identifier IS NOT NULL AND ${where}
        ${withRestricted ? raw("") : sql`AND NOT ${restricted}`}`,
  );
  const steps = eachVersion(
    view,
    (table, where) => sql`SELECT v.rid, v.payload_type, w.step + 1, v.parent_identifier,
        w.restricted ${list(names(withFacts).map((each) => `w.${each}`))}
      FROM ${raw(name)} w CROSS JOIN ${table} ON v.identifier = w.parent WHERE ${where}`,
  );
  return sql`${raw(name)}(ancestor, kind, step, parent, restricted ${carried}) AS (
    ${starts} UNION ALL ${steps})`;
}
