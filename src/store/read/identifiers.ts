/** Reads by identifier. */
import type { AsOf } from "../../query/query.ts";
import type { Principal } from "../../identity/principal.ts";
import { noteShown } from "../audit.ts";
import { jsonChunks } from "../chunks.ts";
import { look, type Looking } from "../meta.ts";
import { selectRow, toRow, type Row } from "../row.ts";
import { sql, type Sql } from "../sql.ts";
import { eachVersion, type View } from "../visible.ts";

const byIdentifier = (view: View, text: string, children: boolean): Sql =>
  eachVersion(
    view,
    (
      table,
      where,
      row,
    ) => sql`SELECT ${selectRow(view, row, { children })} FROM json_each(${text}) j
      CROSS JOIN ${table} ON v.identifier = j.value WHERE ${where}`,
  );

/**
 * Reads resources by identifier: the order of the request is kept, missing and tombstoned ones are
 * skipped, a repeated identifier is answered as often as it is asked for.
 */
export const readIdentifiers = async (
  looking: Looking,
  principal: Principal,
  identifiers: readonly string[],
  asOf: AsOf,
  options: { readonly children: boolean },
): Promise<{ readonly rows: readonly Row[]; readonly immutable: boolean }> => {
  const chunks = jsonChunks([...new Set(identifiers)]);
  const answer = await look(looking, principal, asOf, (view) =>
    chunks.map(({ text }) => byIdentifier(view, text, options.children)),
  );
  const rows = new Map(
    answer.results
      .flat()
      .map(toRow)
      .map((row) => [row.identifier, row]),
  );
  const found = [...rows.values()];
  await noteShown(looking, answer.principal, found);
  const isPast = asOf.kind === "instant" && asOf.instant <= answer.meta.lastRecordedAt;
  return {
    rows: identifiers.flatMap((identifier) => rows.get(identifier) ?? []),
    // What is restricted is never kept: each time that it is shown is recorded.
    immutable: isPast && found.every((row) => row.is_restricted === 0),
  };
};
