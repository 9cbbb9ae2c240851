/** Lists: bare arrays of everything, or pages in an envelope. */
import type { Context } from "hono";
import type { AppEnv } from "../../http/env.ts";
import type { Json, JsonObject } from "../../model/json.ts";
import { NOW, type Query, type SortKey } from "../../query/query.ts";
import type { Condition } from "../../query/condition.ts";
import { keyPath } from "../../query/path.ts";
import { notFound, OLDEST_FIRST } from "../../harvest/runs.ts";
import type { Found } from "../../store/read/find.ts";
import type { Row } from "../../store/row.ts";
import { jsonStream } from "../../http/answer.ts";
import { arrayPieces, withFirst } from "../../http/stream.ts";
import { requireAdmin } from "./route.ts";

/** What a list asks for. */
export interface Listing {
  readonly payloadType: string;
  /** Members that have to have a value. */
  readonly where?: Readonly<Record<string, string | boolean>>;
  readonly sort?: readonly SortKey[];
  /** True: for admins alone, as they are now. */
  readonly admin: boolean;
  /** True: tombstones in place of live ones. */
  readonly buried?: boolean;
  readonly render: (row: Row) => Json;
}

/** A page of it. */
export interface Page {
  readonly skip?: number | undefined;
  readonly limit?: number | undefined;
}

const LIMIT_DEFAULT = 25;

const conditionOf = (where: Listing["where"] = {}): Condition => ({
  kind: "and",
  of: Object.entries(where).map(([name, value]) => ({
    kind: "compare",
    path: keyPath(name),
    op: "eq",
    value,
  })),
});

/** The query of a list. */
const queryOf = (listing: Listing): Query => ({
  payloadTypes: [listing.payloadType],
  condition: conditionOf(listing.where),
  sort: listing.sort ?? OLDEST_FIRST,
  page: { limit: LIMIT_DEFAULT },
  asOf: NOW,
  ...(listing.buried === true ? { buried: true } : {}),
});

/** Who is no admin any more gets no list, be it empty. */
const confirm = ({ admin }: Listing, { principal }: Found): void => {
  if (admin) requireAdmin(principal);
};

/** What a list answers of some rows, as JSON texts. */
const textsOf = ({ render }: Listing, rows: readonly Row[]): readonly string[] =>
  rows.map((row) => JSON.stringify(render(row)));

/** Page after page of a list, in one state. */
export type Pages = AsyncGenerator<Found, void, undefined>;

/** The pages of a list, for who may have it. */
export async function* pagesOf(
  c: Context<AppEnv>,
  listing: Listing,
  page: Partial<Query["page"]> = {},
): Pages {
  const { store, principal } = c.var;
  const query = queryOf(listing);
  const asked = { ...query, page: { ...query.page, ...page } };
  const wanted = { children: false, limit: page.limit ?? null };
  for await (const found of store.pages(principal, asked, wanted)) {
    confirm(listing, found);
    yield found;
  }
}

/** The rows of a list one by one: all of them, or the first. */
export async function* everyRow(
  c: Context<AppEnv>,
  listing: Listing,
  page: Pick<Partial<Query["page"]>, "limit"> = {},
): AsyncGenerator<Row, void, undefined> {
  for await (const { rows } of pagesOf(c, listing, page)) yield* rows;
}

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

/** One page, with the count of all. */
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
  const rest = pagesOf(c, listing, { limit: limit - rows.length, after: next });
  return jsonStream(c, enveloped(textsAfter(listing, rows, rest), { skip, limit, total }));
};

const bare = async (c: Context<AppEnv>, listing: Listing): Promise<Response> => {
  const pages = pagesOf(c, listing);
  const first = await pages.next();
  if (first.done === true) return c.json([]);
  const { rows, next } = first.value;
  if (next === null) return c.json(rows.map(listing.render));
  return jsonStream(c, arrayPieces(textsAfter(listing, rows, pages)));
};

/** Answers a list. */
export const answerList = (c: Context<AppEnv>, listing: Listing, page: Page): Promise<Response> =>
  page.skip === undefined && page.limit === undefined ? bare(c, listing) : paged(c, listing, page);

/** Two lists that are in the order of their making as one that is. */
async function* merged(
  ...lists: readonly AsyncGenerator<Row, void, undefined>[]
): AsyncGenerator<Row, void, undefined> {
  const heads = await Promise.all(lists.map((list) => list.next()));
  for (;;) {
    let least: number | undefined;
    for (const [at, head] of heads.entries()) {
      const other = least === undefined ? undefined : heads[least];
      if (head.done === true) continue;
      if (other?.done === false && other.value.created_at <= head.value.created_at) continue;
      least = at;
    }
    const head = least === undefined ? undefined : heads[least];
    if (least === undefined || head === undefined || head.done === true) return;
    yield head.value;
    heads[least] = (await lists[least]?.next()) ?? { done: true, value: undefined };
  }
}

/** Elements that are written at once. */
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

const countOf = async (c: Context<AppEnv>, listing: Listing): Promise<number> =>
  (await c.get("store").count(c.get("principal"), queryOf(listing))).count;

/** Answers a list with what was deleted. A page of it reads no more of either than it may show. */
export const answerWithDeleted = async (
  c: Context<AppEnv>,
  listing: Listing,
  page: Page,
): Promise<Response> => {
  const dead = { ...listing, buried: true };
  const { skip = 0, limit = LIMIT_DEFAULT } = page;
  const isPaged = page.skip !== undefined || page.limit !== undefined;
  const [from, to] = isPaged ? [skip, skip + limit] : [0, Number.POSITIVE_INFINITY];
  const most = isPaged ? { limit: to } : {};
  const rows = merged(everyRow(c, listing, most), everyRow(c, dead, most));
  const elements = elementsOf(listing, rows, from, to);
  // The first element is read before the answer begins: who may not have the list gets none of it.
  const first = await elements.next();
  const all = withFirst(first, elements);
  if (!isPaged) return jsonStream(c, arrayPieces(all));
  const total = (await countOf(c, listing)) + (await countOf(c, dead));
  return jsonStream(c, enveloped(all, { skip, limit, total }));
};

/** One live, visible resource of a type; undefined for anything else. */
export const findOne = async (
  c: Context<AppEnv>,
  payloadType: string,
  id: string,
  admin: boolean,
): Promise<Row | undefined> => {
  const { store, principal } = c.var;
  const listing: Listing = { payloadType, admin, render: () => null };
  const query = { ...queryOf(listing), identifiers: [id] };
  const found = await store.find(principal, query, { children: false });
  confirm(listing, found);
  return found.rows[0];
};

/** Passes when there is one live, visible resource of a type. @throws {AppError} `not_found`. */
export const requireOne = async (
  c: Context<AppEnv>,
  payloadType: string,
  id: string,
  word: string,
): Promise<void> => {
  if ((await findOne(c, payloadType, id, true)) === undefined) throw notFound(word);
};

/** The payload of a row. */
export const payloadIn = (row: Row): JsonObject => JSON.parse(row.payload) as JsonObject;
