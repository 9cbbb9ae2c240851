import { z } from "zod";
import { choice, document, storedObject, text, strings, integer } from "./parts.ts";

/** A table in object storage. */
export const table = z
  .strictObject({
    name: text(512, "Name of the table."),
    description: text(20_000, "What a row of the table is."),
    format: choice(["parquet", "csv", "tsv", "ndjson", "arrow"], "Format of the file."),
    compression: text(64, "Compression of the file."),
    row_count: integer(0, Number.MAX_SAFE_INTEGER, "Number of rows in the table."),
    column_count: integer(0, 1_000_000, "Number of columns in the table."),
    column_names: strings(1_024, "Names of the columns, in order."),
    column_schema: document("Types of the columns, by name."),
    ...storedObject,
  })
  .partial()
  .required({ s3_path: true })
  .meta({ title: "table", description: "A table in object storage." });

/** Fields served by an index. */
export const indexes: readonly string[] = [];
