/** Streams a query as a Parquet file. */
import type { JsonObject } from "../../../model/json.ts";
import { fileName } from "../../../objects/export/run.ts";
import { pagesOfFile, startFile, streamOf } from "../../../objects/export/stream.ts";
import type { QueryBody } from "../wire/request.ts";
import type { CatalogueContext } from "./context.ts";
import { parseFresh } from "./parse-query.ts";

/**
 * Starts a Parquet file of every row that a query finds, in one state. Ignores the cursor of the
 * query.
 *
 * @throws AppError for an error of the query or of its first page; later errors break the stream.
 */
export async function parquetOf(
  context: CatalogueContext,
  body: QueryBody,
): Promise<{ readonly name: string; readonly stream: ReadableStream<Uint8Array> }> {
  const { store, principal } = context;
  const { cursor: _cursor, ...query } = body;
  const parsed = await parseFresh(context, query);
  const selected = query.select_columns ?? null;
  const parts = await startFile({
    format: "parquet",
    payloadTypes: parsed.payloadTypes,
    selected,
    pages: store.pages(principal, parsed, pagesOfFile(selected, query.limit ?? null)),
    registryAt: (version) => store.registryAt(principal, version),
    request: JSON.parse(JSON.stringify(query)) as JsonObject,
    asOf: null,
  });
  return { name: fileName(parsed, "parquet"), stream: streamOf(parts) };
}
