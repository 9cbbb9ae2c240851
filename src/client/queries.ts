import type { Calls } from "./calls.ts";
import type { Columns, PayloadType, Query } from "./filters.ts";
import { type CallOptions, type Instant, instantText } from "./options.ts";
import type { Found } from "./types.ts";
import { createWalk, type Walk } from "./walk.ts";
import type { Explanation, Payloads } from "./wire.ts";

/** A page of a query. */
export interface QueryPage<Item> {
  readonly results: readonly Item[];
  /** Cursor of the next page; null on the last. */
  readonly next_cursor: string | null;
  /** The requested size; null: the server's default. */
  readonly limit: number | null;
}

/** Finding resources by conditions. */
export interface QueryCalls<Types extends object = Payloads> {
  /**
   * Walks all resources that the query finds, in the one state of its first page. The `limit` of
   * the query is the size of a page, not of the walk.
   */
  readonly query: <
    const Type extends PayloadType<Types> = PayloadType<Types>,
    const Chosen extends Columns<Type, Types> = undefined,
  >(
    query: Query<Type, Types, Chosen>,
    options?: CallOptions,
  ) => Walk<Found<Type, Chosen, Types>, QueryPage<Found<Type, Chosen, Types>>>;
  /** One page, from a cursor on. */
  readonly queryPage: <
    const Type extends PayloadType<Types> = PayloadType<Types>,
    const Chosen extends Columns<Type, Types> = undefined,
  >(
    query: Query<Type, Types, Chosen>,
    cursor: string | null,
    options?: CallOptions,
  ) => Promise<QueryPage<Found<Type, Chosen, Types>>>;
  /** The number of results. */
  readonly count: <const Type extends PayloadType<Types> = PayloadType<Types>>(
    query: Query<Type, Types>,
    options?: CallOptions,
  ) => Promise<number>;
  /** Which indexes the first page goes by; for admins also what it costs and what would help. */
  readonly explain: <const Type extends PayloadType<Types> = PayloadType<Types>>(
    query: Query<Type, Types>,
    options?: CallOptions,
  ) => Promise<Explanation>;
  /** All of them as one Parquet file, streamed; see `export` for a file that can be resumed. */
  readonly parquet: <const Type extends PayloadType<Types> = PayloadType<Types>>(
    query: Query<Type, Types>,
    options?: CallOptions,
  ) => Promise<ReadableStream<Uint8Array>>;
}

/** The query in the form of the API. */
export function queryBody({
  as_of: asOf,
  ...rest
}: {
  readonly as_of?: Instant | null | undefined;
}): object {
  return asOf === undefined ? rest : { ...rest, as_of: instantText(asOf) ?? null };
}

/** The body of an answer as a stream. */
export function streamOf(response: Response): ReadableStream<Uint8Array> {
  return response.body ?? new Blob([]).stream();
}

/** Makes these calls. */
export function createQueryCalls<Types extends object>({
  search,
  sender,
}: Calls): QueryCalls<Types> {
  const queryPage: QueryCalls<Types>["queryPage"] = async (query, cursor, options) =>
    search("/query", { ...queryBody(query), ...(cursor === null ? {} : { cursor }) }, options);
  const query: QueryCalls<Types>["query"] = <
    Type extends PayloadType<Types>,
    Chosen extends Columns<Type, Types>,
  >(
    asked: Query<Type, Types, Chosen>,
    options?: CallOptions,
  ) => {
    const pages = async function* () {
      let cursor: string | null = null;
      do {
        const page: QueryPage<Found<Type, Chosen, Types>> = await queryPage(asked, cursor, options);
        yield page;
        cursor = page.next_cursor;
      } while (cursor !== null);
    };
    return createWalk(pages, ({ results }) => results);
  };
  return {
    query,
    queryPage,
    count: async (asked, options) =>
      (await search<{ readonly count: number }>("/query/count", queryBody(asked), options)).count,
    explain: async (asked, options) => search("/query/explain", queryBody(asked), options),
    parquet: async (asked, options) => {
      const asOf = sender.settled(options).as_of;
      const body = queryBody(asked);
      const response = await sender.open(
        {
          method: "POST",
          path: "/query/parquet",
          body: asOf === undefined || "as_of" in body ? body : { ...body, as_of: asOf },
          kind: "read",
          accept: "application/octet-stream",
        },
        options,
      );
      return streamOf(response);
    },
  };
}
