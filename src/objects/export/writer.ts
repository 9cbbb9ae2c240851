import type { ExportFormat } from "../../query/export.ts";
import type { Column, ExportRow } from "./columns.ts";
import { csvRows } from "./csv.ts";
import { ndjsonRows } from "./ndjson.ts";
import { parquetRows } from "./parquet.ts";

/** Writes rows in one format; its parts, one after another, are the file. */
export interface RowWriter {
  /** The next part, with these rows. */
  readonly rows: (rows: readonly ExportRow[]) => Uint8Array;
  /** The last part. `about` tells where the file comes from, in formats that can store it. */
  readonly end: (about: Readonly<Record<string, string>>) => Uint8Array;
}

/** A format's writer, file extension and media type. */
interface Format {
  readonly start: (columns: readonly Column[]) => RowWriter;
  readonly extension: string;
  readonly mediaType: string;
}

/** The formats. */
export const FORMATS: Readonly<Record<ExportFormat, Format>> = {
  parquet: {
    start: parquetRows,
    extension: "parquet",
    mediaType: "application/vnd.apache.parquet",
  },
  csv: { start: csvRows, extension: "csv", mediaType: "text/csv; charset=utf-8" },
  ndjson: { start: ndjsonRows, extension: "ndjson", mediaType: "application/x-ndjson" },
};
