/** Rows of a table as Parquet: each block is a row group. */
import type { RowGroup, SchemaElement } from "hyparquet";
import { ByteWriter } from "hyparquet-writer";
import type { Json } from "../../model/json.ts";
import type { Cast, CastKind } from "../../schema/table/cast.ts";
import type { TableRow } from "../../schema/table/rows.ts";
import type { TableField } from "../../schema/table/schema.ts";
import { PARQUET_TYPES } from "../export/parquet.ts";
import type { ColumnValues } from "../parquet/encode.ts";
import { createParquetFile } from "../parquet/file.ts";
import type { Conversion, Converting } from "./convert.ts";

/** Bytes of a row group, as they are in the source. */
const BLOCK_BYTES = 1_048_576;
const MILLIS_PER_DAY = 86_400_000;

interface Kind {
  readonly type: keyof typeof PARQUET_TYPES;
  readonly stored: ColumnValues["kind"];
  readonly encode: (value: Cast) => unknown;
}

const TEXT: Kind = { type: "string", stored: "TEXT", encode: ({ text }) => text };

const KINDS: Readonly<Record<CastKind, Kind>> = {
  text: TEXT,
  integer: { type: "integer", stored: "INT64", encode: ({ order }) => order },
  number: { type: "number", stored: "DOUBLE", encode: ({ order }) => order },
  boolean: { type: "boolean", stored: "BOOLEAN", encode: ({ order }) => order === 1 },
  date: {
    type: "date",
    stored: "INT32",
    encode: ({ text }) => Date.parse(text) / MILLIS_PER_DAY,
  },
  json: { type: "json", stored: "JSON", encode: ({ json }) => json },
};

const kindOf = ({ kind, name }: TableField, wide: ReadonlySet<string>): Kind =>
  wide.has(name) ? TEXT : KINDS[kind];

/** The values of one column in a row group. */
const valuesOf = (
  name: string,
  { stored, encode }: Kind,
  rows: readonly TableRow[],
  at: number,
): ColumnValues => {
  const levels = new Uint8Array(rows.length);
  const present: unknown[] = [];
  for (const [index, row] of rows.entries()) {
    const value = row[at] ?? null;
    if (value === null) continue;
    levels[index] = 1;
    present.push(encode(value));
  }
  return {
    path: [name],
    kind: stored,
    rows: rows.length,
    present,
    definitions: { levels, max: 1 },
    repetitions: null,
  };
};

/** Marks large integers and bytes in a state, which is JSON. */
const TAGS = { bigint: "$bigint", bytes: "$bytes", special: "$number" } as const;

const packed = (_name: string, value: unknown): unknown => {
  if (typeof value === "bigint") return { [TAGS.bigint]: String(value) };
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))) {
    return { [TAGS.special]: Object.is(value, -0) ? "-0" : String(value) };
  }
  return value instanceof Uint8Array ? { [TAGS.bytes]: [...value] } : value;
};

const unpacked = (_name: string, value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value;
  const tagged = value as Readonly<Record<string, unknown>>;
  if (TAGS.bigint in tagged) return BigInt(tagged[TAGS.bigint] as string);
  if (TAGS.special in tagged) return Number(tagged[TAGS.special]);
  return TAGS.bytes in tagged ? new Uint8Array(tagged[TAGS.bytes] as number[]) : value;
};

interface State {
  readonly offset: number;
  readonly groups: readonly RowGroup[];
}

/** Starts or continues a file. */
export function parquetConversion({ fields, wide, state }: Converting): Conversion {
  const kinds = fields.map((field) => kindOf(field, wide));
  const sink = new ByteWriter();
  const file = createParquetFile(sink, [
    { name: "table", num_children: fields.length },
    ...fields.map(({ name }, at): SchemaElement => {
      return { name, repetition_type: "OPTIONAL", ...PARQUET_TYPES[kinds[at]?.type ?? "string"] };
    }),
  ]);
  if (typeof state === "string") {
    const { offset, groups } = JSON.parse(state, unpacked) as State;
    file.resume(groups, offset);
  }
  const columnsOf = function* (rows: readonly TableRow[]): Generator<ColumnValues, void> {
    for (const [at, { name }] of fields.entries()) {
      yield valuesOf(name, kinds[at] ?? TEXT, rows, at);
    }
  };
  return {
    blockBytes: BLOCK_BYTES,
    head: file.take,
    rows: (rows) => {
      if (rows.length > 0) file.append(rows.length, columnsOf(rows));
      return file.take();
    },
    end: () => {
      file.finish(undefined);
      return file.take();
    },
    state: (): Json => {
      const held: State = { offset: sink.offset, groups: file.groups };
      return JSON.stringify(held, packed);
    },
  };
}

/** True for an integer that a column of numbers cannot hold exactly. */
export function isWide({ order }: Cast): boolean {
  return !Number.isSafeInteger(order);
}
