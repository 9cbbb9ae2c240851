/** What a table looks like: encoding, delimiter, header, and the kinds of its columns. */
import type { Json } from "../../model/json.ts";
import { readBeginning } from "./bytes.ts";
import { createCsvSplitter } from "./csv.ts";
import { type Encoding, markedEncoding } from "./encoding.ts";
import type { SourceRule } from "./mapping.ts";
import { formatOf, readTable } from "./table.ts";
import { TableError } from "./table-error.ts";
import { cellText } from "./template.ts";

/** The kind of the values of a column. */
export type ColumnKind = "integer" | "number" | "boolean" | "string" | "json";

/** A column as its values have it. */
export interface ColumnGuess {
  readonly name: string;
  readonly kind: ColumnKind;
  /** Numbers have a decimal comma. */
  readonly comma: boolean;
  /** Words that stand for a missing number. */
  readonly missing: readonly string[];
  /** Some values are no text: numbers of a workbook among words. */
  readonly mixed: boolean;
  /** Every row has a value, and no two the same. */
  readonly unique: boolean;
  /** Distinct values, up to a bound. */
  readonly values: readonly string[];
  readonly example: string;
}

/** A table as it looks. */
export interface TableGuess {
  readonly format: "csv" | "ndjson" | "xlsx";
  readonly rule: SourceRule;
  /** For people: encoding and delimiter. */
  readonly written: string;
  readonly rows: number;
  /** Rows that cannot be read. */
  readonly broken: number;
  readonly columns: readonly ColumnGuess[];
}

const SAMPLE_BYTES = 256 * 1024;
const SAMPLE_ROWS = 200;
const DELIMITERS = [",", ";", "\t", "|"] as const;
const DELIMITER_NAMES: Readonly<Record<string, string>> = {
  ",": "commas",
  ";": "semicolons",
  "\t": "tabs",
  "|": "vertical bars",
};

const decode = (bytes: Uint8Array, encoding: Encoding): string | undefined => {
  try {
    // A cut character at the end of the sample is no error.
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: false }).decode(bytes, {
      stream: true,
    });
  } catch {
    return undefined;
  }
};

interface Sample {
  readonly text: string;
  readonly encoding: Encoding;
  /** By a byte order mark: nothing has to be said in the mapping. */
  readonly marked: boolean;
}

const sampleOf = (bytes: Uint8Array): Sample => {
  const marked = markedEncoding(bytes);
  const encoding = marked ?? "utf-8";
  const text = decode(bytes, encoding);
  if (text?.includes("\0") === true) {
    throw new TableError(
      "the file is no text: it holds null bytes (UTF-16 needs a byte order mark)",
    );
  }
  if (text !== undefined) return { text, encoding, marked: marked !== undefined };
  if (marked !== undefined) throw new TableError(`the file is not ${marked.toUpperCase()} text`);
  const western = decode(bytes, "windows-1252") ?? "";
  return { text: western, encoding: "windows-1252", marked: false };
};

const rowsOf = (text: string, delimiter: string): readonly (readonly string[])[] => {
  const split = createCsvSplitter(delimiter);
  const whole = text.length > SAMPLE_BYTES / 2 ? text : `${text}\n`;
  return split(whole, false)
    .slice(0, SAMPLE_ROWS)
    .flatMap((row) => ("cells" in row ? [row.cells] : []));
};

/** The delimiter that gives the most rows of one width, and of those the widest rows. */
const delimiterOf = (text: string): string => {
  const scores = DELIMITERS.map((delimiter) => {
    const rows = rowsOf(text, delimiter);
    const width = rows[0]?.length ?? 0;
    const even = rows.filter((row) => row.length === width).length / Math.max(1, rows.length);
    return { delimiter, width, even };
  });
  const [best] = scores
    .filter(({ width }) => width > 1)
    .toSorted((left, right) => right.even - left.even || right.width - left.width);
  return best?.delimiter ?? ",";
};

const NUMBER = /^[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d+)?$/;

/** True where the first row looks like names: none of them a number, no two the same. */
const isHeader = (cells: readonly string[]): boolean => {
  const names = cells.map((cell) => cell.trim());
  const filled = names.filter((name) => name !== "");
  const distinct = new Set(filled).size === filled.length;
  return filled.length > 0 && distinct && !filled.some((name) => NUMBER.test(name));
};

const csvRule = (path: string, sample: Sample): { rule: SourceRule; written: string } => {
  const delimiter = delimiterOf(sample.text);
  const [first = []] = rowsOf(sample.text, delimiter);
  if (first.length === 0) throw new TableError("the file is empty: a header row was expected");
  const named = formatOf(path)?.delimiter;
  const rule: SourceRule = {
    format: "csv",
    ...(delimiter === named ? {} : { delimiter }),
    ...(sample.marked || sample.encoding === "utf-8" ? {} : { encoding: sample.encoding }),
    ...(isHeader(first)
      ? {}
      : { header: "none", columns: first.map((_, index) => `column_${index + 1}`) }),
  };
  const head = isHeader(first) ? "" : ", without a header";
  const by = `cells divided by ${DELIMITER_NAMES[delimiter] ?? delimiter}`;
  return { rule, written: `CSV, ${sample.encoding.toUpperCase()}, ${by}${head}` };
};

const MISSING: ReadonlySet<string> = new Set(["NA", "N/A", "n/a", "NaN", "nan", "null", "-", "."]);
const TRUTH = /^(?:true|false|yes|no)$/i;
const INTEGER = /^[+-]?(?:0|[1-9]\d*)$/;
const POINT = /^[+-]?(?:(?:0|[1-9]\d*)\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const COMMA = /^[+-]?(?:\d{1,3}(?:\.\d{3})+|0|[1-9]\d*)(?:,\d+)?$/;
const VALUES_MAX = 50;

/** Finds out about a column, value by value. */
const createColumn = (name: string) => {
  let filled = 0;
  let example = "";
  let distinct: Set<string> | undefined = new Set();
  const values = new Set<string>();
  const missing = new Set<string>();
  const can = { integer: true, point: true, comma: true, truth: true };
  let numbers = 0;
  let hasComma = false;
  let nested = false;
  let mixed = false;
  const look = (text: string): void => {
    if (MISSING.has(text)) {
      missing.add(text);
      return;
    }
    numbers += 1;
    can.integer &&= INTEGER.test(text) && Number.isSafeInteger(Number(text));
    can.point &&= POINT.test(text);
    can.comma &&= COMMA.test(text);
    can.truth &&= TRUTH.test(text);
    hasComma ||= text.includes(",");
  };
  return {
    add: (cell: Json): void => {
      const text = cellText(cell)?.trim() ?? "";
      if (text === "") return;
      filled += 1;
      if (example === "") example = text;
      if (values.size < VALUES_MAX) values.add(text);
      if (distinct?.has(text) === true) distinct = undefined;
      distinct?.add(text);
      mixed ||= typeof cell !== "string";
      nested ||= typeof cell === "object" && cell !== null;
      look(text);
    },
    guess: (rows: number): ColumnGuess => {
      const comma = !can.point && can.comma && hasComma;
      const kindOf = (): ColumnKind => {
        if (nested) return "json";
        if (numbers === 0) return "string";
        if (can.integer) return "integer";
        if (can.point || comma) return "number";
        return can.truth ? "boolean" : "string";
      };
      const kind = kindOf();
      return {
        name,
        kind,
        comma: kind === "number" && comma,
        mixed,
        missing: kind === "string" || kind === "json" ? [] : [...missing],
        unique: distinct !== undefined && filled === rows && rows > 0,
        values: [...values],
        example,
      };
    },
  };
};

/** Reads a whole table, and finds out how it is written and what its columns hold. */
export async function guessTable(path: string): Promise<TableGuess> {
  const named = formatOf(path)?.format;
  const start = await readBeginning(path, SAMPLE_BYTES);
  const isZip = named !== "xlsx" && start.subarray(0, 2).toString("latin1") === "PK";
  const format = named ?? (isZip ? "xlsx" : "csv");
  const { rule, written } =
    format === "csv"
      ? csvRule(path, sampleOf(start))
      : { rule: { format }, written: format.toUpperCase() };
  const columns = new Map<string, ReturnType<typeof createColumn>>();
  const columnOf = (name: string) => {
    const known = columns.get(name) ?? createColumn(name);
    columns.set(name, known);
    return known;
  };
  let rows = 0;
  let broken = 0;
  const parts = readTable(path, rule, (names) => {
    for (const name of names) if (name !== "") columnOf(name);
  });
  for await (const part of parts) {
    for (const row of part.rows) {
      if (!("cells" in row)) {
        broken += 1;
        continue;
      }
      rows += 1;
      for (const [name, cell] of row.cells) columnOf(name).add(cell);
    }
  }
  if (rows === 0) throw new TableError("the table has no row that can be read");
  const found = [...columns.values()].map((column) => column.guess(rows));
  return { format, rule, written, rows, broken, columns: found };
}
