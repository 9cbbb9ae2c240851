/**
 * Encodes a column of a row group: one page of values, preceded by a dictionary when strings
 * repeat, compressed with Snappy. It is faster than a general writer, because there are few kinds
 * and a column without values costs nothing.
 */
import { Buffer } from "node:buffer";
import type { ColumnMetaData, Encoding, ParquetType, Statistics } from "hyparquet";
import { ByteWriter } from "hyparquet-writer";
import { writePageHeader } from "hyparquet-writer/src/datapage.js";
import { snappyCompress } from "hyparquet-writer/src/snappy.js";
import { appendNumbers, bitsBelow } from "./levels.ts";
import { packStrings } from "./strings.ts";

/** The values of a column in one row group. */
export interface ColumnValues {
  readonly path: readonly string[];
  /** `TEXT` and `JSON` are byte arrays; only strings have bounds. */
  readonly kind: "TEXT" | "JSON" | "INT64" | "INT32" | "DOUBLE" | "BOOLEAN";
  readonly rows: number;
  /** The values that are not null. */
  readonly present: readonly unknown[];
  /** The definition level of each row, or element of a list; null when no value is missing. */
  readonly definitions: { readonly levels: ArrayLike<number>; readonly max: number } | null;
  /** For lists, the repetition levels: 0 where a row begins, 1 for its other elements. */
  readonly repetitions: ArrayLike<number> | null;
}

const TYPES: Readonly<Record<ColumnValues["kind"], ParquetType>> = {
  TEXT: "BYTE_ARRAY",
  JSON: "BYTE_ARRAY",
  INT64: "INT64",
  INT32: "INT32",
  DOUBLE: "DOUBLE",
  BOOLEAN: "BOOLEAN",
};

interface Body {
  readonly encoding: Encoding;
  readonly bytes: Uint8Array;
  readonly bounds: Pick<Statistics, "min_value" | "max_value">;
}

const EMPTY = new Uint8Array();

/** Byte order, which for ASCII is the order of strings. */
const bytesBefore = (left: string, right: string): boolean =>
  Buffer.compare(Buffer.from(left), Buffer.from(right)) < 0;

const plainBefore = (left: string, right: string): boolean => left < right;

const textBounds = (texts: readonly string[], isAscii: boolean): Body["bounds"] => {
  const isBefore = isAscii ? plainBefore : bytesBefore;
  let [min, max] = [texts[0] ?? "", texts[0] ?? ""];
  for (const text of texts) {
    if (isBefore(text, min)) min = text;
    else if (isBefore(max, text)) max = text;
  }
  return { min_value: min, max_value: max };
};

const DICTIONARY_SAMPLE = 500;

/** Distinct strings, and the index of each; null when too few repeat. */
const dictionaryOf = (texts: readonly string[]) => {
  if (texts.length === 0) return null;
  const entries = new Map<string, number>();
  const indexes = new Uint32Array(texts.length);
  for (let at = 0; at < texts.length; at += 1) {
    const text = texts[at] ?? "";
    let index = entries.get(text);
    if (index === undefined) {
      index = entries.size;
      entries.set(text, index);
    }
    indexes[at] = index;
    if (at === DICTIONARY_SAMPLE && entries.size > DICTIONARY_SAMPLE / 2) return null;
  }
  return entries.size > texts.length / 2 ? null : { entries: [...entries.keys()], indexes };
};

const numberBounds = (values: readonly (number | bigint)[]) => {
  let [min, max] = [values[0] ?? 0, values[0] ?? 0];
  for (const value of values) {
    if (value < min) min = value;
    else if (value > max) max = value;
  }
  // Zero has two signs, and the bounds have to cover both.
  return { min_value: min === 0 ? -0 : min, max_value: max === 0 ? 0 : max };
};

const whole64 = (values: readonly (number | bigint)[]): Body => {
  const bytes = new Uint8Array(values.length * 8);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at] ?? 0;
    if (typeof value === "bigint") {
      view.setBigInt64(at * 8, value, true);
      continue;
    }
    const high = Math.floor(value / 0x1_0000_0000);
    view.setUint32(at * 8, value - high * 0x1_0000_0000, true);
    view.setInt32(at * 8 + 4, high, true);
  }
  const { min_value: min, max_value: max } = numberBounds(values);
  const bounds = { min_value: BigInt(min), max_value: BigInt(max) };
  return { encoding: "PLAIN", bytes, bounds };
};

const truths = (values: readonly boolean[]): Body => {
  const bytes = new Uint8Array(Math.ceil(values.length / 8));
  values.forEach((value, at) => {
    if (value) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (1 << (at & 7));
  });
  const bounds = { min_value: !values.includes(false), max_value: values.includes(true) };
  return { encoding: "PLAIN", bytes, bounds };
};

const ofType = (
  values: readonly number[],
  Type: typeof Float64Array | typeof Int32Array,
): Body => ({
  encoding: "PLAIN",
  bytes: new Uint8Array(Type.from(values).buffer),
  // NaN cannot be within bounds.
  bounds: values.some((value) => Number.isNaN(value)) ? {} : numberBounds(values),
});

const plainBody = (kind: ColumnValues["kind"], present: readonly unknown[]): Body => {
  switch (kind) {
    case "TEXT": {
      const texts = present as readonly string[];
      const { bytes, isAscii } = packStrings(texts);
      return { encoding: "PLAIN", bytes, bounds: textBounds(texts, isAscii) };
    }
    case "JSON":
      return {
        encoding: "PLAIN",
        bytes: packStrings(present as readonly string[]).bytes,
        bounds: {},
      };
    case "INT64":
      return whole64(present as readonly (number | bigint)[]);
    case "INT32":
      return ofType(present as readonly number[], Int32Array);
    case "DOUBLE":
      return ofType(present as readonly number[], Float64Array);
    case "BOOLEAN":
      return truths(present as readonly boolean[]);
  }
};

const indexBody = (indexes: Uint32Array, entries: number): Uint8Array => {
  const width = bitsBelow(entries);
  const sink = new ByteWriter(indexes.length * 2 + 16);
  sink.appendUint8(width);
  appendNumbers(sink, indexes, width);
  return sink.getBytes();
};

/** Bytes before the values: in the second version of pages the levels have no length prefix. */
const levelsOf = (levels: ArrayLike<number> | undefined, max: number): Uint8Array => {
  if (levels === undefined || max === 0) return EMPTY;
  const sink = new ByteWriter(levels.length + 16);
  appendNumbers(sink, levels, bitsBelow(max + 1));
  return sink.getBytes();
};

const SAMPLE_BYTES = 8_192;
const WORTHWHILE = 0.85;

/** Compressed bytes; null when compression hardly helps, as with digests. */
const compress = (bytes: Uint8Array): Uint8Array | null => {
  if (bytes.length === 0) return null;
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  const isWorthwhile = snappyCompress(sample).length < sample.length * WORTHWHILE;
  return isWorthwhile ? snappyCompress(bytes) : null;
};

interface Written {
  uncompressed: number;
}

const appendDictionary = (sink: ByteWriter, entries: readonly string[], total: Written) => {
  const { bytes, isAscii } = packStrings(entries);
  const compressed = snappyCompress(bytes);
  const start = sink.offset;
  writePageHeader(sink, {
    type: "DICTIONARY_PAGE",
    uncompressed_page_size: bytes.length,
    compressed_page_size: compressed.length,
    dictionary_page_header: { num_values: entries.length, encoding: "PLAIN" },
  });
  total.uncompressed += sink.offset - start + bytes.length;
  sink.appendBytes(compressed);
  return textBounds(entries, isAscii);
};

const appendPage = (sink: ByteWriter, column: ColumnValues, body: Body, total: Written): void => {
  const { definitions, repetitions, present, rows } = column;
  const values = definitions?.levels.length ?? present.length;
  const repeated = levelsOf(repetitions ?? undefined, 1);
  const defined = levelsOf(definitions?.levels, definitions?.max ?? 0);
  const compressed = compress(body.bytes);
  const stored = compressed ?? body.bytes;
  const levels = repeated.length + defined.length;
  const start = sink.offset;
  writePageHeader(sink, {
    type: "DATA_PAGE_V2",
    uncompressed_page_size: levels + body.bytes.length,
    compressed_page_size: levels + stored.length,
    data_page_header_v2: {
      num_values: values,
      num_nulls: values - present.length,
      num_rows: rows,
      encoding: body.encoding,
      definition_levels_byte_length: defined.length,
      repetition_levels_byte_length: repeated.length,
      is_compressed: compressed !== null,
    },
  });
  total.uncompressed += sink.offset - start + levels + body.bytes.length;
  sink.appendBytes(repeated);
  sink.appendBytes(defined);
  sink.appendBytes(stored);
};

/** Appends a column of a row group, and returns its metadata for the footer. */
export function appendColumn(sink: ByteWriter, column: ColumnValues): ColumnMetaData {
  const { kind, path, present, definitions } = column;
  const start = sink.offset;
  const total = { uncompressed: 0 };
  const dictionary = kind === "TEXT" ? dictionaryOf(present as readonly string[]) : null;
  const bounds = dictionary === null ? null : appendDictionary(sink, dictionary.entries, total);
  const pageStart = sink.offset;
  const body: Body =
    dictionary === null || bounds === null
      ? plainBody(kind, present)
      : {
          encoding: "RLE_DICTIONARY",
          bytes: indexBody(dictionary.indexes, dictionary.entries.length),
          bounds,
        };
  appendPage(sink, column, body, total);
  const values = definitions?.levels.length ?? present.length;
  return {
    type: TYPES[kind],
    encodings: dictionary === null ? ["PLAIN"] : ["PLAIN", "RLE_DICTIONARY"],
    path_in_schema: [...path],
    codec: "SNAPPY",
    num_values: BigInt(values),
    total_compressed_size: BigInt(sink.offset - start),
    total_uncompressed_size: BigInt(total.uncompressed),
    data_page_offset: BigInt(pageStart),
    ...(dictionary === null ? {} : { dictionary_page_offset: BigInt(start) }),
    statistics: {
      null_count: BigInt(values - present.length),
      ...(present.length === 0 ? {} : body.bounds),
    },
  };
}
