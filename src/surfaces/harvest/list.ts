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
export const queryOf = (listing: Listing): Query => ({
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

/** One page, with the count of all. */
const paged = async (c: Context<AppEnv>, listing: Listing, page: Page): Promise<Response> => {
  const { store, principal } = c.var;
  const { skip = 0, limit = LIMIT_DEFAULT } = page;
  const query = { ...queryOf(listing), page: { limit, offset: skip } };
  const found = await store.find(principal, query, { children: false, count: true });
  confirm(listing, found);
  return c.json({ items: found.rows.map(listing.render), total: found.count ?? 0, skip, limit });
};

const encoder = new TextEncoder();

/** The rest of a long list, page by page, so that no list is too long to be kept in memory. */
const streamed = (
  first: Found,
  rest: AsyncGenerator<Found, void, undefined>,
  render: (row: Row) => Json,
): ReadableStream<Uint8Array> => {
  const textOf = ({ rows }: Found): string => rows.map((row) => JSON.stringify(render(row))).join();
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(`[${textOf(first)}`)),
    pull: async (controller) => {
      const next = await rest.next();
      if (next.done === true) {
        controller.enqueue(encoder.encode("]"));
        controller.close();
      } else if (next.value.rows.length > 0) {
        controller.enqueue(encoder.encode(`,${textOf(next.value)}`));
      }
    },
    cancel: async () => {
      await rest.return();
    },
  });
};

const bare = async (c: Context<AppEnv>, listing: Listing): Promise<Response> => {
  const { store, principal } = c.var;
  const wanted = { children: false, limit: null };
  const pages = store.pages(principal, queryOf(listing), wanted);
  const first = await pages.next();
  if (first.done === true) return c.json([]);
  confirm(listing, first.value);
  if (first.value.next === null) return c.json(first.value.rows.map(listing.render));
  c.header("content-type", "application/json");
  return c.body(streamed(first.value, pages, listing.render));
};

/** Answers a list. */
export const answerList = (c: Context<AppEnv>, listing: Listing, page: Page): Promise<Response> =>
  page.skip === undefined && page.limit === undefined ? bare(c, listing) : paged(c, listing, page);

/** The first rows of a list; all of them where no number is given. */
const firstOf = async (
  c: Context<AppEnv>,
  listing: Listing,
  limit: number | null,
): Promise<readonly Row[]> => {
  const { store, principal } = c.var;
  const rows: Row[] = [];
  const wanted = { children: false, limit };
  for await (const found of store.pages(principal, queryOf(listing), wanted)) {
    confirm(listing, found);
    rows.push(...found.rows);
  }
  return rows;
};

const sizeOf = async (c: Context<AppEnv>, listing: Listing): Promise<number> => {
  const { store, principal } = c.var;
  return (await store.count(principal, queryOf(listing))).count;
};

/** Answers a list with what was deleted. A page of it reads no more of either than it may show. */
export const answerWithDeleted = async (
  c: Context<AppEnv>,
  listing: Listing,
  page: Page,
): Promise<Response> => {
  const isWhole = page.skip === undefined && page.limit === undefined;
  const { skip = 0, limit = LIMIT_DEFAULT } = page;
  const dead = { ...listing, buried: true };
  const most = isWhole ? null : skip + limit;
  const first = [...(await firstOf(c, listing, most)), ...(await firstOf(c, dead, most))];
  const rows = first.toSorted((one, other) => one.created_at - other.created_at);
  if (isWhole) return c.json(rows.map(listing.render));
  const total = (await sizeOf(c, listing)) + (await sizeOf(c, dead));
  const items = rows.slice(skip, skip + limit).map(listing.render);
  return c.json({ items, total, skip, limit });
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
