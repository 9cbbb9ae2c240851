/**
 * The footer of a Parquet file: its content and where it is stored. Read within bounds and without
 * statistics.
 */
import { parquetMetadata, type FileMetaData } from "hyparquet";
import { AppError } from "../../model/error.ts";
import { LIMITS } from "../../model/limits.ts";
import { plainMetadata } from "./plain-schema.ts";
import { refuseParquet, walkThrift } from "./thrift.ts";

/** Reads a range of the file. */
export type ReadRange = (start: number, end: number) => Promise<Uint8Array>;

const TAIL_BYTES = 8_192;
/** Length of the footer, and the magic number. */
const END_BYTES = 8;
const ELEMENTS_MAX = 5_000;
const DEPTH_MAX = 32;

/** The path file → row groups → columns → metadata → statistics, by field numbers. */
const STATISTICS = [4, 1, 3, 12].join(".");

const encoder = new TextEncoder();

/**
 * The footer without the columns' statistics: they are not needed here, and some take time
 * quadratic in their length. Each becomes an empty structure.
 */
const withoutStatistics = (footer: Uint8Array): Uint8Array => {
  const cuts: (readonly [number, number])[] = [];
  walkThrift(footer, 0, (path, start, end) => {
    if (path.join(".") === STATISTICS) cuts.push([start, end]);
  });
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const [start, end] of cuts) {
    parts.push(footer.subarray(at, start), new Uint8Array(1));
    at = end;
  }
  parts.push(footer.subarray(at));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new Uint8Array(length + END_BYTES);
  let to = 0;
  for (const part of parts) {
    whole.set(part, to);
    to += part.length;
  }
  new DataView(whole.buffer).setUint32(length, length, true);
  whole.set(encoder.encode("PAR1"), length + 4);
  return whole;
};

/** A non-negative integer for a size or a count; undefined when the file has none. */
export function isSize(value: unknown): boolean {
  return typeof value === "bigint" && value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER);
}

/** Checks that the schema is a tree of bounded size, so that recursion over it ends. */
const checkSchema = ({ schema }: FileMetaData): void => {
  if (schema.length === 0 || schema.length > ELEMENTS_MAX) {
    refuseParquet(`schema has ${schema.length} elements, of at most ${ELEMENTS_MAX}`);
  }
  const open: number[] = [];
  for (const [index, { num_children: children = 0, type }] of schema.entries()) {
    if (index > 0 && open.length === 0) refuseParquet("schema has more than one root");
    if (children < 0 || children > ELEMENTS_MAX) refuseParquet("schema is malformed");
    if (children === 0 && type === undefined && index > 0) {
      refuseParquet("schema has a group without members");
    }
    while (open.length > 0 && open.at(-1) === 0) open.pop();
    if (open.length > 0) open[open.length - 1] = (open.at(-1) ?? 0) - 1;
    if (children > 0) open.push(children);
    if (open.length > DEPTH_MAX) refuseParquet("schema is nested too deeply");
    while (open.length > 0 && open.at(-1) === 0) open.pop();
  }
  if (open.length > 0) refuseParquet("schema ends too early");
};

/** A file's metadata: as they are, and in the form for the page parser. */
export interface Footer {
  readonly metadata: FileMetaData;
  readonly plain: FileMetaData;
}

const tooLarge = (length: number): AppError => {
  const detail = `Expected a footer of at most ${LIMITS.previewFooterBytesMax} bytes, not ${length}.`;
  return new AppError("too_large", detail, {
    details: [{ path: "path", code: "too_large", detail }],
  });
};

/** Reads the footer of a file of the given size. */
export async function readFooter(size: number, read: ReadRange): Promise<Footer> {
  if (size < END_BYTES + 4) refuseParquet("file is too short");
  const tailStart = Math.max(0, size - TAIL_BYTES);
  const tail = await read(tailStart, size);
  const magic = new TextDecoder("latin1").decode(tail.subarray(-4));
  if (magic === "PARE") refuseParquet("file is encrypted");
  if (magic !== "PAR1") refuseParquet("file does not end with PAR1");
  const length = new DataView(tail.buffer, tail.byteOffset, tail.byteLength).getUint32(
    tail.byteLength - END_BYTES,
    true,
  );
  if (length > size - END_BYTES - 4) refuseParquet("footer is longer than the file");
  if (length > LIMITS.previewFooterBytesMax) throw tooLarge(length);
  const start = size - END_BYTES - length;
  const footer =
    start >= tailStart
      ? tail.subarray(start - tailStart, tail.length - END_BYTES)
      : await read(start, size - END_BYTES);
  const bytes = withoutStatistics(footer);
  const metadata = parquetMetadata(bytes, { geoparquet: false });
  checkSchema(metadata);
  if (!metadata.row_groups.every((group) => isSize(group.num_rows))) {
    refuseParquet("row group has no number of rows");
  }
  return { metadata, plain: plainMetadata(metadata) };
}
