/** Lists of results: a table for people, JSON lines or CSV for programs. */
import { csvLine } from "../model/csv.ts";
import { type Context, type Given, type Options, UsageError, wholeNumber } from "./command.ts";
import { csvText, jsonText, table } from "./print.ts";

/** One result: its members by name. */
export type Row = Readonly<Record<string, unknown>>;

/** Options of commands that print lists. */
export const ROWS: Options = {
  csv: { about: "results as CSV, with a header" },
};

/** Options of commands whose lists can be long. */
export const LONG_ROWS: Options = {
  ...ROWS,
  limit: { value: "N", about: "the first N only (a table: 100 unless said otherwise)" },
  all: { about: "every row of a table" },
};

/** Rows of a table where nothing else is said. */
const TABLE_ROWS = 100;

/** True where results are a table for people. */
export const isTable = ({ given, json }: Pick<Context, "given" | "json">): boolean =>
  !json && !given.flag("csv");

/** How many results are wanted; infinite where all of them are. */
export function rowLimit(context: Pick<Context, "given" | "json">): number {
  const { given } = context;
  const text = given.text("limit");
  if (text !== undefined && given.flag("all")) throw new UsageError("--limit or --all, not both");
  if (text !== undefined) return wholeNumber("limit", text, 1, Number.MAX_SAFE_INTEGER);
  return isTable(context) && !given.flag("all") ? TABLE_ROWS : Infinity;
}

/** Refuses two formats at once. */
export function checkFormat(given: Given): void {
  if (given.flag("json") && given.flag("csv")) throw new UsageError("--json or --csv, not both");
}

const columnsOf = (rows: readonly Row[]): readonly string[] => [
  ...new Set(rows.flatMap((row) => Object.keys(row))),
];

/** Prints a whole table. */
const printTable = (context: Context, columns: readonly string[], rows: readonly Row[]): void => {
  const { print, stdout } = context;
  const cells = rows.map((row) => columns.map((name) => row[name]));
  const look = { head: stdout.bold, columns: stdout.columns };
  for (const line of table(columns, cells, look)) print(line);
};

/**
 * Prints results as they come: JSON lines and CSV at once, a table when all of its rows are there,
 * since its columns are as wide as their widest cell.
 *
 * @param columns of the table and of CSV; undefined: the members of the rows.
 * @returns how many there were.
 */
export async function printRows(
  context: Context,
  columns: readonly string[] | undefined,
  rows: AsyncIterable<Row> | Iterable<Row>,
): Promise<number> {
  const { given, json, print, signal } = context;
  checkFormat(given);
  const kept: Row[] = [];
  let printed = 0;
  let isFirst = true;
  // A CSV file has one header: without named columns they are found in all rows.
  const streams = json || (given.flag("csv") && columns !== undefined);
  const printCsv = (names: readonly string[], row: Row): void =>
    print(csvLine(names.map((name) => csvText(row[name]))).trimEnd());
  for await (const row of rows) {
    signal.throwIfAborted();
    printed += 1;
    if (!streams) kept.push(row);
    else if (json) print(jsonText(row));
    else {
      if (isFirst) print(csvLine(columns ?? []).trimEnd());
      printCsv(columns ?? [], row);
    }
    isFirst = false;
  }
  if (json) return printed;
  const names = columns ?? columnsOf(kept);
  if (!given.flag("csv")) {
    if (names.length > 0) printTable(context, names, kept);
    if (printed === 0) context.aside.write("nothing is found\n");
    return printed;
  }
  if (isFirst || !streams) print(csvLine(names).trimEnd());
  for (const row of kept) printCsv(names, row);
  return printed;
}

/** The first items of a source, which is closed then. */
export async function* firstOf<Item>(
  items: AsyncIterable<Item>,
  limit: number,
): AsyncGenerator<Item> {
  let left = limit;
  for await (const item of items) {
    yield item;
    left -= 1;
    if (left <= 0) return;
  }
}
