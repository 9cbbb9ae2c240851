/** Ordered scans of the rows of a query. */
import { allOf, join, raw, sql, type Sql } from "../sql/template.ts";
import type { KeysetScan, SortColumn } from "./keyset.ts";
import type { Source } from "./source.ts";

/**
 * A number in a place where SQLite expects one, and no text. A parameter: for a limit that it knows,
 * SQLite would rather sort all rows than take the first ones of an index.
 */
export function integerSql(count: number): Sql {
  return sql`CAST(${count} AS INTEGER)`;
}

/** A branch over one arm: with its order and limit, or without them as a part of several. */
export interface Scan {
  readonly source: Source;
  readonly columns: readonly SortColumn[];
  readonly branch: KeysetScan;
}

/** Every selection of rows of a page has these columns: where the row stands, and its sort values. */
export function rowColumns(source: Source, columns: readonly SortColumn[]): Sql {
  const values = columns.map((column, at) => sql`, ${column.value} AS ${raw(`s${at}`)}`);
  return sql`${raw(`${source.past} AS past, ${source.ref} AS ref, ${source.identifier} AS identifier`)}${join(values, "")}`;
}

/** The rows of a branch, in no order. */
export function rowsOf({ source, columns, branch }: Scan): Sql {
  return sql`SELECT ${rowColumns(source, columns)} FROM ${source.from}
    WHERE ${allOf([branch.where, source.where])}`;
}

/**
 * A selection of rows in the order of a branch.
 *
 * @param identifier the column by which ties go, with its direction where that is not ascending.
 */
export function sortedRows(
  rows: Sql,
  columns: readonly SortColumn[],
  branch: KeysetScan,
  identifier: string,
  limit: Sql,
): Sql {
  const order = branch.order.map(
    ({ position, suffix }) => sql`${columns[position]?.value ?? raw("NULL")} ${raw(suffix)}`,
  );
  return sql`${rows} ORDER BY ${join([...order, raw(identifier)], ", ")} LIMIT ${limit}`;
}

/** A sorted selection of a source's rows. */
export function scan(one: Scan, limit: Sql): Sql {
  const { source, columns, branch } = one;
  return sortedRows(rowsOf(one), columns, branch, source.identifier, limit);
}
