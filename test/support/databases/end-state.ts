/** What all migrations make of an empty database, in the fewest statements. */
import { DatabaseSync } from "node:sqlite";
import { RECORD_MIGRATION, RECORD_TABLE } from "../../../src/server/migrations.ts";

/** A migration as its statements. */
interface SplitMigration {
  readonly name: string;
  readonly queries: readonly string[];
}

/** Tables stand before what lies on them; otherwise the order in which they were created. */
const SCHEMA = `SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
  ORDER BY type <> 'table', rowid`;

const TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";

/** Inserts the rows of a table. */
const insertsOf = (database: DatabaseSync, table: string): readonly string[] => {
  const columns = database.prepare("SELECT name FROM pragma_table_info(?)").all(table);
  const names = columns.map(({ name }) => `"${String(name)}"`);
  const values = names.map((name) => `quote(${name})`).join(" || ', ' || ");
  return database
    .prepare(`SELECT ${values} AS literals FROM "${table}"`)
    .all()
    .map(
      (row) => `INSERT INTO "${table}" (${names.join(", ")}) VALUES (${String(row["literals"])})`,
    );
};

/**
 * The statements that make an empty database what the migrations make of it, random values included:
 * a quarter as many as the migrations have, which change what earlier ones made.
 */
export const endState = (migrations: readonly SplitMigration[]): string[] => {
  const database = new DatabaseSync(":memory:");
  database.exec(RECORD_TABLE);
  for (const { name, queries } of migrations) {
    for (const query of queries) database.exec(query);
    database.prepare(RECORD_MIGRATION).run(name);
  }
  const schema = database.prepare(SCHEMA).all();
  const tables = database.prepare(TABLES).all();
  return [
    ...schema.map(({ sql }) => String(sql)),
    ...tables.flatMap(({ name }) => insertsOf(database, String(name))),
  ];
};
