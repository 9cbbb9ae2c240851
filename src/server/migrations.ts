/** Brings a local database up to date, as `wrangler d1 migrations apply` does: both keep one record. */
import { createHash, createHmac } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { COMPATIBILITY_DATE, DATABASE_ID, quiet } from "./platform.ts";

/** A change of the tables: its file's name, and its SQL. */
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

const NAMESPACE = "miniflare-D1DatabaseObject";

/** The name that the runtime gives the file of a database: the id of a Durable Object. */
const fileName = (database: string): string => {
  const key = createHash("sha256").update(NAMESPACE).digest();
  const half = (text: string | Buffer): Buffer =>
    createHmac("sha256", key).update(text).digest().subarray(0, 16);
  const name = half(database);
  return `${Buffer.concat([name, half(name)]).toString("hex")}.sqlite`;
};

/** The file of the database in a data folder; there is none before the first start. */
function databaseFile(data: string): string {
  return join(data, "d1", NAMESPACE, fileName(DATABASE_ID));
}

const RECORD = "d1_migrations";

const appliedIn = (file: string): ReadonlySet<string> => {
  if (!existsSync(file)) return new Set();
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const has = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").get(RECORD);
    const rows = has === undefined ? [] : database.prepare(`SELECT name FROM ${RECORD}`).all();
    return new Set(rows.map((row) => String(row["name"])));
  } finally {
    database.close();
  }
};

/**
 * The migrations that the database in a data folder has not seen.
 * @throws {Error} when the database has seen one that is not among them: newer code made it.
 */
export function pendingMigrations(
  data: string,
  migrations: readonly Migration[],
): readonly Migration[] {
  const applied = appliedIn(databaseFile(data));
  const known = new Set(migrations.map(({ name }) => name));
  const strange = [...applied].filter((name) => !known.has(name));
  if (strange.length > 0) {
    throw new Error(
      `The database in ${data} was made by a newer version: it has seen ${strange.join(", ")}.`,
    );
  }
  return migrations.filter(({ name }) => !applied.has(name));
}

const TABLE = `CREATE TABLE IF NOT EXISTS ${RECORD} (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`;

/** Applies migrations in order, each wholly or not at all, while nothing else runs on the data. */
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
    await database.prepare(TABLE).run();
    for (const { name, sql } of migrations) {
      const record = database.prepare(`INSERT INTO ${RECORD} (name) VALUES (?)`).bind(name);
      await database.batch([database.prepare(sql), record]);
    }
  } finally {
    await runtime.dispose();
  }
}
