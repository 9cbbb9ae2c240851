// The database that each file of these tests begins with is that of the migrations.
import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";

type Row = Readonly<Record<string, unknown>>;

const rowsOf = async (database: D1Database, query: string): Promise<readonly Row[]> =>
  (await database.prepare(query).all<Row>()).results;

/** Wrangler and the local runtime write the record of migrations with other spaces and quotes. */
const normal = (text: unknown): string => String(text).replaceAll('"', "").replaceAll(/\s+/g, " ");

const schemaOf = async (database: D1Database): Promise<readonly Row[]> => {
  const rows = await rowsOf(
    database,
    "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE '_cf_%' ORDER BY type, name",
  );
  return rows.map((row) =>
    row["name"] === "d1_migrations" ? { ...row, sql: normal(row["sql"]) } : row,
  );
};

/** In the order of their creation, by which SQLite decides between equally good ones. */
const indexesOf = (database: D1Database): Promise<readonly Row[]> =>
  rowsOf(
    database,
    "SELECT name, tbl_name FROM sqlite_schema WHERE type = 'index' ORDER BY tbl_name, rowid",
  );

/** What differs between two databases that the same migrations made: random values, and times. */
const NEW_EACH_TIME: Readonly<Record<string, readonly string[]>> = {
  state: ["salt", "standings"],
  d1_migrations: ["applied_at"],
};

const isOther = (table: string, column: string): boolean =>
  NEW_EACH_TIME[table]?.includes(column) === true;

const contentOf = async (database: D1Database): Promise<Readonly<Record<string, unknown>>> => {
  const tables = (await schemaOf(database)).filter(({ type }) => type === "table");
  const content: Record<string, unknown> = {};
  for (const table of tables.map(({ name }) => String(name))) {
    const rows = await rowsOf(database, `SELECT * FROM "${table}"`);
    content[table] = rows.map((row) =>
      Object.entries(row).map(([column, value]) => [
        column,
        isOther(table, column) ? [typeof value, String(value).length] : value,
      ]),
    );
  }
  return content;
};

test("the tables, indexes and triggers, and what is in them, are those of the migrations", async () => {
  await applyD1Migrations(env.REPLICA, env.TEST_MIGRATIONS);
  const schema = await schemaOf(env.REPLICA);
  expect(schema.length).toBeGreaterThan(200);
  expect(await schemaOf(env.DB)).toEqual(schema);
  expect(await indexesOf(env.DB)).toEqual(await indexesOf(env.REPLICA));
  const content = await contentOf(env.REPLICA);
  expect(content["d1_migrations"]).toHaveLength(env.TEST_MIGRATIONS.length);
  expect(content["state"]).toHaveLength(1);
  expect(await contentOf(env.DB)).toEqual(content);
});
