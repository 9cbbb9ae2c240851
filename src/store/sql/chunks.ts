import { LIMITS } from "../../model/limits.ts";
import { join, raw, sql, type Sql } from "./template.ts";

const encoder = new TextEncoder();

/** Writes values as JSON arrays, each below the platform's bound for one parameter. */
const chunked = <Value>(
  values: readonly Value[],
  write: (value: Value) => string,
): readonly JsonChunk[] => {
  const chunks: JsonChunk[] = [];
  let texts: string[] = [];
  let bytes = 2;
  let first = 0;
  const close = (): void => {
    if (texts.length > 0) {
      const isLarge = bytes > LIMITS.parameterBytesMax;
      chunks.push({ first, text: `[${texts.join(",")}]`, isLarge });
    }
    first += texts.length;
    texts = [];
    bytes = 2;
  };
  for (const value of values) {
    const text = write(value);
    // A UTF-16 unit takes at most three bytes: count bytes exactly only for long strings.
    const size = 1 + (text.length * 3 < 4096 ? text.length * 3 : encoder.encode(text).length);
    if (bytes + size > LIMITS.parameterBytesMax) close();
    texts.push(text);
    bytes += size;
  }
  close();
  return chunks;
};

/**
 * Writes values as JSON arrays that each stay below the platform's bound for one parameter. One
 * array in the usual case; the texts are joined, not encoded twice.
 */
export function jsonChunks(values: readonly unknown[]): readonly JsonChunk[] {
  return chunked(values, (value) => JSON.stringify(value));
}

/** A value of a column. */
export type Cell = string | number | null;

const columnOf = (at: number): string => `c${at}`;

/** A row whose cells are parameters of their own: so each of them may be as long as a parameter. */
const singleRow = (row: readonly Cell[]): Sql =>
  sql`(SELECT ${join(
    row.map((cell, at) => sql`${cell} AS ${raw(columnOf(at))}`),
    ", ",
  )})`;

/**
 * Rows of equally many cells as relations with the columns c0, c1 and so on: one in the usual case. The rows follow
 * each other in one flat array of cells, each of which has the type that it has in JSON. Text grows where JSON is
 * put into JSON: a row for which one parameter would be too small is a relation by itself.
 *
 * No SQL function is called, as `value->>0` would be. Where a statement changes many rows and calls one,
 * SQLite takes into account that it may fail half-way, and first copies each page that it changes into a
 * journal of the statement: a third of what an update of many rows writes. An `OR FAIL` statement without
 * functions needs none. If it fails, the batch fails, and what it has done until then is undone with that.
 *
 * @param rows of at least one cell each.
 */
export function cellRelations(rows: readonly (readonly Cell[])[]): readonly Sql[] {
  const width = rows[0]?.length ?? 0;
  const columns = Array.from(
    { length: width },
    (_, at) => `max(value) FILTER (WHERE key % ${width} = ${at}) AS ${columnOf(at)}`,
  );
  const from = (text: string): Sql =>
    sql`(SELECT ${raw(columns.join(", "))} FROM json_each(${text}) GROUP BY key / ${raw(String(width))})`;
  return chunked(rows, (row) => JSON.stringify(row).slice(1, -1)).map(({ first, text, isLarge }) =>
    isLarge ? singleRow(rows[first] ?? []) : from(text),
  );
}

/** A part of a list as JSON array text, and the position of its first element in the whole list. */
export interface JsonChunk {
  readonly first: number;
  readonly text: string;
  /** True for one element that is longer than a parameter may be. */
  readonly isLarge: boolean;
}
