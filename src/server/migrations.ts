/** Migrates a local database, as `wrangler d1 migrations apply` does: both use the same record. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { databaseFile } from "./layout.ts";
import { COMPATIBILITY_DATE, DATABASE_ID, quiet } from "./platform.ts";
import { reasonOf, OperatorError } from "./operator-error.ts";
import { reading } from "./sqlite.ts";

/** A migration: its file's name, and its SQL. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
}

/** The migrations in a folder, in order. */
export function readMigrations(folder: string): readonly Migration[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .toSorted()
    .map((name) => ({ name, sql: readFileSync(join(folder, name), "utf8") }));
}

const RECORD = "d1_migrations";

/** The migrations that were applied to the database in a data folder. */
export function appliedMigrations(data: string): ReadonlySet<string> {
  const file = databaseFile(data);
  if (!existsSync(file)) return new Set();
  return reading(file, (database) => {
    const has = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").get(RECORD);
    const rows = has === undefined ? [] : database.prepare(`SELECT name FROM ${RECORD}`).all();
    return new Set(rows.map((row) => String(row["name"])));
  });
}

/**
 * The migrations that were not applied to the database in a data folder.
 * @throws {OperatorError} when one was applied that is not among them: newer code made it.
 */
export function pendingMigrations(
  data: string,
  migrations: readonly Migration[],
): readonly Migration[] {
  const applied = appliedMigrations(data);
  const known = new Set(migrations.map(({ name }) => name));
  const strange = [...applied].filter((name) => !known.has(name));
  if (strange.length > 0) {
    throw new OperatorError(
      `The database in ${data} was made by a newer version: it has seen ${strange.join(", ")}.`,
    );
  }
  return migrations.filter(({ name }) => !applied.has(name));
}

/** Creates the table of applied migrations. */
export const RECORD_TABLE = `CREATE TABLE IF NOT EXISTS ${RECORD} (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`;

/** Records an applied migration by its name. */
export const RECORD_MIGRATION = `INSERT INTO ${RECORD} (name) VALUES (?)`;

/**
 * Applies migrations in order, each as a whole or not at all, while nothing else uses the data.
 *
 * @throws {OperatorError} naming the first that failed.
 */
export async function applyMigrations(
  data: string,
  migrations: readonly Migration[],
): Promise<void> {
  const runtime = new Miniflare(
    convertV4MiniflareOptions({
      ...quiet,
      resourcePersistencePath: data,
      workers: [
        {
          name: "migrations",
          compatibilityDate: COMPATIBILITY_DATE,
          modules: [{ type: "ESModule", path: "none.js", contents: "export default {};" }],
          d1Databases: { DB: DATABASE_ID },
        },
      ],
    }),
  );
  try {
    const database = await runtime.getD1Database("DB", "migrations");
    await database.prepare(RECORD_TABLE).run();
    for (const { name, sql } of migrations) {
      const record = database.prepare(RECORD_MIGRATION).bind(name);
      await database.batch([database.prepare(sql), record]).catch((error: unknown) => {
        const what = `The migration ${name} failed, and changed nothing`;
        throw new OperatorError(`${what}: ${reasonOf(error)}`, { cause: error });
      });
    }
  } finally {
    await runtime.dispose();
  }
}
