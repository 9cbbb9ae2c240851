/** A query as a Parquet file that is streamed. */
import type { JsonObject } from "../../../model/json.ts";
import { fileName } from "../../../objects/export/run.ts";
import { pagesOfFile, startFile, streamOf } from "../../../objects/export/stream.ts";
import type { QueryBody } from "../wire/request.ts";
import type { CatalogueContext } from "./context.ts";
import { parseFresh } from "./parse-query.ts";

/**
 * Starts a Parquet file of every row that a query finds, in one state. The cursor of the query is ignored.
 *
 * @throws AppError for what is wrong with the query or its first page; later failures break the stream.
 */
export async function parquetOf(
  context: CatalogueContext,
  body: QueryBody,
): Promise<{ readonly name: string; readonly stream: ReadableStream<Uint8Array> }> {
  const { store, principal } = context;
  const { cursor: _cursor, ...asked } = body;
  const parsed = await parseFresh(context, asked);
  const selected = asked.select_columns ?? null;
  const parts = await startFile({
    format: "parquet",
    payloadTypes: parsed.payloadTypes,
    selected,
    pages: store.pages(principal, parsed, pagesOfFile(selected, asked.limit ?? null)),
    registryAt: (version) => store.registryAt(principal, version),
    request: JSON.parse(JSON.stringify(asked)) as JsonObject,
    asOf: null,
  });
  return { name: fileName(parsed, "parquet"), stream: streamOf(parts) };
}
