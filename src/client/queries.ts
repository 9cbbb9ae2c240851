import type { Calls } from "./calls.ts";
import { type CallOptions, instantText } from "./options.ts";
import type { Found, Query } from "./types.ts";
import { createWalk, type Walk } from "./walk.ts";
import type { Explanation } from "./wire.ts";

/** A page of a query. */
export interface QueryPage<Item> {
  readonly results: readonly Item[];
  /** Cursor of the next page; null on the last. */
  readonly next_cursor: string | null;
  /** The requested size; null: the server's default. */
  readonly limit: number | null;
}

/** Finding resources by conditions. */
export interface QueryCalls {
  /**
   * Walks all resources that the query finds, in the one state of its first page. The `limit` of
   * the query is the size of a page, not of the walk.
   */
  readonly query: <const Requested extends Query>(
    query: Requested,
    options?: CallOptions,
  ) => Walk<Found<Requested>, QueryPage<Found<Requested>>>;
  /** One page, from a cursor on. */
  readonly queryPage: <const Requested extends Query>(
    query: Requested,
    cursor: string | null,
    options?: CallOptions,
  ) => Promise<QueryPage<Found<Requested>>>;
  /** The number of results. */
  readonly count: (query: Query, options?: CallOptions) => Promise<number>;
  /** Which indexes the first page goes by; for admins also what it costs and what would help. */
  readonly explain: (query: Query, options?: CallOptions) => Promise<Explanation>;
  /** All of them as one Parquet file, streamed; see `export` for a file that can be resumed. */
  readonly parquet: (query: Query, options?: CallOptions) => Promise<ReadableStream<Uint8Array>>;
}

/** The query in the form of the API. */
export function queryBody({ as_of: asOf, ...rest }: Query): object {
  return asOf === undefined ? rest : { ...rest, as_of: instantText(asOf) ?? null };
}

/** The body of an answer as a stream. */
export function streamOf(response: Response): ReadableStream<Uint8Array> {
  return response.body ?? new Blob([]).stream();
}

/** Makes these calls. */
export function createQueryCalls({ search, sender }: Calls): QueryCalls {
  const queryPage: QueryCalls["queryPage"] = async (query, cursor, options) =>
    search("/query", { ...queryBody(query), ...(cursor === null ? {} : { cursor }) }, options);
  return {
    queryPage,
    query: (query, options) => {
      const pages = async function* () {
        let cursor: string | null = null;
        do {
          const page: QueryPage<Found<typeof query>> = await queryPage(query, cursor, options);
          yield page;
          cursor = page.next_cursor;
        } while (cursor !== null);
      };
      return createWalk(pages, ({ results }) => results);
    },
    count: async (query, options) =>
      (await search<{ readonly count: number }>("/query/count", queryBody(query), options)).count,
    explain: async (query, options) => search("/query/explain", queryBody(query), options),
    parquet: async (query, options) => {
      const asOf = sender.settled(options).as_of;
      const body = queryBody(query);
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
