import Papa from "papaparse";

/** One row of a table as it is in the file. */
export type RawRow =
  | { readonly line: number; readonly cells: readonly string[] }
  | {
      readonly line: number;
      readonly error: string;
      /** Its text as it is in the file, up to a bound. */
      readonly text: string;
    };

/** Turns pieces of CSV text into rows; `last` ends the file. Rows may span pieces. */
export type CsvSplitter = (piece: string, last: boolean) => readonly RawRow[];

/**
 * Characters of one row, more than any payload that the server takes: a longer one has an open
 * quote.
 */
const ROW_LENGTH_MAX = 4 * 1024 * 1024;

interface ParsedRow {
  readonly start: number;
  readonly end: number;
  readonly cells: readonly string[];
  readonly error: boolean;
}

const newlinesIn = (text: string, start: number, end: number, newline: string): number => {
  let count = 0;
  let at = text.indexOf(newline, start);
  while (at !== -1 && at < end) {
    count += 1;
    at = text.indexOf(newline, at + 1);
  }
  return count;
};

/** Whole rows of the text, up to the first one whose quotes are wrong. */
const parseRows = (
  text: string,
  last: boolean,
  delimiter: string,
  newline: "\n" | "\r",
): readonly ParsedRow[] => {
  const rows: ParsedRow[] = [];
  let start = 0;
  const parser = new Papa.Parser({
    delimiter,
    newline,
    step: (result: Papa.ParseStepResult<string[]>) => {
      const cells = (result.data as unknown as readonly (readonly string[])[])[0] ?? [];
      const error = result.errors.length > 0;
      rows.push({ start, end: result.meta.cursor, cells, error });
      start = result.meta.cursor;
      if (error) parser.abort();
    },
  });
  parser.parse(text, 0, !last);
  return rows;
};

/**
 * The last cell keeps the `\r` of a `\r\n`: rows are cut at `\n` so that both may mix in a file.
 */
const withoutReturn = (cells: readonly string[]): readonly string[] => {
  const final = cells.at(-1);
  return final?.endsWith("\r") === true ? [...cells.slice(0, -1), final.slice(0, -1)] : cells;
};

/**
 * The line end of the file, once it is known: a `\r` at the end of a piece may be half of `\r\n`.
 */
const newlineOf = (text: string, last: boolean): "\n" | "\r" | undefined => {
  if (text.includes("\n")) return "\n";
  return (last ? /\r/ : /\r[^\n]/).test(text) ? "\r" : undefined;
};

/** Characters of a broken record that are kept, for the file of what was refused. */
const KEPT_MAX = 65_536;

/** A record that cannot be parsed, while its end is searched. */
interface Broken {
  readonly line: number;
  state: "start" | "plain" | "quoted" | "closing";
  lines: number;
  /** Whether the scanned text ends in a line break. */
  ends: boolean;
  text: string;
}

type Delimiters = Readonly<Record<"delimiter" | "newline", string>>;

/**
 * Scans a broken record to its end, which is the first line break outside of quotes, and returns
 * the position after it; -1 when the text ends before.
 */
const scanBroken = (text: string, broken: Broken, { delimiter, newline }: Delimiters): number => {
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === newline) broken.lines += 1;
    if (broken.state === "quoted") {
      if (character === '"') broken.state = "closing";
    } else if (character === '"' && broken.state !== "plain") broken.state = "quoted";
    else if (character === newline) return at + 1;
    else broken.state = character === delimiter ? "start" : "plain";
  }
  return -1;
};

const brokenRow = ({ ends, line, lines, state, text }: Broken, newline: string): RawRow => {
  const whole = text.endsWith(newline) ? text.slice(0, -newline.length) : text;
  const end = line + (ends ? lines - 1 : lines);
  const where = end > line ? ` (lines ${line} to ${end} are one record)` : "";
  const what =
    state === "quoted"
      ? "a quoted cell is not closed"
      : "a quoted cell is not closed, or text follows its closing quote";
  return { line, error: `${what}${where}`, text: whole.replace(/\r$/, "") };
};

/**
 * Starts reading CSV (RFC 4180, `\n`, `\r\n` or `\r`) of one delimiter. Line numbers count physical
 * lines from 1, including quoted line breaks and blank lines (which give no row). A record with a
 * misplaced or open quote is reported as a whole, up to the line break that ends it: what stands in
 * a quoted cell is never a row. Reading continues with the next record.
 */
export function createCsvSplitter(delimiter: string): CsvSplitter {
  let rest = "";
  let line = 1;
  let newline: "\n" | "\r" | undefined;
  let broken: Broken | undefined;

  /** Drops the broken record; false when it has not ended yet. */
  const dropBroken = (rows: RawRow[], last: boolean): boolean => {
    if (broken === undefined) return true;
    const end = scanBroken(rest, broken, { delimiter, newline: newline ?? "\n" });
    const scanned = end === -1 ? rest : rest.slice(0, end);
    if (scanned !== "") broken.ends = scanned.endsWith(newline ?? "\n");
    if (broken.text.length < KEPT_MAX) broken.text = (broken.text + scanned).slice(0, KEPT_MAX);
    rest = end === -1 ? "" : rest.slice(end);
    if (end === -1 && !last) return false;
    rows.push(brokenRow(broken, newline ?? "\n"));
    line = broken.line + Math.max(1, broken.lines);
    broken = undefined;
    return true;
  };

  /** Takes whole rows; true when a broken record was dropped and there may be more. */
  const takeRows = (rows: RawRow[], last: boolean): boolean => {
    if (!dropBroken(rows, last)) return false;
    const cut = newline ?? "\n";
    let end = 0;
    for (const row of parseRows(rest, last, delimiter, cut)) {
      if (row.error) {
        rest = rest.slice(row.start);
        broken = { line, state: "start", lines: 0, ends: false, text: "" };
        return dropBroken(rows, last) && rest !== "";
      }
      const cells = withoutReturn(row.cells);
      // Two quotes are a record with an empty cell, and no blank line.
      const isBlank = cells.length === 1 && rest.slice(row.start, row.end).trim() === "";
      if (!isBlank) rows.push({ line, cells });
      line += newlinesIn(rest, row.start, row.end, cut);
      end = row.end;
    }
    rest = rest.slice(end);
    if (rest.length <= ROW_LENGTH_MAX) return false;
    broken = { line, state: "start", lines: 0, ends: false, text: "" };
    return dropBroken(rows, last);
  };

  return (piece, last) => {
    const rows: RawRow[] = [];
    rest += piece;
    newline ??= newlineOf(rest, last);
    while ((rest !== "" || (last && broken !== undefined)) && takeRows(rows, last));
    return rows;
  };
}
