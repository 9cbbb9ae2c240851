/** Converts rows of a table to bytes of a file, block by block, so that it can be continued. */
import { exactCsvLine } from "../../model/csv.ts";
import type { Json } from "../../model/json.ts";
import type { TableField } from "../../schema/table/schema.ts";
import type { TableRow } from "../../schema/table/rows.ts";
import { parquetConversion } from "./parquet.ts";

/** Writes the rows of a table in one format. */
export interface Conversion {
  /** Size of its blocks in bytes. */
  readonly blockBytes: number;
  /** The header before the first row. */
  readonly head: () => Uint8Array;
  /** A block of rows, whose first row has this number. */
  readonly rows: (rows: readonly TableRow[], firstRow: number) => Uint8Array;
  readonly end: () => Uint8Array;
  /** The state needed to continue after the rows so far. */
  readonly state: () => Json;
}

const BLOCK_BYTES = 262_144;
const encoder = new TextEncoder();

const csv = (fields: readonly TableField[]): Conversion => ({
  blockBytes: BLOCK_BYTES,
  head: () => encoder.encode(exactCsvLine(fields.map(({ name }) => name))),
  rows: (rows) =>
    encoder.encode(rows.map((row) => exactCsvLine(row.map((each) => each?.text ?? ""))).join("")),
  end: () => new Uint8Array(),
  state: () => null,
});

/** A row as a JSON object. */
const objectOf = (names: readonly string[], row: TableRow): string =>
  `{${row.map((each, at) => `${names[at]}:${each?.json ?? "null"}`).join(",")}}`;

/** Rows as JSON objects, with separators. */
const json = (fields: readonly TableField[]): Conversion => {
  const names = fields.map(({ name }) => JSON.stringify(name));
  return {
    blockBytes: BLOCK_BYTES,
    head: () => encoder.encode("["),
    rows: (rows, firstRow) =>
      encoder.encode(
        rows
          .map((row, at) => `${firstRow + at === 1 ? "\n" : ",\n"}${objectOf(names, row)}`)
          .join(""),
      ),
    end: () => encoder.encode("\n]\n"),
    state: () => null,
  };
};

/** The parameters of a conversion. */
export interface Converting {
  readonly fields: readonly TableField[];
  /** Names of columns with integers that are too large for a number. */
  readonly wide: ReadonlySet<string>;
  /** The state of an earlier run; null: from the beginning. */
  readonly state: Json;
}

/** The formats of tables. */
export const CONVERSIONS = {
  csv: { start: ({ fields }: Converting) => csv(fields), mediaType: "text/csv; charset=utf-8" },
  json: { start: ({ fields }: Converting) => json(fields), mediaType: "application/json" },
  parquet: { start: parquetConversion, mediaType: "application/vnd.apache.parquet" },
} as const;
