/** Text for people: values, tables. */
import { cutToWidth, padToWidth, textWidth } from "./text-width.ts";

// Control characters, marks of the writing direction, and line separators: they move the cursor, or
// show a text in another order than it is stored.
const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

const hex = (character: string): string => character.charCodeAt(0).toString(16);

const escapeCharacter = (character: string): string => {
  const code = hex(character);
  return code.length > 2 ? `\\u${code.padStart(4, "0")}` : `\\x${code.padStart(2, "0")}`;
};

/** A value in one line; control characters are escaped, so that no stored text moves the cursor. */
export function show(value: unknown): string {
  const text =
    value === undefined || value === null
      ? "-"
      : typeof value === "string"
        ? value
        : JSON.stringify(value);
  return text.replaceAll(UNPRINTABLE, escapeCharacter);
}

/** A text of several lines, for people: what `show` escapes but its line breaks. */
export function showLines(text: string): string {
  return text.split("\n").map(show).join("\n");
}

/** A value as JSON text that holds no control character: those that JSON allows are escaped too. */
export function jsonText(value: unknown, indent = 0): string {
  const text = JSON.stringify(value, null, indent);
  return text.replaceAll(UNPRINTABLE, (one) =>
    one === "\n" ? one : `\\u${hex(one).padStart(4, "0")}`,
  );
}

/**
 * A value as the text of a CSV field: nothing for null, JSON for lists and objects. Line breaks and
 * tabs stay, since a field may hold them; other control characters are escaped.
 */
export function csvText(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.replaceAll(UNPRINTABLE, (one, at: number) =>
    one === "\n" || one === "\t" || (one === "\r" && text[at + 1] === "\n")
      ? one
      : escapeCharacter(one),
  );
}

/** A number with thousands separators. */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** How a text stands out on a terminal. */
export type Style = (text: string) => string;

/** Where a table is printed. */
export interface TableLook {
  /** Of the header; absent: plain. */
  readonly head?: Style;
  /** Columns of the terminal: wider cells are cut; absent: none is cut. */
  readonly columns?: number | undefined;
}

const GAP = "  ";
const CELL_WIDTH_MIN = 8;

/** Widths that fit into so many columns: the widest are cut first. */
const fit = (widths: readonly number[], columns: number | undefined): readonly number[] => {
  if (columns === undefined) return widths;
  const fitted = [...widths];
  const room = columns - GAP.length * (widths.length - 1);
  let surplus = fitted.reduce((sum, width) => sum + width, 0) - room;
  while (surplus > 0) {
    const widest = Math.max(...fitted);
    if (widest <= CELL_WIDTH_MIN) break;
    fitted[fitted.indexOf(widest)] = widest - 1;
    surplus -= 1;
  }
  return fitted;
};

/**
 * Rows in columns that are as wide as their widest cell; numbers are aligned to the right. Widths
 * are those of a terminal: East Asian characters take two columns, combining ones none.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly unknown[])[],
  look: TableLook = {},
): readonly string[] {
  const cells = rows.map((row) =>
    row.map((cell) => (typeof cell === "number" ? count(cell) : show(cell))),
  );
  const names = head.map(show);
  const natural = names.map((name, index) =>
    cells.reduce((width, row) => Math.max(width, textWidth(row[index] ?? "")), textWidth(name)),
  );
  const widths = fit(natural, look.columns);
  const isNumber = head.map((_, index) => rows.some((row) => typeof row[index] === "number"));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, index) => {
        const width = widths[index] ?? 0;
        return padToWidth(cutToWidth(cell, width), width, isNumber[index] ? "left" : "right");
      })
      .join(GAP)
      .trimEnd();
  const plain = (text: string): string => text;
  return [(look.head ?? plain)(line(names)), ...cells.map(line)];
}
