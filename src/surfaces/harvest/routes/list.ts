/** Responses with lists: bare arrays of everything, or pages in an envelope. */
import type { Context } from "hono";
import type { AppEnv } from "../../../http/env.ts";
import { jsonStream } from "../../../http/answer.ts";
import { arrayPieces, withFirst } from "../../../http/stream.ts";
import type { Row } from "../../../store/index.ts";
import {
  confirm,
  countOf,
  everyRow,
  LIMIT_DEFAULT,
  merged,
  pagesOf,
  queryOf,
  type Listing,
} from "../operations/list.ts";
import { contextOf } from "./context.ts";

/** A page of it. */
export interface Page {
  readonly skip?: number | undefined;
  readonly limit?: number | undefined;
}

/** The rows of a list as JSON texts. */
const textsOf = ({ render }: Listing, rows: readonly Row[]): readonly string[] =>
  rows.map((row) => JSON.stringify(render(row)));

async function* textsAfter(
  listing: Listing,
  first: readonly Row[],
  rest: AsyncIterable<{ readonly rows: readonly Row[] }>,
): AsyncGenerator<readonly string[], void, undefined> {
  yield textsOf(listing, first);
  for await (const { rows } of rest) yield textsOf(listing, rows);
}

/** The members of an envelope around the elements of a page. */
async function* enveloped(
  elements: AsyncIterable<readonly string[]>,
  { skip, limit, total }: { readonly skip: number; readonly limit: number; readonly total: number },
): AsyncGenerator<string, void, undefined> {
  yield '{"items":';
  yield* arrayPieces(elements);
  yield `,"total":${total},"skip":${skip},"limit":${limit}}`;
}

/** One page, with the total count. */
const paged = async (c: Context<AppEnv>, listing: Listing, page: Page): Promise<Response> => {
  const { store, principal } = c.var;
  const { skip = 0, limit = LIMIT_DEFAULT } = page;
  const query = { ...queryOf(listing), page: { limit, offset: skip } };
  const found = await store.find(principal, query, { children: false, count: true });
  confirm(listing, found);
  const { rows, next, count: total = 0 } = found;
  if (next === null || rows.length === limit) {
    return c.json({ items: rows.map(listing.render), total, skip, limit });
  }
  const rest = pagesOf(contextOf(c), listing, { limit: limit - rows.length, after: next });
  return jsonStream(c, enveloped(textsAfter(listing, rows, rest), { skip, limit, total }));
};

const bare = async (c: Context<AppEnv>, listing: Listing): Promise<Response> => {
  const pages = pagesOf(contextOf(c), listing);
  const first = await pages.next();
  if (first.done === true) return c.json([]);
  const { rows, next } = first.value;
  if (next === null) return c.json(rows.map(listing.render));
  return jsonStream(c, arrayPieces(textsAfter(listing, rows, pages)));
};

/** Responds with a list. */
export function answerList(c: Context<AppEnv>, listing: Listing, page: Page): Promise<Response> {
  return page.skip === undefined && page.limit === undefined
    ? bare(c, listing)
    : paged(c, listing, page);
}

/** Elements that are rendered at once. */
const ELEMENTS_AT_ONCE = 100;

/** The elements of a list from one position to another. */
async function* elementsOf(
  listing: Listing,
  rows: AsyncIterable<Row>,
  from: number,
  to: number,
): AsyncGenerator<readonly string[], void, undefined> {
  let texts: string[] = [];
  let at = 0;
  for await (const row of rows) {
    if (at >= to) break;
    if (at >= from) texts.push(...textsOf(listing, [row]));
    at += 1;
    if (texts.length < ELEMENTS_AT_ONCE) continue;
    yield texts;
    texts = [];
  }
  yield texts;
}

/**
 * Responds with a list that includes deleted resources. A page reads no more rows of either kind
 * than it may return.
 */
export async function answerWithDeleted(
  c: Context<AppEnv>,
  listing: Listing,
  page: Page,
): Promise<Response> {
  const context = contextOf(c);
  const dead = { ...listing, deletedOnly: true };
  const { skip = 0, limit = LIMIT_DEFAULT } = page;
  const isPaged = page.skip !== undefined || page.limit !== undefined;
  const [from, to] = isPaged ? [skip, skip + limit] : [0, Number.POSITIVE_INFINITY];
  const most = isPaged ? { limit: to } : {};
  const rows = merged(everyRow(context, listing, most), everyRow(context, dead, most));
  const elements = elementsOf(listing, rows, from, to);
  // The first element is read before the response begins, so a caller without permission gets an
  // error.
  const first = await elements.next();
  const all = withFirst(first, elements);
  if (!isPaged) return jsonStream(c, arrayPieces(all));
  const total = (await countOf(context, listing)) + (await countOf(context, dead));
  return jsonStream(c, enveloped(all, { skip, limit, total }));
}
