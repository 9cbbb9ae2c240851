import { DatabaseSync } from "node:sqlite";
import { getTableConfig, type SQLiteTable } from "drizzle-orm/sqlite-core";
import { describe, expect, test } from "vitest";
import { BUILTIN_TYPES } from "../../../src/schema/registry.ts";
import { createProjection } from "../../../src/store/projection/table.ts";
import * as tables from "../../../src/store/tables/core.ts";
import { migrated } from "../../support/databases/migrated.ts";

interface ColumnShape {
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
}

const columnsOf = (database: DatabaseSync, table: string): readonly ColumnShape[] =>
  database
    .prepare(`SELECT name, type, "notnull" AS required, pk FROM pragma_table_info('${table}')`)
    .all()
    .map((row) => ({
      name: String(row["name"]),
      type: String(row["type"]),
      notNull: row["required"] === 1 || row["pk"] !== 0,
    }));

const { VERSION_COLUMNS: _columns, ...schema } = tables;
const drizzleTables: readonly SQLiteTable[] = Object.values(schema);

const indexesOf = (database: DatabaseSync): readonly string[] =>
  database
    .prepare(
      "SELECT sql FROM sqlite_schema WHERE tbl_name LIKE 'x_%' AND type = 'index' ORDER BY name",
    )
    .all()
    .map((row) => String(row["sql"]));

describe("the migrations", () => {
  test.each(drizzleTables.map((table) => [getTableConfig(table).name, table] as const))(
    "create the table %s with the columns of the Drizzle schema",
    (name, table) => {
      const expected = getTableConfig(table).columns.map((column) => ({
        name: column.name,
        type: column.getSQLType().toUpperCase(),
        notNull: column.notNull || column.primary || isKey(table, column.name),
      }));
      expect(columnsOf(migrated(), name)).toEqual(expected);
    },
  );

  test("create no table that the Drizzle schema does not have, except the projections", () => {
    const known = drizzleTables.map((table) => getTableConfig(table).name);
    const made = migrated()
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
      .all()
      .map((row) => String(row["name"]))
      .filter((name) => !name.startsWith("x_"));
    expect(made.toSorted()).toEqual(known.toSorted());
  });

  test("create the projection of every built-in type with its fields and indexes", () => {
    const expected = new DatabaseSync(":memory:");
    for (const type of BUILTIN_TYPES.values()) {
      for (const statement of createProjection(type)) expected.exec(statement);
    }
    const actual = migrated();
    expect(indexesOf(actual)).toEqual(indexesOf(expected));
    for (const name of BUILTIN_TYPES.keys()) {
      // A column that was added later is the last one.
      const [made, described] = [actual, expected].map((database) =>
        columnsOf(database, `x_${name}`).toSorted((left, right) =>
          left.name < right.name ? -1 : 1,
        ),
      );
      expect(made, name).toEqual(described);
    }
  });

  test("refuse to change or delete closed versions", () => {
    const database = migrated();
    database.exec(
      `INSERT INTO transactions VALUES (1, 1, 'p', 's', 'o', 'r', 1, 1, 1, '[]', '', NULL)`,
    );
    expect(() => database.exec("DELETE FROM transactions")).toThrow(/never change/);
    expect(() => database.exec("UPDATE transactions SET principal = 'x'")).toThrow(/never change/);
    database.exec(`INSERT INTO history VALUES
      (1, 1, 'i', 't', '1', 1, NULL, NULL, NULL, 'internal', 'o', 1, 1, 1, 0, '{}', 2)`);
    expect(() => database.exec("UPDATE history SET payload = '{}'")).toThrow(/never changes/);
    expect(() => database.exec("DELETE FROM history")).toThrow(/never changes/);
  });
});

const isKey = (table: SQLiteTable, column: string): boolean =>
  getTableConfig(table).primaryKeys.some((key) =>
    key.columns.some((member) => member.name === column),
  );
