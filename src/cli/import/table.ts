import { statSync } from "node:fs";
import { createCsvSplitter, type RawRow } from "./csv.ts";
import type { RowIssue } from "./field.ts";
import type { SourceRule } from "./mapping.ts";
import { createNdjsonSplitter, type JsonRow } from "./ndjson.ts";
import type { Json } from "../../model/json.ts";
import { readBytes } from "./bytes.ts";
import { type Encoding, markedEncoding } from "./encoding.ts";
import { TableError } from "./table-error.ts";
import { type Cells, cellText } from "./template.ts";
import { readXlsx, XlsxError } from "./xlsx.ts";

/** One row with its cells by column name, or its error. Lines count from 1. */
export type TableRow =
  | {
      readonly line: number;
      readonly cells: Cells;
      /** Values that the source could not read. */
      readonly remarks?: readonly RowIssue[];
    }
  | {
      readonly line: number;
      readonly error: string;
      /** The row as it is in the file: its cells, or its text alone; absent for a folder. */
      readonly raw?: readonly string[];
    }
  /** A file of a folder that is no data: why. */
  | { readonly line: number; readonly leftOut: string };

/** Some rows, and how many bytes of the file have been read by now. */
export interface TablePart {
  readonly rows: readonly TableRow[];
  readonly bytesRead: number;
}

/** The format of a table by its name. */
interface NamedFormat {
  readonly format: "csv" | "ndjson" | "xlsx";
  readonly delimiter: string;
}

/** The format by the file's name, without `.gz`; undefined when the name does not tell. */
export function formatOf(path: string): NamedFormat | undefined {
  const name = path.toLowerCase().replace(/\.gz$/, "");
  if (name.endsWith(".csv")) return { format: "csv", delimiter: "," };
  if (name.endsWith(".tsv") || name.endsWith(".tab")) return { format: "csv", delimiter: "\t" };
  if (name.endsWith(".xlsx")) return { format: "xlsx", delimiter: "," };
  const lines = name.endsWith(".ndjson") || name.endsWith(".jsonl");
  return lines ? { format: "ndjson", delimiter: "," } : undefined;
}

interface TextPiece {
  readonly text: string;
  readonly last: boolean;
  readonly bytesRead: number;
}

async function* readText(path: string, encoding: Encoding | undefined): AsyncGenerator<TextPiece> {
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  let bytesRead = 0;
  let named: Encoding = encoding ?? "utf-8";
  try {
    for await (const piece of readBytes(path)) {
      // A byte order mark says more than a mapping. The decoder removes it, and refuses what is not
      // of the encoding rather than guess.
      if (decoder === undefined) {
        named = markedEncoding(piece.bytes) ?? named;
        decoder = new TextDecoder(named, { fatal: true, ignoreBOM: false });
      }
      const text = decoder.decode(piece.bytes, { stream: true });
      bytesRead = piece.bytesRead;
      yield { text, last: false, bytesRead };
    }
    yield { text: decoder?.decode() ?? "", last: true, bytesRead };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new TableError(
      `the file is not ${named.toUpperCase()} text: source.encoding names another encoding`,
    );
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

/**
 * What begins a cell that this program wrote behind the others of a rejected row: the reason. It is
 * no part of the table when the file is imported again.
 */
const REASON = "vxdata:";

const withoutReason = (cells: readonly string[]): readonly string[] =>
  cells.length > 1 && cells.at(-1)?.startsWith(REASON) === true ? cells.slice(0, -1) : cells;

const nameCells = (row: RawRow, names: readonly string[]): TableRow => {
  if ("error" in row) return { line: row.line, error: row.error, raw: [row.text] };
  const { line } = row;
  const cells = withoutReason(row.cells);
  const surplus = cells.slice(names.length).some((cell) => cell.trim() !== "");
  if (cells.length < names.length || surplus) {
    const error = `${names.length} cells were expected, not ${cells.length}`;
    return { line, error, raw: cells };
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
  const pieces = readText(path, source.encoding);
  const split = createCsvSplitter(source.delimiter);
  let names: readonly string[] | undefined = source.header === "none" ? source.columns : undefined;
  if (names !== undefined) onColumns(names);
  for await (const piece of pieces) {
    let rows = split(piece.text, piece.last);
    const [header] = rows;
    if (names === undefined) {
      if (header === undefined) continue;
      if ("error" in header) throw new TableError(`the header cannot be read: ${header.error}`);
      const head = withoutReason(header.cells);
      if (source.expect_header !== undefined) checkHeader(head, source.expect_header);
      names = source.header === "skip" ? (source.columns ?? []) : namesOf(head);
      onColumns(names);
      rows = rows.slice(1);
    }
    const known = names;
    yield { rows: rows.map((row) => nameCells(row, known)), bytesRead: piece.bytesRead };
  }
  if (names === undefined) throw new TableError("the file is empty: a header row was expected");
}

const cellsOf = (row: JsonRow): TableRow => {
  if ("error" in row) return { line: row.line, error: row.error, raw: [row.text] };
  const members = Object.entries(row.value).filter(([name]) => !name.startsWith(REASON));
  return { line: row.line, cells: new Map(members) };
};

async function* readNdjson(path: string, source: SourceRule): AsyncGenerator<TablePart> {
  const split = createNdjsonSplitter();
  for await (const piece of readText(path, source.encoding)) {
    yield { rows: split(piece.text, piece.last).map(cellsOf), bytesRead: piece.bytesRead };
  }
}

const texts = (cells: readonly Json[]): readonly string[] =>
  cells.map((cell) => cellText(cell) ?? "");

/** Rows of one part of a workbook. */
const PART_ROWS = 1_000;

async function* readWorkbook(
  path: string,
  source: SourceRule,
  onColumns: OnColumns,
): AsyncGenerator<TablePart> {
  const rows = await readXlsx(path, source.sheet).catch((error: unknown) => {
    throw error instanceof XlsxError ? new TableError(error.message) : error;
  });
  let names: readonly string[] = source.columns ?? [];
  const begin = source.header === "none" ? 0 : 1;
  if (begin === 1) {
    const head = withoutReason(texts(rows[0] ?? []));
    if (rows.length === 0) throw new TableError("the sheet is empty: a header row was expected");
    if (source.expect_header !== undefined) checkHeader(head, source.expect_header);
    if (source.header !== "skip") names = namesOf(head);
  }
  onColumns(names);
  const known = names;
  const { size } = statSync(path);
  for (let start = begin; start < rows.length; start += PART_ROWS) {
    const part = rows.slice(start, start + PART_ROWS).map((cells, index): TableRow => {
      const named = known.map((name, at) => [name, cells[at] ?? null] as const);
      const line = start + index + 1;
      return { line, cells: new Map(named.filter(([name]) => name !== "")) };
    });
    const filled = part.filter(
      (row) => "cells" in row && [...row.cells.values()].some((cell) => cell !== null),
    );
    const share = Math.min(1, (start + PART_ROWS) / rows.length);
    yield { rows: filled, bytesRead: Math.round(size * share) };
  }
}

/** How a table is read: its format, and what divides its cells. */
export interface TableFormat {
  readonly format: NamedFormat["format"];
  readonly delimiter: string;
}

/** The format that the mapping or the file's name tells. @throws {TableError} */
export function tableFormat(path: string, source: SourceRule): TableFormat {
  const named = formatOf(path);
  // Rejected rows of a workbook are written as CSV, and the same mapping reads them again.
  const isRejected = source.format === "xlsx" && named?.format === "csv";
  const said = isRejected ? "csv" : source.format;
  const format = said === "csv" || said === "ndjson" || said === "xlsx" ? said : named?.format;
  if (format === undefined) {
    throw new TableError("the file's name does not tell its format: set source.format");
  }
  return { format, delimiter: source.delimiter ?? named?.delimiter ?? "," };
}

/**
 * Streams a CSV or NDJSON file, plain or gzip (detected by its first bytes), in parts of a few
 * hundred kilobytes: memory does not grow with the file. A workbook (XLSX) is read as a whole.
 * @throws {TableError} when the table as a whole cannot be read.
 */
export function readTable(
  path: string,
  source: SourceRule,
  onColumns: OnColumns,
): AsyncGenerator<TablePart> {
  const { delimiter, format } = tableFormat(path, source);
  if (format === "ndjson") return readNdjson(path, source);
  if (format === "xlsx") return readWorkbook(path, source, onColumns);
  return readCsv(path, { ...source, delimiter }, onColumns);
}

/** A reason as the last cell of a rejected row, or as a member of it. */
export function reasonCell(reason: string): string {
  return `${REASON} ${reason}`;
}

/** Name of the column, or of the member, that holds the reason. */
export const REASON_NAME = `${REASON}reason`;
