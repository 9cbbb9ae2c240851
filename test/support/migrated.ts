/** A database in memory with all migrations. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const FOLDER = join(import.meta.dirname, "../../migrations");

const migrate = (): Uint8Array => {
  const database = new DatabaseSync(":memory:");
  for (const name of readdirSync(FOLDER).toSorted()) {
    database.exec(readFileSync(join(FOLDER, name), "utf8"));
  }
  return database.serialize();
};

let image: Uint8Array | undefined;

/** A fresh database, as a new installation has it. The migrations run once; others are copies. */
export const migrated = (): DatabaseSync => {
  const database = new DatabaseSync(":memory:");
  database.deserialize((image ??= migrate()));
  return database;
};
