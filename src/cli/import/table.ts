import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { createCsvSplitter, type RawRow } from "./csv.ts";
import type { SourceRule } from "./mapping.ts";
import { createNdjsonSplitter, type JsonRow } from "./ndjson.ts";
import type { Cells } from "./template.ts";

/** One row with its cells by column name, or its error. Lines count from 1. */
export type TableRow =
  | { readonly line: number; readonly cells: Cells }
  | { readonly line: number; readonly error: string };

/** Some rows, and how many bytes of the file have been read by now. */
export interface TablePart {
  readonly rows: readonly TableRow[];
  readonly bytesRead: number;
}

/** The table as a whole cannot be read: not the file that the mapping is for, or damaged. */
export class TableError extends Error {
  override readonly name = "TableError";
}

const GZIP_MAGIC = "1f8b";

const isGzip = async (path: string): Promise<boolean> => {
  const handle = await open(path, "r");
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.toString("hex") === GZIP_MAGIC;
  } finally {
    await handle.close();
  }
};

/** SHA-256 of a file, hexadecimal. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest("hex");
}

/** The format by the file's name, without `.gz`; undefined when the name does not tell. */
const formatOf = (path: string): { format: "csv" | "ndjson"; delimiter: string } | null => {
  const name = path.toLowerCase().replace(/\.gz$/, "");
  if (name.endsWith(".csv")) return { format: "csv", delimiter: "," };
  if (name.endsWith(".tsv")) return { format: "csv", delimiter: "\t" };
  const lines = name.endsWith(".ndjson") || name.endsWith(".jsonl");
  return lines ? { format: "ndjson", delimiter: "," } : null;
};

interface TextPiece {
  readonly text: string;
  readonly last: boolean;
  readonly bytesRead: number;
}

async function* readText(path: string): AsyncGenerator<TextPiece> {
  const zipped = await isGzip(path);
  // Small reads: progress counts the bytes read so far, and gzip reads ahead.
  const file = createReadStream(path, { highWaterMark: 64 * 1024 });
  const stream = zipped ? file.pipe(createGunzip({ chunkSize: 256 * 1024 })) : file;
  if (stream !== file) file.once("error", (error) => stream.destroy(error));
  // The decoder removes a byte order mark, and refuses what is not UTF-8 rather than guess.
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  try {
    for await (const bytes of stream as AsyncIterable<Uint8Array>) {
      const text = decoder.decode(bytes, { stream: true });
      yield { text, last: false, bytesRead: file.bytesRead };
    }
    yield { text: decoder.decode(), last: true, bytesRead: file.bytesRead };
  } catch (error) {
    if (error instanceof TypeError) throw new TableError("the file is not UTF-8 text");
    if ((error as NodeJS.ErrnoException).code?.startsWith("Z_") === true) {
      throw new TableError(`the gzip data is damaged: ${(error as Error).message}`);
    }
    throw error;
  } finally {
    stream.destroy();
    file.destroy();
  }
}

const checkHeader = (cells: readonly string[], expected: readonly string[]): void => {
  const index = expected.findIndex((text, position) => cells[position]?.trim() !== text);
  if (index === -1) return;
  throw new TableError(
    `cell ${index + 1} of the header should be ${JSON.stringify(expected[index])}, ` +
      `but is ${JSON.stringify(cells[index] ?? "")}: is this the table that the mapping is for?`,
  );
};

const namesOf = (cells: readonly string[]): readonly string[] => {
  const names = cells.map((cell) => cell.trim());
  const repeated = names.find((name, index) => name !== "" && names.indexOf(name) !== index);
  if (repeated === undefined) return names;
  throw new TableError(
    `the header has ${JSON.stringify(repeated)} twice: name the columns by position in the mapping (source.columns)`,
  );
};

const nameCells = (raw: RawRow, names: readonly string[]): TableRow => {
  if ("error" in raw) return raw;
  const { line, cells } = raw;
  const surplus = cells.slice(names.length).some((cell) => cell.trim() !== "");
  if (cells.length < names.length || surplus) {
    return { line, error: `${names.length} cells were expected, not ${cells.length}` };
  }
  const named = new Map<string, string>();
  for (const [index, name] of names.entries()) if (name !== "") named.set(name, cells[index] ?? "");
  return { line, cells: named };
};

/** Called with the table's columns, as soon as they are known (NDJSON: never). */
export type OnColumns = (columns: readonly string[]) => void;

async function* readCsv(
  path: string,
  source: SourceRule & { readonly delimiter: string },
  onColumns: OnColumns,
): AsyncGenerator<TablePart> {
  const split = createCsvSplitter(source.delimiter);
  let names: readonly string[] | undefined = source.header === "none" ? source.columns : undefined;
  if (names !== undefined) onColumns(names);
  for await (const piece of readText(path)) {
    let rows = split(piece.text, piece.last);
    const [header] = rows;
    if (names === undefined) {
      if (header === undefined) continue;
      if ("error" in header) throw new TableError(`the header cannot be read: ${header.error}`);
      if (source.expect_header !== undefined) checkHeader(header.cells, source.expect_header);
      names = source.header === "skip" ? (source.columns ?? []) : namesOf(header.cells);
      onColumns(names);
      rows = rows.slice(1);
    }
    const known = names;
    yield { rows: rows.map((row) => nameCells(row, known)), bytesRead: piece.bytesRead };
  }
  if (names === undefined) throw new TableError("the file is empty: a header row was expected");
}

const cellsOf = (row: JsonRow): TableRow =>
  "error" in row ? row : { line: row.line, cells: new Map(Object.entries(row.value)) };

async function* readNdjson(path: string): AsyncGenerator<TablePart> {
  const split = createNdjsonSplitter();
  for await (const piece of readText(path)) {
    yield { rows: split(piece.text, piece.last).map(cellsOf), bytesRead: piece.bytesRead };
  }
}

/**
 * Streams a CSV or NDJSON file, plain or gzip (detected by its first bytes), in parts of a few
 * hundred kilobytes. Memory does not grow with the file.
 * @throws {TableError} when the table as a whole cannot be read.
 */
export function readTable(
  path: string,
  source: SourceRule,
  onColumns: OnColumns,
): AsyncGenerator<TablePart> {
  const guess = formatOf(path);
  const format = source.format ?? guess?.format;
  if (format === undefined) {
    throw new TableError("the file's name does not tell its format: set source.format");
  }
  if (format === "ndjson") return readNdjson(path);
  const delimiter = source.delimiter ?? guess?.delimiter ?? ",";
  return readCsv(path, { ...source, delimiter }, onColumns);
}
