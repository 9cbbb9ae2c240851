/** Lists of columns and the type of their rows: a statement declares its result columns once. */
import {
  Column,
  getTableColumns,
  getTableName,
  is,
  type GetColumnData,
  type Table,
} from "drizzle-orm";
import {
  join,
  raw,
  sql,
  type Expression,
  type Sql,
  type SqlValue,
  type Statement,
} from "./template.ts";

/** Columns by their names in the row: columns of tables and computed ones. */
export type Columns = Readonly<Record<string, Column | Sql>>;

type ValueOf<C extends Column | Sql> = C extends Column
  ? GetColumnData<C>
  : C extends Expression<infer Value>
    ? Value
    : never;

/** A row of these columns. */
export type RowOfColumns<C extends Columns> = { readonly [Name in keyof C]: ValueOf<C[Name]> };

/**
 * Some columns of a table, for the query builder, `select` and `returning`. The names are those of the
 * table's declaration, so that code with an old name does not compile.
 */
export function columnsOf<T extends Table, Name extends keyof T["_"]["columns"] & string>(
  table: T,
  ...names: readonly Name[]
): Pick<T["_"]["columns"], Name> {
  const columns = getTableColumns(table);
  return Object.fromEntries(names.map((name) => [name, columns[name]])) as Pick<
    T["_"]["columns"],
    Name
  >;
}

/** A computed column: an expression and the type of its value. */
export function computed<Value>(expression: Sql): Expression<Value> {
  return expression;
}

/** The list of columns in SQL. Columns of tables are qualified by the alias, if there is one. */
export function listOf(columns: Columns, alias = ""): Sql {
  const prefix = alias === "" ? "" : `${alias}.`;
  const listed = Object.entries(columns).map(([name, column]) =>
    is(column, Column) ? raw(`${prefix}${column.name}`) : sql`${column} AS ${raw(name)}`,
  );
  return join(listed, ", ");
}

/** Writes `SELECT <columns>` before the rest of a statement: `` select(COLUMNS)`FROM users` ``. */
export const select =
  <C extends Columns>(columns: C, alias = "") =>
  (
    strings: TemplateStringsArray,
    ...values: readonly (SqlValue | Sql)[]
  ): Statement<RowOfColumns<C>> =>
    sql`SELECT ${listOf(columns, alias)} ${sql(strings, ...values)}`;

/** A write statement that returns these columns of the rows it wrote. */
export function returning<C extends Columns>(
  statement: Sql,
  columns: C,
): Statement<RowOfColumns<C>> {
  return sql`${statement} RETURNING ${listOf(columns)}`;
}

/** The start of a statement: `INSERT INTO` a table with some columns. */
export function insertInto<T extends Table>(
  table: T,
  ...names: readonly (keyof T["_"]["columns"] & string)[]
): Sql {
  return raw(`INSERT INTO ${getTableName(table)} (${names.join(", ")})`);
}
