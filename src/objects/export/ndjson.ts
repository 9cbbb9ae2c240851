/** Resources as NDJSON: one object per line, with the members of a response of `/query`. */
import { payloadOf } from "../../model/resource.ts";
import { formatInstant } from "../../model/time.ts";
import { isJsonObject, type Json } from "../../model/json.ts";
import type { Column, ExportRow } from "./columns.ts";
import type { RowWriter } from "./writer.ts";

const encoder = new TextEncoder();

const rendered = (column: Column, value: Json): Json =>
  column.kind === "datetime" && typeof value === "number" ? formatInstant(value) : value;

/** Members that a response always has, even if they are null. */
const ALWAYS = new Set(["parent_identifier", "license"]);

const line = (columns: readonly Column[], row: ExportRow): string => {
  const payload = payloadOf(row);
  const members = columns.flatMap((column): readonly (readonly [string, Json])[] => {
    const value = rendered(column, column.valueOf(row, payload));
    if (column.spread && isJsonObject(value)) return Object.entries(value);
    return value === null && !ALWAYS.has(column.name) ? [] : [[column.name, value]];
  });
  return `${JSON.stringify(Object.fromEntries(members))}\n`;
};

/** Starts an NDJSON file. */
export function ndjsonRows(columns: readonly Column[]): RowWriter {
  return {
    rows: (rows) => encoder.encode(rows.map((row) => line(columns, row)).join("")),
    end: () => new Uint8Array(),
  };
}
