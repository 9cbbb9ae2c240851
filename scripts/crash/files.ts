// The database files that a killed server leaves behind.
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { brokenInvariants, integrityErrors } from "../../src/server/invariants.ts";

const databasesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".sqlite"))
    .map((path) => join(folder, path));

const copyTo = (folder: string, path: string): string => {
  const copy = join(folder, basename(path));
  copyFileSync(path, copy);
  // The latest commits are in the write-ahead log.
  const log = `${basename(path)}-wal`;
  if (readdirSync(join(path, "..")).includes(log)) {
    copyFileSync(`${path}-wal`, join(folder, log));
  }
  return copy;
};

const firstOf = (database: DatabaseSync, sql: string): unknown =>
  Object.values(database.prepare(sql).get() ?? {})[0];

const isOurs = (database: DatabaseSync): boolean =>
  firstOf(database, "SELECT count(*) FROM sqlite_schema WHERE name = 'transactions'") === 1;

const errorsOf = (path: string): readonly string[] => {
  const database = new DatabaseSync(path);
  try {
    const errors = integrityErrors(database);
    return isOurs(database) ? [...errors, ...brokenInvariants(database)] : errors;
  } finally {
    database.close();
  }
};

/**
 * Checks copies of all database files below a folder.
 * @returns how many there are.
 * @throws {Error} naming what is wrong with one.
 */
export const checkFiles = (persistTo: string): number => {
  const paths = databasesIn(persistTo);
  if (paths.length === 0) throw new Error(`there is no database below ${persistTo}`);
  for (const path of paths) {
    const folder = mkdtempSync(join(tmpdir(), "vxdata-crash-copy-"));
    try {
      const errors = errorsOf(copyTo(folder, path));
      if (errors.length > 0) throw new Error(`${basename(path)}: ${errors.join("; ")}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return paths.length;
};
