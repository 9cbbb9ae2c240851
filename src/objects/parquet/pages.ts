/**
 * Checks the pages of a column before a parser reads them: their sizes and counts, and their runs,
 * since a few bytes of a run could stand for billions of values.
 */
import type { PageHeader } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { deltaBinaryUnpack } from "hyparquet/src/delta.js";
import { readRleBitPackedHybrid } from "hyparquet/src/encoding.js";
import { refuseParquet, walkThrift } from "./thrift.ts";

/** The properties of a column that decide the layout of its pages. */
export interface Leaf {
  readonly type: string;
  readonly typeLength: number;
  readonly repetitionMax: number;
  readonly definitionMax: number;
  readonly values: number;
}

/** The bytes and values that one preview may still decompress. */
export interface Budget {
  bytes: number;
  values: number;
}

/** What the values of a page are checked against. */
interface Page {
  readonly encoding: string;
  /** Values that are not null. */
  readonly present: number;
  readonly isV2: boolean;
  /** Entries of the column's dictionary. */
  readonly entries: number;
}

/** Checks a decompressed page. */
export type CheckBody = (body: Uint8Array) => void;

/** The pages of one column chunk with the checks that wait until a page is decompressed. */
export interface CheckedPages {
  /** By the position of the compressed bytes in the chunk. */
  readonly checks: ReadonlyMap<number, CheckBody>;
}

/** Writers pad the last packed run to eight values, some to more. */
const RUN_SLACK = 512;
const BLOCK_MAX = 65_536;
const WIDTH_MAX = 32;

const bitsFor = (value: number): number => 32 - Math.clz32(value);

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * Checks runs of the RLE and bit-packing hybrid from `at` on: none is longer than the page has
 * values.
 */
const checkRuns = (bytes: Uint8Array, at: number, width: number, count: number): void => {
  if (width > WIDTH_MAX) refuseParquet(`run of ${width} bits a value`);
  const end = bytes.length;
  let position = at;
  for (let seen = 0; seen < count && position < end;) {
    let head = 0;
    for (let part = 0; ; part += 1) {
      if (part === 5 || position >= end) refuseParquet("run has no length");
      const byte = bytes[position] ?? 0;
      position += 1;
      head += (byte & 0x7f) * 2 ** (7 * part);
      if (byte < 0x80) break;
    }
    const isPacked = head % 2 === 1;
    const length = Math.floor(head / 2) * (isPacked ? 8 : 1);
    if (length > count + RUN_SLACK) refuseParquet("run is longer than its page");
    position += isPacked ? Math.ceil((length * width) / 8) : Math.ceil(width / 8);
    seen += length;
  }
};

/** Checks that the sizes in a block of delta encoding are possible for the page. */
const checkDelta = (bytes: Uint8Array, at: number): void => {
  const read = (position: number): readonly [number, number] => {
    let value = 0;
    for (let part = 0; part < 5; part += 1) {
      const byte = bytes[position + part] ?? refuseParquet("delta block ends too early");
      value += (byte & 0x7f) * 2 ** (7 * part);
      if (byte < 0x80) return [value, position + part + 1];
    }
    return refuseParquet("delta block has no size");
  };
  const [block, next] = read(at);
  const [miniblocks] = read(next);
  const isSound = block > 0 && block <= BLOCK_MAX && miniblocks > 0 && block % miniblocks === 0;
  if (!isSound) refuseParquet("delta block has an impossible size");
};

/** The decompressed size of front-coded strings: each repeats a prefix of the one before. */
const checkFrontCoding = (bytes: Uint8Array, at: number, count: number, budget: Budget): void => {
  if (count === 0) return;
  const reader = { view: viewOf(bytes), offset: at };
  const unpack = (): Int32Array => {
    checkDelta(bytes, reader.offset);
    const lengths = new Int32Array(count);
    deltaBinaryUnpack(reader, count, lengths);
    if (lengths.some((length) => length < 0)) refuseParquet("text has a negative length");
    return lengths;
  };
  const total = [unpack(), unpack()].reduce(
    (sum, lengths) => lengths.reduce((part, length) => part + length, sum),
    0,
  );
  spend(budget, total);
};

const spend = (budget: Budget, bytes: number): void => {
  budget.bytes -= bytes;
  if (budget.bytes < 0) refuseParquet("pages decompress to too much for a preview");
};

/** Checks indexes into a dictionary: few bits each, and each within the dictionary. */
const checkIndexes = (bytes: Uint8Array, at: number, { present, isV2, entries }: Page): void => {
  const width = bytes[at] ?? refuseParquet("page has no values");
  // With a width of 0 every index is 0, and in the first version of pages nothing is read.
  if (width > 0 || isV2) checkRuns(bytes, at + 1, width, present);
  const indexes = new Uint32Array(present);
  if (width > 0) {
    const reader = { view: viewOf(bytes), offset: at + 1 };
    readRleBitPackedHybrid(reader, width, indexes, bytes.length - at - 1);
  }
  if (indexes.some((index) => index >= entries)) {
    refuseParquet("page refers to what is not in its dictionary");
  }
};

const checkValues = (
  bytes: Uint8Array,
  at: number,
  page: Page,
  leaf: Leaf,
  budget: Budget,
): void => {
  const { encoding, present: count } = page;
  switch (encoding) {
    case "RLE":
      if (count > 0) checkRuns(bytes, at + 4, 1, count);
      return;
    case "RLE_DICTIONARY":
    case "PLAIN_DICTIONARY":
      if (leaf.type === "BOOLEAN") refuseParquet("truth values have no dictionary");
      if (count > 0) checkIndexes(bytes, at, page);
      return;
    case "DELTA_BINARY_PACKED":
    case "DELTA_LENGTH_BYTE_ARRAY":
      if (count > 0) checkDelta(bytes, at);
      return;
    case "DELTA_BYTE_ARRAY":
      checkFrontCoding(bytes, at, count, budget);
      return;
    case "BYTE_STREAM_SPLIT":
      if (leaf.typeLength * count > bytes.length) refuseParquet("page has too few bytes");
      return;
    default:
      return;
  }
};

/** Levels of the first version of pages begin with their length; returns their end. */
const checkLevels = (bytes: Uint8Array, at: number, levelMax: number, count: number): number => {
  if (levelMax === 0) return at;
  if (at + 4 > bytes.length) refuseParquet("levels end too early");
  const end = at + 4 + viewOf(bytes).getUint32(at, true);
  if (end > bytes.length) refuseParquet("levels end too early");
  checkRuns(bytes.subarray(0, end), at + 4, bitsFor(levelMax), count);
  return end;
};

/** The number of values that are not null. */
const presentOf = (bytes: Uint8Array, at: number, levelMax: number, count: number): number => {
  if (levelMax === 0) return count;
  const levels: number[] = Array.from({ length: count }, () => 0);
  readRleBitPackedHybrid({ view: viewOf(bytes), offset: at }, bitsFor(levelMax), levels);
  return levels.reduce((sum, level) => sum + (level === levelMax ? 1 : 0), 0);
};

const checkFirstVersion =
  (count: number, page: Omit<Page, "present">, leaf: Leaf, budget: Budget): CheckBody =>
  (body) => {
    const afterRepetitions = checkLevels(body, 0, leaf.repetitionMax, count);
    const start = checkLevels(body, afterRepetitions, leaf.definitionMax, count);
    const present = presentOf(body, afterRepetitions, leaf.definitionMax, count);
    checkValues(body, start, { ...page, present }, leaf, budget);
  };

/** Levels of the second version are never compressed, so they are checked at once. */
const checkSecondLevels = (header: PageHeader, bytes: Uint8Array, leaf: Leaf): number => {
  const page = header.data_page_header_v2;
  if (page === undefined) return refuseParquet("page has no header");
  const repetitions = page.repetition_levels_byte_length;
  const definitions = page.definition_levels_byte_length;
  const levels = repetitions + definitions;
  const isSound = repetitions >= 0 && definitions >= 0 && levels <= bytes.length;
  if (!isSound || page.num_nulls < 0 || page.num_nulls > page.num_values || page.num_rows < 0) {
    refuseParquet("page header is malformed");
  }
  const count = page.num_values;
  if (leaf.repetitionMax > 0) {
    checkRuns(bytes.subarray(0, repetitions), 0, bitsFor(leaf.repetitionMax), count);
  }
  if (leaf.definitionMax > 0) {
    checkRuns(bytes.subarray(0, levels), repetitions, bitsFor(leaf.definitionMax), count);
  }
  return levels;
};

const countOf = (header: PageHeader): number =>
  header.data_page_header?.num_values ??
  header.data_page_header_v2?.num_values ??
  header.dictionary_page_header?.num_values ??
  0;

const checkOf = (
  header: PageHeader,
  bytes: Uint8Array,
  entries: number,
  leaf: Leaf,
  budget: Budget,
): { readonly skip: number; readonly check: CheckBody; readonly isCompressed: boolean } => {
  const count = countOf(header);
  if (header.type === "DICTIONARY_PAGE") {
    const check = (body: Uint8Array): void => {
      if (count > body.length * 8) refuseParquet("dictionary has too few bytes");
    };
    return { skip: 0, check, isCompressed: true };
  }
  if (header.type === "DATA_PAGE") {
    const encoding = header.data_page_header?.encoding ?? "PLAIN";
    const about = { encoding, isV2: false, entries };
    return { skip: 0, check: checkFirstVersion(count, about, leaf, budget), isCompressed: true };
  }
  if (header.type !== "DATA_PAGE_V2") return refuseParquet(`page of type ${header.type}`);
  const skip = checkSecondLevels(header, bytes, leaf);
  const page = header.data_page_header_v2;
  const present = count - (page?.num_nulls ?? 0);
  const about = { encoding: page?.encoding ?? "PLAIN", present, isV2: true, entries };
  return {
    skip,
    check: (body) => checkValues(body, 0, about, leaf, budget),
    isCompressed: page?.is_compressed !== false,
  };
};

/** Checks the pages of a chunk. Throws when one of them is invalid or too large. */
export function checkPages(
  chunk: Uint8Array,
  codec: string,
  leaf: Leaf,
  budget: Budget,
): CheckedPages {
  const checks = new Map<number, CheckBody>();
  let values = 0;
  let entries = 0;
  for (let at = 0; values < leaf.values && at < chunk.length - 1;) {
    const start = walkThrift(chunk, at);
    const header = parquetHeader({ view: viewOf(chunk), offset: at });
    const compressed = header.compressed_page_size;
    const decompressed = header.uncompressed_page_size;
    const isSound = compressed >= 0 && decompressed >= 0 && start + compressed <= chunk.length;
    const count = countOf(header);
    if (!isSound || count < 0) refuseParquet("page header is malformed");
    if (header.type === "DICTIONARY_PAGE") entries = count;
    else values += count;
    if (values > leaf.values) refuseParquet("pages hold more values than their column");
    budget.values -= count;
    if (budget.values < 0) refuseParquet("pages hold too many values for a preview");
    spend(budget, decompressed);
    const bytes = chunk.subarray(start, start + compressed);
    const { skip, check, isCompressed } = checkOf(header, bytes, entries, leaf, budget);
    if (codec === "UNCOMPRESSED" || !isCompressed) check(bytes.subarray(skip));
    else checks.set(start + skip, check);
    at = start + compressed;
  }
  return { checks };
}
