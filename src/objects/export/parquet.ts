/** Resources as a Parquet file, one row group after another. */
import type { SchemaElement } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { isJsonObject, type Json } from "../../model/json.ts";
import { parseInstant } from "../../model/time.ts";
import { payloadOf, type Column, type ExportRow } from "./columns.ts";
import type { RowWriter } from "./writer.ts";

const text: Omit<SchemaElement, "name"> = {
  type: "BYTE_ARRAY",
  converted_type: "UTF8",
  logical_type: { type: "STRING" },
};

/** The Parquet type of each kind of scalar. */
const TYPES: Readonly<Record<Exclude<Column["kind"], "list">, Omit<SchemaElement, "name">>> = {
  string: text,
  integer: { type: "INT64" },
  number: { type: "DOUBLE" },
  boolean: { type: "BOOLEAN" },
  date: { type: "INT32", converted_type: "DATE", logical_type: { type: "DATE" } },
  datetime: {
    type: "INT64",
    converted_type: "TIMESTAMP_MICROS",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" },
  },
  json: { type: "BYTE_ARRAY", converted_type: "JSON", logical_type: { type: "JSON" } },
};

const elementsOf = ({ name, kind, items, required }: Column): readonly SchemaElement[] => {
  const repetition_type = required ? "REQUIRED" : "OPTIONAL";
  if (kind !== "list") return [{ name, repetition_type, ...TYPES[kind] }];
  return [
    {
      name,
      repetition_type,
      num_children: 1,
      converted_type: "LIST",
      logical_type: { type: "LIST" },
    },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", repetition_type: "REQUIRED", ...TYPES[items] },
  ];
};

/** JSON that the writer takes as it is: it would leave out a member called `__proto__`. */
const bare = (value: Json): unknown => {
  if (Array.isArray(value)) return value.map(bare);
  return isJsonObject(value) ? Object.assign(Object.create(null) as object, value) : value;
};

const MILLIS_PER_DAY = 86_400_000;

/** A value as the writer takes it. */
const encode = ({ kind, items }: Column, value: Json): unknown => {
  if (value === null) return undefined;
  switch (kind) {
    case "string":
    case "number":
    case "boolean":
      return value;
    case "integer":
      return BigInt(value as number);
    case "date":
      return Date.parse(value as string) / MILLIS_PER_DAY;
    case "datetime":
      return BigInt(typeof value === "number" ? value : (parseInstant(value as string) ?? 0));
    case "list":
      return items === "integer" ? (value as number[]).map(BigInt) : value;
    case "json":
      return bare(value);
  }
};

/** Starts a Parquet file; its first bytes come with the first rows. */
export const parquetRows = (columns: readonly Column[]): RowWriter => {
  const sink = new ByteWriter();
  const kvMetadata: { key: string; value: string }[] = [];
  const schema: SchemaElement[] = [
    { name: "resources", num_children: columns.length },
    ...columns.flatMap(elementsOf),
  ];
  const writer = new ParquetWriter({
    writer: sink,
    schema,
    kvMetadata,
    createdBy: "vxdata",
  });
  /** What has been written since the last time; the buffer is used again. */
  const take = (): Uint8Array => {
    const bytes = sink.getBytes().slice();
    sink.index = 0;
    return bytes;
  };
  return {
    rows: (rows: readonly ExportRow[]) => {
      if (rows.length === 0) return take();
      const payloads = rows.map(payloadOf);
      const columnData = columns.map((column) => ({
        name: column.name,
        data: rows.map((row, at) => encode(column, column.valueOf(row, payloads[at] ?? {}))),
        offsetIndex: false,
        statistics: column.kind !== "json",
      }));
      // Writes to memory: nothing to wait for.
      void writer.write({ columnData, rowGroupSize: rows.length });
      return take();
    },
    end: (about) => {
      kvMetadata.push(...Object.entries(about).map(([key, value]) => ({ key, value })));
      void writer.finish();
      return take();
    },
  };
};
