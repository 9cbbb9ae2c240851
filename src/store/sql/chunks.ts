import { LIMITS } from "../../model/limits.ts";
import { raw, sql, type Sql } from "./template.ts";

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
    if (texts.length > 0) chunks.push({ first, text: `[${texts.join(",")}]` });
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

/** The same for rows of at least one cell each, whose cells follow each other in one flat array. */
export function cellChunks(rows: readonly (readonly Cell[])[]): readonly JsonChunk[] {
  return chunked(rows, (row) => JSON.stringify(row).slice(1, -1));
}

/**
 * The rows of a flat array of cells as a relation, with the columns c0, c1 and so on. A cell has the type that
 * it has in JSON.
 *
 * No SQL function is called, as `value->>0` would be. Where a statement changes many rows and calls one,
 * SQLite takes into account that it may fail half-way, and first copies each page that it changes into a
 * journal of the statement: a third of what an update of many rows writes. An `OR FAIL` statement without
 * functions needs none. If it fails, the batch fails, and what it has done until then is undone with that.
 *
 * @param width cells of a row.
 */
export function cellRows(width: number, { text }: JsonChunk): Sql {
  const columns = Array.from(
    { length: width },
    (_, at) => `max(value) FILTER (WHERE key % ${width} = ${at}) AS c${at}`,
  );
  return sql`(SELECT ${raw(columns.join(", "))} FROM json_each(${text}) GROUP BY key / ${raw(String(width))})`;
}

/** A part of a list as JSON array text, and the position of its first element in the whole list. */
export interface JsonChunk {
  readonly first: number;
  readonly text: string;
}
