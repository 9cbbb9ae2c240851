/** Lists of resources of one type, and single resources, in one state. */
import type { HarvestContext } from "./context.ts";
import { requireAdmin } from "./context.ts";
import type { Json, JsonObject } from "../../../model/json.ts";
import { NOW, type Query, type SortKey } from "../../../query/query.ts";
import type { Condition } from "../../../query/condition.ts";
import { keyPath } from "../../../query/path.ts";
import { notFound, OLDEST_FIRST } from "./runs.ts";
import type { Found, Row } from "../../../store/index.ts";

/** The parameters of a list. */
export interface Listing {
  readonly payloadType: string;
  /** Members that have to have a value. */
  readonly where?: Readonly<Record<string, string | boolean>>;
  readonly sort?: readonly SortKey[];
  /** True: only for present admins. */
  readonly admin: boolean;
  /** True: tombstones instead of live ones. */
  readonly deletedOnly?: boolean;
  readonly render: (row: Row) => Json;
}

/** Page size when a request does not set one. */
export const LIMIT_DEFAULT = 25;

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
export function queryOf(listing: Listing): Query {
  return {
    payloadTypes: [listing.payloadType],
    condition: conditionOf(listing.where),
    sort: listing.sort ?? OLDEST_FIRST,
    page: { limit: LIMIT_DEFAULT },
    asOf: NOW,
    ...(listing.deletedOnly === true ? { deletedOnly: true } : {}),
  };
}

/** A demoted admin gets 403, not an empty list. @throws {AppError} `forbidden`. */
export function confirm({ admin }: Listing, { principal }: Found): void {
  if (admin) requireAdmin(principal);
}

/** The pages of a list, in one state. */
export type Pages = AsyncGenerator<Found, void, undefined>;

/** The pages of a list, for callers that may read it. */
export async function* pagesOf(
  context: HarvestContext,
  listing: Listing,
  page: Partial<Query["page"]> = {},
): Pages {
  const { store, principal } = context;
  const query = queryOf(listing);
  const request = { ...query, page: { ...query.page, ...page } };
  const wanted = { children: false, limit: page.limit ?? null };
  for await (const found of store.pages(principal, request, wanted)) {
    confirm(listing, found);
    yield found;
  }
}

/** The rows of a list one by one: all of them, or the first. */
export async function* everyRow(
  context: HarvestContext,
  listing: Listing,
  page: Pick<Partial<Query["page"]>, "limit"> = {},
): AsyncGenerator<Row, void, undefined> {
  for await (const { rows } of pagesOf(context, listing, page)) yield* rows;
}

/** Merges two lists by creation. */
export async function* merged(
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

/** The number of rows in a list. */
export async function countOf(context: HarvestContext, listing: Listing): Promise<number> {
  return (await context.store.count(context.principal, queryOf(listing))).count;
}

/** One live, visible resource of a type; undefined for anything else. */
export async function findOne(
  context: HarvestContext,
  payloadType: string,
  id: string,
  admin: boolean,
): Promise<Row | undefined> {
  const { store, principal } = context;
  const listing: Listing = { payloadType, admin, render: () => null };
  const query = { ...queryOf(listing), identifiers: [id] };
  const found = await store.find(principal, query, { children: false });
  confirm(listing, found);
  return found.rows[0];
}

/** Checks that a live, visible resource of a type exists. @throws {AppError} `not_found`. */
export async function requireOne(
  context: HarvestContext,
  payloadType: string,
  id: string,
  word: string,
): Promise<void> {
  if ((await findOne(context, payloadType, id, true)) === undefined) throw notFound(word);
}

/** The payload of a row. */
export function payloadIn(row: Row): JsonObject {
  return JSON.parse(row.payload) as JsonObject;
}
