/** Resources as a Parquet file, one row group after another. */
import { payloadOf } from "../../model/resource.ts";
import type { SchemaElement } from "hyparquet";
import { ByteWriter } from "hyparquet-writer";
import type { Json, JsonObject } from "../../model/json.ts";
import { parseInstant, parseInstantExactly } from "../../model/time.ts";
import type { ColumnValues } from "../parquet/encode.ts";
import { createParquetFile } from "../parquet/file.ts";
import type { Column, ExportRow } from "./columns.ts";
import type { RowWriter } from "./writer.ts";

const text: Omit<SchemaElement, "name"> = {
  type: "BYTE_ARRAY",
  converted_type: "UTF8",
  logical_type: { type: "STRING" },
};

/** The Parquet type of each kind of scalar. */
export const PARQUET_TYPES: Readonly<
  Record<Exclude<Column["kind"], "list">, Omit<SchemaElement, "name">>
> = {
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
  if (kind !== "list") return [{ name, repetition_type, ...PARQUET_TYPES[kind] }];
  return [
    {
      name,
      repetition_type,
      num_children: 1,
      converted_type: "LIST",
      logical_type: { type: "LIST" },
    },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", repetition_type: "REQUIRED", ...PARQUET_TYPES[items] },
  ];
};

const MILLIS_PER_DAY = 86_400_000;

/** The encoding of each kind of scalar. */
const STORED: Readonly<Record<Exclude<Column["kind"], "list">, ColumnValues["kind"]>> = {
  string: "TEXT",
  integer: "INT64",
  number: "DOUBLE",
  boolean: "BOOLEAN",
  date: "INT32",
  datetime: "INT64",
  json: "JSON",
};

/** Microseconds since 1970: a number when that is exact, which is faster, else a bigint. */
const microsOf = (instant: string): number | bigint => {
  const micros = parseInstant(instant) ?? 0;
  return Number.isSafeInteger(micros) ? micros : (parseInstantExactly(instant) ?? 0n);
};

/** A scalar in stored form. */
const encode = (kind: Column["kind"], value: Json): unknown => {
  if (kind === "date") return Date.parse(value as string) / MILLIS_PER_DAY;
  if (kind === "datetime" && typeof value === "string") return microsOf(value);
  return kind === "json" ? JSON.stringify(value) : value;
};

/** The rows of a row group, with their payloads. */
interface Group {
  readonly rows: readonly ExportRow[];
  readonly payloads: readonly JsonObject[];
  /** Members that any of the payloads has. */
  readonly members: ReadonlySet<string>;
}

const groupOf = (rows: readonly ExportRow[]): Group => {
  const payloads = rows.map(payloadOf);
  const members = new Set<string>();
  for (const payload of payloads) for (const name in payload) members.add(name);
  return { rows, payloads, members };
};

const NONE: Json = null;

/** The values of a column that is no list. */
const scalars = (column: Column, { rows, payloads, members }: Group): ColumnValues => {
  const { name, kind, required, member, valueOf } = column;
  const levels = new Uint8Array(rows.length);
  const present: unknown[] = [];
  const isAbsent = member !== null && !members.has(member);
  for (let at = 0; !isAbsent && at < rows.length; at += 1) {
    const value = valueOf(rows[at] as ExportRow, payloads[at] as JsonObject);
    if (value === NONE) continue;
    levels[at] = 1;
    present.push(encode(kind, value));
  }
  return {
    path: [name],
    kind: STORED[kind === "list" ? "json" : kind],
    rows: rows.length,
    present,
    definitions: required ? null : { levels, max: 1 },
    repetitions: null,
  };
};

/** The values of a list: the definition level of each element, or of a row without any. */
const elements = (column: Column, { rows, payloads, members }: Group): ColumnValues => {
  const { name, items, required, member, valueOf } = column;
  const max = required ? 1 : 2;
  const definitions: number[] = [];
  const repetitions: number[] = [];
  const present: unknown[] = [];
  const isAbsent = member !== null && !members.has(member);
  for (let at = 0; at < rows.length; at += 1) {
    const value = isAbsent ? NONE : valueOf(rows[at] as ExportRow, payloads[at] as JsonObject);
    const list = value as readonly unknown[] | null;
    if (list === null || list.length === 0) {
      definitions.push(list === null ? 0 : max - 1);
      repetitions.push(0);
      continue;
    }
    for (let index = 0; index < list.length; index += 1) {
      definitions.push(max);
      repetitions.push(index === 0 ? 0 : 1);
      present.push(list[index]);
    }
  }
  return {
    path: [name, "list", "element"],
    kind: STORED[items],
    rows: rows.length,
    present,
    definitions: { levels: definitions, max },
    repetitions,
  };
};

/** The columns of some rows, one by one. */
function* columnsOf(
  columns: readonly Column[],
  rows: readonly ExportRow[],
): Generator<ColumnValues, void> {
  const group = groupOf(rows);
  for (const column of columns) {
    yield column.kind === "list" ? elements(column, group) : scalars(column, group);
  }
}

/** Starts a Parquet file; its first bytes come with the first rows. */
export function parquetRows(columns: readonly Column[]): RowWriter {
  const file = createParquetFile(new ByteWriter(), [
    { name: "resources", num_children: columns.length },
    ...columns.flatMap(elementsOf),
  ]);
  return {
    rows: (rows) => {
      if (rows.length > 0) file.append(rows.length, columnsOf(columns, rows));
      return file.take();
    },
    end: (about) => {
      file.finish(Object.entries(about).map(([key, value]) => ({ key, value })));
      return file.take();
    },
  };
}
