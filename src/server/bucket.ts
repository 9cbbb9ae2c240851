/** The local bucket, as the runtime stores it: a database of objects, and a file for each blob. */
import { existsSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { reading } from "./sqlite.ts";

/** Bytes in a file of their own: an object, or a part of a multipart upload. */
export interface Blob {
  readonly id: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly md5: string;
}

/** An object of the bucket. */
export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  /** Its bytes in their order. */
  readonly blobs: readonly Blob[];
}

/** Names of the files that a bucket's database needs, including unfinished uploads. */
export function blobIds(bucketFile: string): readonly string[] {
  if (!existsSync(bucketFile)) return [];
  return reading(bucketFile, (database) =>
    database
      .prepare(
        `SELECT blob_id AS id FROM _mf_objects WHERE blob_id IS NOT NULL
         UNION SELECT blob_id FROM _mf_multipart_parts ORDER BY 1`,
      )
      .all()
      .map((row) => row["id"] as string),
  );
}

const PAGE = 1000;

const blobsOf = (database: DatabaseSync, row: Readonly<Record<string, unknown>>): Blob[] => {
  if (row["blob_id"] !== null) {
    return [
      { id: row["blob_id"] as string, bytes: Number(row["size"]), md5: row["etag"] as string },
    ];
  }
  return database
    .prepare(
      `SELECT blob_id, size, checksum_md5 FROM _mf_multipart_parts WHERE object_key = ?
       ORDER BY part_number`,
    )
    .all(row["key"] as string)
    .map((part) => ({
      id: part["blob_id"] as string,
      bytes: Number(part["size"]),
      md5: part["checksum_md5"] as string,
    }));
};

/** Objects by key, the page after a key; empty at the end. */
export function objectsAfter(bucketFile: string, key: string): readonly StoredObject[] {
  if (!existsSync(bucketFile)) return [];
  return reading(bucketFile, (database) =>
    database
      .prepare(
        "SELECT key, blob_id, size, etag FROM _mf_objects WHERE key > ? ORDER BY key LIMIT ?",
      )
      .all(key, PAGE)
      .map((row) => ({
        key: row["key"] as string,
        bytes: Number(row["size"]),
        blobs: blobsOf(database, row),
      })),
  );
}

/** One object; undefined when there is none of this key. */
export function objectAt(bucketFile: string, key: string): StoredObject | undefined {
  if (!existsSync(bucketFile)) return undefined;
  return reading(bucketFile, (database) => {
    const row = database
      .prepare("SELECT key, blob_id, size, etag FROM _mf_objects WHERE key = ?")
      .get(key);
    if (row === undefined) return undefined;
    return { key, bytes: Number(row["size"]), blobs: blobsOf(database, row) };
  });
}

/**
 * Removes objects from a copy of the bucket's database because their bytes were removed while they
 * were copied.
 *
 * @returns their keys; none for parts of unfinished uploads.
 */
export function forgetBlobs(database: DatabaseSync, ids: readonly string[]): readonly string[] {
  const keys = ids.flatMap((id) =>
    database
      .prepare(
        `SELECT key FROM _mf_objects WHERE blob_id = ?1 UNION SELECT object_key FROM
         _mf_multipart_parts WHERE blob_id = ?1 AND object_key IS NOT NULL`,
      )
      .all(id)
      .map((row) => row["key"] as string),
  );
  for (const id of ids) {
    database.prepare("DELETE FROM _mf_multipart_parts WHERE blob_id = ?").run(id);
  }
  for (const key of keys) {
    database.prepare("DELETE FROM _mf_multipart_parts WHERE object_key = ?").run(key);
    database.prepare("DELETE FROM _mf_objects WHERE key = ?").run(key);
  }
  return keys;
}
