/** Resources as CSV (RFC 4180): one line each, lists and JSON as JSON text. */
import { payloadOf } from "../../model/resource.ts";
import type { Json } from "../../model/json.ts";
import { formatInstant } from "../../model/time.ts";
import { csvLine } from "../../model/csv.ts";
import type { Column } from "./columns.ts";
import type { RowWriter } from "./writer.ts";

const cell = (column: Column, value: Json): string => {
  if (value === null) return "";
  if (typeof value === "string") return value;
  if (column.kind === "datetime" && typeof value === "number") return formatInstant(value);
  return JSON.stringify(value);
};

const encoder = new TextEncoder();

/** Starts a CSV file; the header comes with the first rows. */
export function csvRows(columns: readonly Column[]): RowWriter {
  let head = csvLine(columns.map(({ name }) => name));
  const take = (lines: readonly string[]): Uint8Array => {
    const text = head + lines.join("");
    head = "";
    return encoder.encode(text);
  };
  return {
    rows: (rows) =>
      take(
        rows.map((row) => {
          const payload = payloadOf(row);
          return csvLine(columns.map((column) => cell(column, column.valueOf(row, payload))));
        }),
      ),
    end: () => take([]),
  };
}
