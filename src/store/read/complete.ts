/**
 * Pages within bounds: how many rows fit on one, and what of these did not come with the first
 * statement because it was too large for it.
 */
import { AppError } from "../../model/error.ts";
import { LIMITS } from "../../model/limits.ts";
import type { Principal } from "../../identity/principal.ts";
import { columnPath } from "../../query/path.ts";
import type { Position, Query, SortKey } from "../../query/query.ts";
import type { ReadContext } from "./read-context.ts";
import type { RowLoad } from "./row-load.ts";
import { toDraft, toRow, type Draft, type Row, type SelectedRow } from "./row.ts";
import { readOnce } from "./read-once.ts";
import { pageStatement, type PageRow } from "./page.ts";

/** Characters, and bytes of what did not come, that a row adds to an answer. */
export function weightOf({ row, missing }: Draft): number {
  return (
    row.payload.length + (row.children?.length ?? 0) + (row.derived_from?.length ?? 0) + missing
  );
}

/** How many rows from the start on fit on one page: at least one, however large it is. */
export function fitting(drafts: readonly Draft[], most: number = LIMITS.pageBytesMax): number {
  return fittingWeights(drafts.map(weightOf), most);
}

/** The same for what weighs otherwise. */
export function fittingWeights(
  weights: readonly number[],
  most: number = LIMITS.pageBytesMax,
): number {
  let bytes = 0;
  const over = weights.findIndex((weight) => {
    bytes += weight;
    return bytes > most;
  });
  return over === -1 ? weights.length : Math.max(1, over);
}

/** Rows one after the other, in parts of which each fits on one page. */
export function fittingParts(drafts: readonly Draft[]): readonly (readonly Draft[])[] {
  const parts: (readonly Draft[])[] = [];
  for (let rest = drafts; rest.length > 0;) {
    const part = rest.slice(0, fitting(rest));
    parts.push(part);
    rest = rest.slice(part.length);
  }
  return parts;
}

/** The rows of a query with some identifiers, whatever its condition: that was decided before. */
const named = (query: Query, identifiers: readonly string[], sort: readonly SortKey[]): Query => {
  const { under: _under, ...rest } = query;
  return {
    ...rest,
    condition: { kind: "true" },
    identifiers,
    sort,
    page: { limit: identifiers.length },
  };
};

/** A row brings what it is sorted by once more: a long text is not to come twice. */
const BY_IDENTIFIER: readonly SortKey[] = [{ path: columnPath("identifier"), direction: "asc" }];

const loadRows = async (
  readContext: ReadContext,
  principal: Principal,
  asked: Query,
  load: RowLoad,
): Promise<readonly PageRow[]> => {
  const { rows } = await readOnce(readContext, principal, asked, {
    statement: (reading) => pageStatement(reading, asked.page, load),
  });
  return rows;
};

/** Loads rows by their keys, without bounds, in the state that the drafts show. */
export type LoadAgain = (keys: readonly string[]) => Promise<readonly SelectedRow[]>;

/** What tells rows apart. */
type Key = (row: Row) => string;

const byIdentifier: Key = ({ identifier }) => identifier;

/**
 * Loads what did not come of drafts, by one call more where there is anything, and answers how to
 * get the row of each; undefined for one that the caller may not see any more.
 */
export async function loadMissing(
  drafts: readonly Draft[],
  load: LoadAgain,
  keyOf: Key = byIdentifier,
): Promise<(draft: Draft) => Row | undefined> {
  const large = drafts.filter(({ missing }) => missing > 0);
  if (large.length === 0) return ({ row }) => row;
  const rows = await load([...new Set(large.map(({ row }) => keyOf(row)))]);
  const loaded = new Map(rows.map(toRow).map((row) => [keyOf(row), row]));
  return ({ row, missing }) => (missing === 0 ? row : loaded.get(keyOf(row)));
}

/** The rows of drafts, in their order; see `loadMissing`. */
export async function completeRows(
  ...[drafts, load, keyOf]: Parameters<typeof loadMissing>
): Promise<readonly Row[]> {
  const rowOf = await loadMissing(drafts, load, keyOf);
  return drafts.flatMap((draft) => rowOf(draft) ?? []);
}

/** Where a page goes on after a row of it; undefined where a sort value did not come with the row. */
export function positionOf(query: Query, row: PageRow): Position | undefined {
  if (query.sort.some((_, position) => row[`w${position}`] === 1)) return undefined;
  return {
    values: query.sort.map((_, position) => row[`s${position}`] ?? null),
    identifier: toDraft(row).row.identifier,
  };
}

/**
 * Where a page goes on after a row of it: by one call more where a sort value of it is long.
 *
 * @throws AppError `unavailable` when the caller may not see that row any more.
 */
export async function positionAfter(
  readContext: ReadContext,
  principal: Principal,
  query: Query,
  row: PageRow,
): Promise<Position> {
  const known = positionOf(query, row);
  if (known !== undefined) return known;
  const { identifier } = toDraft(row).row;
  const asked = named(query, [identifier], query.sort);
  const [whole] = await loadRows(readContext, principal, asked, { children: false, members: [] });
  const position = whole === undefined ? undefined : positionOf(query, whole);
  if (position !== undefined) return position;
  // The caller saw it a moment ago, and may not any more.
  throw new AppError("unavailable", "What may be seen has changed meanwhile; try again.", {
    retryAfterSeconds: 1,
  });
}

/** Loads rows that a query found. */
export function rowsOfQuery(
  readContext: ReadContext,
  principal: Principal,
  query: Query,
  load: Pick<RowLoad, "children" | "members">,
): LoadAgain {
  return (identifiers) =>
    loadRows(readContext, principal, named(query, identifiers, BY_IDENTIFIER), load);
}
