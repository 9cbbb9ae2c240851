// The database files that a killed server leaves behind.
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const databasesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".sqlite"))
    .map((path) => join(folder, path));

const copyTo = (folder: string, path: string): string => {
  const copy = join(folder, basename(path));
  copyFileSync(path, copy);
  // What was committed last stands in the write-ahead log.
  const log = `${basename(path)}-wal`;
  if (readdirSync(join(path, "..")).includes(log)) {
    copyFileSync(`${path}-wal`, join(folder, log));
  }
  return copy;
};

const firstOf = (database: DatabaseSync, sql: string): unknown =>
  Object.values(database.prepare(sql).get() ?? {})[0];

/** What only this product's database can be asked, and must answer with 0. */
const INVARIANTS: readonly (readonly [string, string])[] = [
  ["preconditions left over", "SELECT count(*) FROM guard"],
  [
    "live rows without projection, or the reverse",
    `SELECT (SELECT count(*) FROM resources WHERE payload_type = 'dataset' AND is_deleted = 0)
      - (SELECT count(*) FROM x_dataset)`,
  ],
  [
    "versions without transaction",
    "SELECT count(*) FROM resources WHERE tx_from NOT IN (SELECT id FROM transactions)",
  ],
  [
    "gaps between versions",
    `SELECT count(*) FROM resources r WHERE r.version <>
      1 + (SELECT count(*) FROM history h WHERE h.identifier = r.identifier)`,
  ],
  [
    "registrations without resource",
    "SELECT count(*) FROM allocations WHERE identifier NOT IN (SELECT identifier FROM resources)",
  ],
  [
    "transactions that are less than they say",
    `SELECT count(*) FROM transactions t WHERE t.resources <>
      t.created + json_array_length(t.changed) OR t.created <>
      (SELECT count(*) FROM resources r WHERE r.rid >= t.first_rid AND r.rid < t.first_rid + t.created)`,
  ],
];

const isOurs = (database: DatabaseSync): boolean =>
  firstOf(database, "SELECT count(*) FROM sqlite_schema WHERE name = 'transactions'") === 1;

const faultsOf = (path: string): readonly string[] => {
  const database = new DatabaseSync(path);
  try {
    const integrity = firstOf(database, "PRAGMA integrity_check");
    const faults = integrity === "ok" ? [] : [`integrity check: ${String(integrity)}`];
    if (!isOurs(database)) return faults;
    const broken = INVARIANTS.filter(([, sql]) => firstOf(database, sql) !== 0);
    return [...faults, ...broken.map(([what]) => what)];
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
      const faults = faultsOf(copyTo(folder, path));
      if (faults.length > 0) throw new Error(`${basename(path)}: ${faults.join("; ")}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return paths.length;
};
