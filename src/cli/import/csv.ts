import Papa from "papaparse";

/** One row of a table as it is in the file. */
export type RawRow =
  | { readonly line: number; readonly cells: readonly string[] }
  | { readonly line: number; readonly error: string };

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

const isBlank = (cells: readonly string[]): boolean =>
  cells.length === 1 && (cells[0] ?? "").trim() === "";

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

/**
 * Starts reading CSV (RFC 4180, `\n`, `\r\n` or `\r`) of one delimiter. Line numbers count physical
 * lines from 1, including quoted line breaks and blank lines (which give no row). A line with a
 * misplaced or open quote is reported alone: reading continues with the next line.
 */
export function createCsvSplitter(delimiter: string): CsvSplitter {
  let rest = "";
  let line = 1;
  let newline: "\n" | "\r" | undefined;

  /** Drops the first physical line as bad; false when it has not ended yet. */
  const dropLine = (rows: RawRow[], last: boolean): boolean => {
    const end = rest.indexOf(newline ?? "\n");
    if (end === -1 && !last) return false;
    rows.push({ line, error: "a quoted cell is not closed, or text follows its closing quote" });
    rest = end === -1 ? "" : rest.slice(end + 1);
    line += 1;
    return true;
  };

  /** Takes whole rows; true when a bad line was dropped and there may be more. */
  const takeRows = (rows: RawRow[], last: boolean): boolean => {
    const cut = newline ?? "\n";
    let end = 0;
    for (const row of parseRows(rest, last, delimiter, cut)) {
      if (row.error) {
        rest = rest.slice(row.start);
        return dropLine(rows, last) && rest !== "";
      }
      const cells = withoutReturn(row.cells);
      if (!isBlank(cells)) rows.push({ line, cells });
      line += newlinesIn(rest, row.start, row.end, cut);
      end = row.end;
    }
    rest = rest.slice(end);
    return rest.length > ROW_LENGTH_MAX && dropLine(rows, last);
  };

  return (piece, last) => {
    const rows: RawRow[] = [];
    rest += piece;
    newline ??= newlineOf(rest, last);
    while (rest !== "" && takeRows(rows, last));
    return rows;
  };
}
