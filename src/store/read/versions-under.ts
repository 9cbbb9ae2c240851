/** The versions of a past state that lie in the place of a query, current and superseded ones. */
import { compileSortValue } from "../compile/condition.ts";
import type { Scope } from "../compile/scope.ts";
import { MISSING } from "../past/fields.ts";
import { allOf, join, raw, sql, type Sql } from "../sql/template.ts";
import type { Reading } from "./reading.ts";
import { columnsOf, currentSource, pastSource, refWhere } from "./source.ts";

/** Rows of `under u` that come in the order of a page from candidates: see `past-page.ts`. */
export interface CandidateRows {
  /** The field in which a row has to have the `value` of its candidate; null: any. */
  readonly field: string | null;
}

const valueOf = (field: string, scope: Scope): Sql =>
  compileSortValue({ segments: [{ kind: "key", name: field }] }, scope);

/** Condition on a version of `under u`: it has the value that its candidate stands for. */
const hasValue = (field: string, current: Scope, past: Scope): Sql =>
  sql`coalesce(CASE u.past WHEN 0 THEN ${valueOf(field, current)} ELSE ${valueOf(field, past)} END,
    ${raw(MISSING)}) = u.value`;

/**
 * The versions that lie in the place of a query that looks at a state of the past, current and
 * superseded ones: `past, ref, identifier, s0, …`. It names `under` once, which is long to be named.
 *
 * @param candidates where they come from candidates in place of the place: a row without a version stays.
 */
export function versionsUnder(reading: Reading, snapshot: Sql, candidates?: CandidateRows): Sql {
  const field = candidates?.field ?? null;
  const current = currentSource(reading, {
    examined: "left under",
    wanted: (scope) => (field === null ? [] : [valueOf(field, scope)]),
  });
  const past = pastSource(reading, snapshot, "under");
  const columns = columnsOf(reading, past.scope);
  const values = columnsOf(reading, current.scope).map(
    (
      { value },
      at,
    ) => sql`, CASE u.past WHEN 0 THEN ${value} ELSE ${columns[at]?.value ?? raw("NULL")} END
      AS ${raw(`s${at}`)}`,
  );
  const found = sql`((${raw(current.ref)} IS NOT NULL AND ${current.where}) OR (${past.where}))`;
  const where = allOf([
    found,
    field === null ? raw("1") : hasValue(field, current.scope, past.scope),
  ]);
  return sql`SELECT u.past, u.ref, u.identifier${join(values, "")} FROM ${current.from}
    LEFT JOIN history h ON h.hid = ${raw(refWhere(1))}
    WHERE ${candidates === undefined ? where : sql`(u.ref IS NULL OR ${where})`}`;
}
