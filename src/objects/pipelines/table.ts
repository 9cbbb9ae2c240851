/** A table of a source, read as its descriptor says. */
import Papa from "papaparse";
import type { SourceResource } from "../../schema/source/spec.ts";
import {
  columnsOf,
  readSchema,
  TableSchemaError,
  type TableColumns,
  type TableSchema,
} from "../../schema/table/schema.ts";
import type { Bucket } from "../bucket.ts";
import { reach } from "../reach.ts";
import { blocksOf, streamFrom, type Delimiters } from "./blocks.ts";
import { type Dialect, dialectOf } from "./dialect.ts";
import { WorkError } from "./error.ts";

/** Cells of a block: in memory a cell takes a hundred times the bytes of a short one. */
const BLOCK_CELLS = 50_000;

const FIRST_BYTES = 65_536;
const MARK = [0xef, 0xbb, 0xbf];

/** The beginning of a file, and what it tells. */
interface Beginning {
  readonly sizeBytes: number;
  /** Length of the byte order mark. */
  readonly mark: number;
  /** The line ending. */
  readonly newline: Delimiters["newline"];
  readonly bytes: Uint8Array;
}

const readBeginning = async (bucket: Bucket, key: string): Promise<Beginning> => {
  const head = await reach(() => bucket.head(key));
  if (head === null) throw new WorkError("the copy of the source is gone");
  const range = { offset: 0, length: Math.min(FIRST_BYTES, head.size) };
  const found = head.size === 0 ? null : await reach(() => bucket.get(key, { range }));
  const bytes = found === null ? new Uint8Array() : await reach(() => found.bytes());
  const isMarked = MARK.every((byte, at) => bytes[at] === byte);
  return {
    sizeBytes: head.size,
    mark: isMarked ? MARK.length : 0,
    newline: bytes.includes(10) || !bytes.includes(13) ? "\n" : "\r",
    bytes,
  };
};

/** The cells of some records, in order. Blank records are left out. */
export type Records = readonly (readonly string[])[];

/** The records of a block of bytes. `first` is the number of the first one, from 1, for errors. */
const parseBlock = (dialect: Dialect, bytes: Uint8Array, first: number): Records => {
  const decoder = new TextDecoder(dialect.encoding, { fatal: true, ignoreBOM: true });
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    const row = rowOfBadBytes(bytes, dialect, first);
    throw new WorkError(`row ${row}: the bytes are not valid ${dialect.encoding}`);
  }
  const { delimiter, quote: quoteChar, newline, comment } = dialect;
  const comments = comment === "" ? {} : { comments: comment };
  const parsed = Papa.parse<string[]>(text, { delimiter, quoteChar, newline, ...comments });
  const error = parsed.errors.find(({ type }) => type === "Quotes");
  if (error !== undefined) {
    throw new WorkError(`row ${first + (error.row ?? 0)}: a quote is misplaced or not closed`);
  }
  const records = parsed.data.map((cells) => tidy(cells, dialect));
  // Behind the last line break the parser sees one more record.
  if (text.endsWith(newline) && isLoneEmpty(records.at(-1) ?? [])) records.pop();
  if (!records.some(isLoneEmpty)) return records;
  const isQuoted = loneQuotedIn(text, dialect);
  return records.filter((cells, index) => !isLoneEmpty(cells) || isQuoted[index]);
};

/** A record of one empty cell: a line without anything, or one with two quotes. */
const isLoneEmpty = (cells: readonly string[]): boolean => cells.length === 1 && cells[0] === "";

/**
 * Of each record whether its text ends in a quote. A line without anything is no record, and one
 * that holds two quotes is a record with an empty text (RFC 4180, section 2).
 */
const loneQuotedIn = (text: string, dialect: Dialect): readonly boolean[] => {
  const { delimiter, quote: quoteChar, newline, comment } = dialect;
  const found: boolean[] = [];
  Papa.parse<string[]>(text, {
    delimiter,
    quoteChar,
    newline,
    ...(comment === "" ? {} : { comments: comment }),
    step: ({ meta }) => {
      const end = text[meta.cursor - 1] === newline ? meta.cursor - 1 : meta.cursor;
      const bare = newline === "\n" && text[end - 1] === "\r" ? end - 1 : end;
      found.push(bare > 0 && text[bare - 1] === quoteChar);
    },
  });
  return found;
};

const tidy = (cells: readonly string[], { newline, trims }: Dialect): readonly string[] => {
  const last = cells.at(-1) ?? "";
  const bare =
    newline === "\n" && last.endsWith("\r") ? [...cells.slice(0, -1), last.slice(0, -1)] : cells;
  return trims ? bare.map((each) => each.trimStart()) : bare;
};

/** Which record of a block cannot be decoded: each line is tried. */
const rowOfBadBytes = (
  bytes: Uint8Array,
  { encoding, newline }: Dialect,
  first: number,
): number => {
  const end = newline.charCodeAt(0);
  let row = first;
  for (let from = 0; from < bytes.length; row += 1) {
    const at = bytes.indexOf(end, from);
    const to = at === -1 ? bytes.length : at + 1;
    try {
      new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes.subarray(from, to));
    } catch {
      return row;
    }
    from = to;
  }
  return first;
};

/** Some rows of a table, and their position. */
export interface TableBlock {
  /** Byte of the file at which the block begins. */
  readonly offset: number;
  /** Number of its first row, from 1. */
  readonly firstRow: number;
  readonly rows: Records;
}

/** A table that can be read. */
export interface SourceTable {
  readonly schema: TableSchema;
  readonly columns: TableColumns;
  /**
   * Its rows from a position on, in blocks of so many bytes or a little more; of fewer when cells
   * are short.
   */
  readonly blocks: (
    from: { readonly offset: number; readonly row: number } | null,
    size: number,
  ) => AsyncGenerator<TableBlock, void, undefined>;
}

const schemaOf = (resource: SourceResource): TableSchema => readSchema(resource.schema ?? {});

const inWords = <Value>(make: () => Value): Value => {
  try {
    return make();
  } catch (error) {
    if (error instanceof TableSchemaError) throw new WorkError(error.message);
    throw error;
  }
};

/** The header of a table, and where its rows begin. */
interface Head {
  readonly names: readonly string[] | null;
  readonly offset: number;
}

const findHead = async (
  records: AsyncIterable<{ readonly offset: number; readonly bytes: Uint8Array }>,
  dialect: Dialect,
): Promise<Head | undefined> => {
  let seen = 0;
  for await (const { offset, bytes } of records) {
    const [cells] = parseBlock(dialect, bytes, 0);
    if (cells === undefined) continue;
    seen += 1;
    if (seen === dialect.head) return { names: cells, offset: offset + bytes.length };
  }
  return undefined;
};

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}

/**
 * Opens the stored copy of a table's source.
 *
 * @throws WorkError when it cannot be read as its descriptor says.
 */
export async function openTable(
  bucket: Bucket,
  key: string,
  resource: SourceResource,
): Promise<SourceTable> {
  const { mark, newline, sizeBytes, bytes: first } = await readBeginning(bucket, key);
  const dialect = dialectOf(resource, newline);
  const schema = inWords(() => schemaOf(resource));
  async function* open(offset: number, size: number, records?: number) {
    const stream = await streamFrom(bucket, key, offset, sizeBytes);
    yield* blocksOf(stream, dialect, offset, size, records);
  }
  const headOfAll = async (): Promise<Head> => {
    if (dialect.head === 0) return { names: null, offset: mark };
    const near = only(first.subarray(mark));
    const found = await findHead(blocksOf(near, dialect, mark, 1), dialect);
    // A record that ends with the first bytes may continue after them.
    if (found !== undefined && (found.offset < first.length || sizeBytes === first.length)) {
      return found;
    }
    const far = await findHead(open(mark, 1), dialect);
    if (far === undefined) throw new WorkError("header: there is none, the table is empty");
    return far;
  };
  const { names, offset: body } = await headOfAll();
  const columns = inWords(() => columnsOf(schema, names));
  const records = Math.ceil(BLOCK_CELLS / Math.max(1, columns.fields.length));
  async function* blocks(
    from: { readonly offset: number; readonly row: number } | null,
    size: number,
  ): AsyncGenerator<TableBlock, void, undefined> {
    let firstRow = from?.row ?? 1;
    for await (const { offset, bytes } of open(from?.offset ?? body, size, records)) {
      const rows = parseBlock(dialect, bytes, firstRow);
      yield { offset, firstRow, rows };
      firstRow += rows.length;
    }
  }
  return { schema, columns, blocks };
}
