/**
 * The content of a backup: a tar archive with a header first, then the files of the data folder,
 * and a manifest with their sizes and digests last. An archive without a manifest is not a backup.
 */
import { createHash } from "node:crypto";
import type { ObjectMetadata } from "../objects/bucket.ts";
import { LAYOUT } from "./layout.ts";

/**
 * The format of a backup whose objects were in the data folder. The number increases when files
 * change their meaning.
 */
export const FORMAT = 1;

/** The format of one whose objects were in an S3 store: each of them is a file. */
export const STORE_FORMAT = 2;

export const HEADER_NAME = "vxdata-backup.json";
export const MANIFEST_NAME = "manifest.json";
/** The folder of an S3 store's objects in the archive: files with numbers for names. */
export const OBJECT_PREFIX = "objects/";
/** The folder of the data in the archive, as in a server's own folder. */
export const DATA_PREFIX = "v3/";

/** The first file: describes the archive. */
export interface BackupHeader {
  readonly format: number;
  /** Version of the program that made it. */
  readonly version: string;
  readonly created_at: string;
  /** The last transaction in it; null for none. */
  readonly transaction: number | null;
  /** When that was recorded, in microseconds since 1970; null for none. */
  readonly recorded_at: number | null;
}

/** The identity of a file in an S3 store. */
export interface BackupObject {
  readonly key: string;
  readonly metadata: ObjectMetadata;
}

/** A file of a backup. */
export interface BackupFile {
  readonly name: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /** Of an object of an S3 store. */
  readonly object?: BackupObject;
}

/** The last file: all others, with the header. */
export interface Manifest extends BackupHeader {
  readonly files: readonly BackupFile[];
}

const BLOB = /^[0-9a-f]{16,128}$/;

/** True for a file of a data folder, by its name in the archive. */
export function isDataFile(name: string): boolean {
  if (!name.startsWith(DATA_PREFIX)) return false;
  const path = name.slice(DATA_PREFIX.length);
  if (path === LAYOUT.database || path === LAYOUT.bucket) return true;
  const folder = `${LAYOUT.blobs}/`;
  return path.startsWith(folder) && BLOB.test(path.slice(folder.length));
}

/** True for an object of an S3 store, by its name in the archive. */
export function isObjectFile(name: string): boolean {
  return /^objects\/[1-9]\d{0,14}$/.test(name);
}

/** Counts and digests bytes that pass through. */
export interface Tally {
  readonly through: (bytes: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array>;
  /** The count and digest of the bytes so far. */
  readonly total: () => Pick<BackupFile, "bytes" | "sha256">;
}

/** Starts counting. */
export function createTally(): Tally {
  const hash = createHash("sha256");
  let count = 0;
  return {
    async *through(bytes) {
      for await (const piece of bytes) {
        hash.update(piece);
        count += piece.length;
        yield piece;
      }
    },
    total: () => ({ bytes: count, sha256: hash.digest("hex") }),
  };
}
