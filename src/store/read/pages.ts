/** All rows of a query, page after page, in one state. */
import { LIMITS } from "../../model/limits.ts";
import type { Principal } from "../../identity/principal.ts";
import type { Query } from "../../query/query.ts";
import { find, type FindOptions, type Found } from "./find.ts";
import { LinkedOverflow, rowsOfLinked } from "./related.ts";
import type { ReadContext } from "./read-context.ts";

/** What of a query's rows is wanted. */
export interface PagesWanted {
  readonly children: boolean;
  /** The most rows; null for all. */
  readonly limit: number | null;
  /** Rows of the first page; absent: as many as the next ones are judged by. */
  readonly first?: number;
  /** Bytes of a page; absent: as many as any page has. */
  readonly bytes?: number;
}

const GROWTH = 4;

const charactersOf = ({ rows, linked }: Found): number =>
  [...rows, ...rowsOfLinked(linked)].reduce(
    (sum, row) => sum + row.payload.length + (row.children?.length ?? 0),
    0,
  );

/** Linked records that a page aims at, so that one with more of them than usual fits as well. */
const LINKED_ROWS = LIMITS.relatedRowsMax / 4;

/** How many rows to ask for next, so that rows of any size stay within bounds. */
const nextSize = (size: number, found: Found, bytes: number): number => {
  const average = Math.max(1, charactersOf(found) / Math.max(1, found.rows.length));
  const linked = Math.max(1, rowsOfLinked(found.linked).length / Math.max(1, found.rows.length));
  // With room for some that are larger, and for the row that tells whether more follow.
  const bySize = bytes / (average * 1.25) - 1;
  const fitting = Math.floor(Math.min(bySize, LINKED_ROWS / linked));
  return Math.max(1, Math.min(size * GROWTH, fitting, LIMITS.pageSizeMax));
};

/** A page, or the first part of it where more is linked to its rows than one may hold. */
const findFitting = async (
  readContext: () => ReadContext,
  principal: Principal,
  query: Query,
  options: FindOptions,
): Promise<Found> => {
  const { page } = query;
  try {
    return await find(readContext(), principal, query, options);
  } catch (error) {
    if (!(error instanceof LinkedOverflow) || page.limit === 1) throw error;
    const smaller = { ...page, limit: Math.ceil(page.limit / 8) };
    return findFitting(readContext, principal, { ...query, page: smaller }, options);
  }
};

/**
 * Reads page after page. All show one state, whatever others write meanwhile. Each has the rows of a
 * budget of its own: what they cost together follows from how many are asked for.
 *
 * @throws AppError as `find` does, with any page.
 */
export async function* readPages(
  readContext: () => ReadContext,
  principal: Principal,
  query: Query,
  { children, limit, first = LIMITS.pageSizeDefault, bytes = LIMITS.pageBytesMax }: PagesWanted,
): AsyncGenerator<Found, void, undefined> {
  let size = first;
  let left = limit ?? Number.POSITIVE_INFINITY;
  let asked = query;
  for (;;) {
    const page = { ...asked.page, limit: Math.min(size, left) };
    const found = await findFitting(
      readContext,
      principal,
      { ...asked, page },
      { children, bytes },
    );
    yield found;
    readContext().budget.renew();
    left -= found.rows.length;
    if (found.next === null || left <= 0) return;
    size = nextSize(size, found, bytes);
    asked = { ...asked, page: { limit: size, after: found.next } };
  }
}
