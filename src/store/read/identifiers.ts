/** Reads by identifier. */
import type { AsOf } from "../../query/query.ts";
import type { Principal } from "../../identity/principal.ts";
import { recordDisclosed } from "../audit/audit.ts";
import { jsonChunks } from "../sql/chunks.ts";
import { readView, type Answer } from "./meta.ts";
import type { ReadContext } from "./read-context.ts";
import { shareOf, type RowLoad } from "./row-load.ts";
import { selectRow, toDraft, type Draft, type Row, type SelectedRow } from "./row.ts";
import { sql, type Statement } from "../sql/template.ts";
import { eachVersion, type View } from "../visibility/visible.ts";
import { completeRows, fittingParts } from "./complete.ts";

const byIdentifier = (view: View, text: string, load: RowLoad): Statement<SelectedRow> =>
  eachVersion(
    view,
    (table, where, row) => sql`SELECT ${selectRow(view, row, load)} FROM json_each(${text}) j
      CROSS JOIN ${table} ON v.identifier = j.value WHERE ${where}`,
  );

const lookUp = (
  readContext: ReadContext,
  principal: Principal,
  identifiers: readonly string[],
  asOf: AsOf,
  load: RowLoad,
): Promise<Answer<readonly Statement<SelectedRow>[]>> => {
  const chunks = jsonChunks(identifiers);
  return readView(readContext, principal, asOf, (view) =>
    chunks.map(({ text }) => byIdentifier(view, text, load)),
  );
};

/** The rows of a read by identifier. */
export interface ReadRows {
  /** The rows from the start on, as many as fit on one page. */
  readonly rows: readonly Row[];
  /** The rows after these, page by page in the same state; null where there are none. */
  readonly rest: AsyncGenerator<readonly Row[], void, undefined> | null;
  readonly immutable: boolean;
}

/**
 * Reads resources by identifier: the order of the request is kept, missing and tombstoned ones are
 * skipped, a repeated identifier is answered as often as it is asked for.
 */
export async function readIdentifiers(
  readContext: ReadContext,
  principal: Principal,
  identifiers: readonly string[],
  asOf: AsOf,
  { children }: { readonly children: boolean },
): Promise<ReadRows> {
  const distinct = [...new Set(identifiers)];
  const load = { children, most: shareOf(distinct.length) };
  const {
    meta,
    principal: caller,
    results,
  } = await lookUp(readContext, principal, distinct, asOf, load);
  const found = new Map(
    results.flat().map((row): readonly [string, Draft] => {
      const draft = toDraft(row);
      return [draft.row.identifier, draft];
    }),
  );
  const complete = async (drafts: readonly Draft[]): Promise<readonly Row[]> => {
    const rows = await completeRows(drafts, async (names) =>
      (await lookUp(readContext, principal, names, asOf, { children })).results.flat(),
    );
    await recordDisclosed(readContext, caller, [...new Set(rows)]);
    return rows;
  };
  const [first = [], ...others] = fittingParts(
    identifiers.flatMap((identifier) => found.get(identifier) ?? []),
  );
  const rest = async function* (): AsyncGenerator<readonly Row[], void, undefined> {
    for (const drafts of others) yield await complete(drafts);
  };
  const isPast = asOf.kind === "instant" && asOf.instant <= meta.lastRecordedAt;
  return {
    rows: await complete(first),
    rest: others.length === 0 ? null : rest(),
    // What is restricted is never kept: each time that it is shown is recorded.
    immutable: isPast && [...found.values()].every(({ row }) => row.is_restricted === 0),
  };
}
