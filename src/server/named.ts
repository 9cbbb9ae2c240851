/** The objects that a database requires, and its last transaction. */
import type { DatabaseSync } from "node:sqlite";

/** An object that must be in the bucket. */
export interface NamedObject {
  readonly key: string;
  /** What arrived, by the database; null when it does not know. */
  readonly bytes: number | null;
  readonly sha256: string | null;
}

/**
 * Objects that the server has seen in the bucket and has not removed: finished uploads, and files
 * of exports.
 */
const SEEN = `SELECT path AS key, size_bytes AS bytes, sha256 FROM uploads WHERE state = 'finished'
  UNION ALL SELECT path, size_bytes, NULL FROM exports WHERE state = 'succeeded' AND path IS NOT NULL`;

/** Reads them one after another. */
export function* seenObjects(database: DatabaseSync): Generator<NamedObject> {
  for (const row of database.prepare(SEEN).iterate()) {
    const { key, bytes, sha256 } = row;
    yield {
      key: String(key),
      bytes: bytes === null ? null : Number(bytes),
      sha256: sha256 === null ? null : String(sha256),
    };
  }
}

/**
 * Keys that resources name, now or in their history. It was never checked whether such an object is
 * in the bucket: a resource may name one that is uploaded later.
 *
 * @param bucket its name.
 */
export function* referredKeys(database: DatabaseSync, bucket: string): Generator<string> {
  const address = `s3://${bucket}/`;
  const rows = database.prepare(
    `SELECT DISTINCT CASE WHEN path LIKE ?1 || '%' THEN substr(path, length(?1) + 1) ELSE path END
     AS key FROM object_references`,
  );
  for (const row of rows.iterate(address)) yield String(row["key"]);
}

/** How many objects of a bucket resources name by its name, now or in their history. */
export function addressesIn(database: DatabaseSync, bucket: string): number {
  const address = `s3://${bucket}/`;
  const row = database
    .prepare(
      "SELECT count(DISTINCT path) AS count FROM object_references WHERE substr(path, 1, length(?1)) = ?1",
    )
    .get(address);
  return Number(row?.["count"]);
}

/** The last transaction of a database, with its instant; null for none. */
export function lastTransaction(
  database: DatabaseSync,
): { readonly transaction: number; readonly recorded_at: number } | null {
  const row = database
    .prepare("SELECT id, recorded_at FROM transactions ORDER BY id DESC LIMIT 1")
    .get();
  return row === undefined
    ? null
    : { transaction: Number(row["id"]), recorded_at: Number(row["recorded_at"]) };
}
