/** Copies a data folder to one file while the server runs. */
import { createReadStream, existsSync, mkdtempSync, renameSync, rmSync, statSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import {
  createTally,
  DATA_PREFIX,
  FORMAT,
  HEADER_NAME,
  MANIFEST_NAME,
  STORE_FORMAT,
  type BackupFile,
  type BackupHeader,
  type Manifest,
} from "./backup-format.ts";
import type { S3Access } from "../objects/presign.ts";
import { StoreError } from "../objects/s3/error.ts";
import { addObjects } from "./s3-backup.ts";
import { blobIds, forgetBlobs } from "./bucket.ts";
import { blobFolder, bucketFile, databaseFile, homeOf, LAYOUT } from "./layout.ts";
import type { Settings } from "./dotenv.ts";
import { lastTransaction, seenObjects } from "./named.ts";
import { reasonOf, OperatorError } from "./operator-error.ts";
import { copyDatabase, reading, requireWhole, syncFile } from "./sqlite.ts";
import { storeError } from "./s3-start.ts";
import { openStore, storeOf } from "./s3-store.ts";
import { writeTar, type TarWriter } from "./tar.ts";

/** What is copied, and where to. */
export interface BackupOptions {
  /** The server's folder. */
  readonly folder: string;
  /** A file that does not exist. */
  readonly file: string;
  /** Version of this program. */
  readonly version: string;
  /** Of the server; needed when its objects are in an S3 store. */
  readonly settings: () => Settings;
}

/** What a backup holds. */
export interface BackupReport {
  readonly transaction: number | null;
  readonly files: number;
  readonly bytes: number;
}

interface Snapshots {
  readonly database: string;
  /** Undefined when there was never an object. */
  readonly bucket: string | undefined;
}

/**
 * The database first: whatever it names is already in the bucket, and objects are never
 * overwritten.
 */
const snapshots = async (
  data: string,
  folder: string,
  store: S3Access | undefined,
): Promise<Snapshots> => {
  requireWhole(databaseFile(data));
  const database = join(folder, "database.sqlite");
  await copyDatabase(databaseFile(data), database);
  if (store !== undefined || !existsSync(bucketFile(data))) return { database, bucket: undefined };
  requireWhole(bucketFile(data));
  const bucket = join(folder, "bucket.sqlite");
  await copyDatabase(bucketFile(data), bucket);
  return { database, bucket };
};

const addFile = async (tar: TarWriter, name: string, path: string): Promise<BackupFile> => {
  const tally = createTally();
  const stream = createReadStream(path, { highWaterMark: 1_048_576 });
  await tar.add(name, statSync(path).size, tally.through(stream));
  return { name, ...tally.total() };
};

async function* textBytes(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

const addText = async (tar: TarWriter, name: string, value: unknown): Promise<void> => {
  const text = JSON.stringify(value);
  await tar.add(name, Buffer.byteLength(text), textBytes(text));
};

interface Blobs {
  readonly files: readonly BackupFile[];
  /** What was removed between the copy of the bucket's database and now. */
  readonly gone: readonly string[];
}

const addBlobs = async (tar: TarWriter, data: string, bucket: string): Promise<Blobs> => {
  const files: BackupFile[] = [];
  const gone: string[] = [];
  for (const id of blobIds(bucket)) {
    const path = join(blobFolder(data), id);
    if (existsSync(path))
      files.push(await addFile(tar, `${DATA_PREFIX}${LAYOUT.blobs}/${id}`, path));
    else gone.push(id);
  }
  return { files, gone };
};

/**
 * An object that was removed meanwhile is not in the backup. If the database requires it, the
 * backup fails.
 */
const settle = ({ database, bucket }: Snapshots, gone: readonly string[]): void => {
  if (bucket === undefined || gone.length === 0) return;
  const copy = new DatabaseSync(bucket);
  const lost = new Set(forgetBlobs(copy, gone));
  copy.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  copy.close();
  requireNone(database, (key) => lost.has(key));
};

/** None of the objects that the database requires may be missing. */
const requireNone = (database: string, isMissing: (key: string) => boolean): void => {
  const needed = reading(database, (source) =>
    [...seenObjects(source)].find(({ key }) => isMissing(key)),
  );
  if (needed === undefined) return;
  throw new OperatorError(
    `The object ${needed.key} is named and its bytes are missing. vxdata check tells more; if an export expired at this moment, run the backup again.`,
  );
};

const addStore = async (
  tar: TarWriter,
  store: S3Access,
  database: string,
): Promise<readonly BackupFile[]> => {
  let files: readonly BackupFile[];
  try {
    files = await addObjects(tar, openStore(store));
  } catch (error) {
    throw error instanceof StoreError ? storeError(store, error) : error;
  }
  const keys = new Set(files.map(({ object }) => object?.key));
  requireNone(database, (key) => !keys.has(key));
  return files;
};

const headerOf = (database: string, version: string, format: number): BackupHeader => {
  const last = reading(database, lastTransaction);
  const created_at = new Date().toISOString();
  const { transaction, recorded_at } = last ?? { transaction: null, recorded_at: null };
  return { format, version, created_at, transaction, recorded_at };
};

interface Filling {
  readonly data: string;
  readonly version: string;
  readonly copies: Snapshots;
  readonly store: S3Access | undefined;
}

const fill = async (
  handle: FileHandle,
  { data, version, copies, store }: Filling,
): Promise<Manifest> => {
  const tar = writeTar(handle);
  const format = store === undefined ? FORMAT : STORE_FORMAT;
  const header = headerOf(copies.database, version, format);
  await addText(tar, HEADER_NAME, header);
  const files = [await addFile(tar, `${DATA_PREFIX}${LAYOUT.database}`, copies.database)];
  if (copies.bucket !== undefined) {
    const blobs = await addBlobs(tar, data, copies.bucket);
    settle(copies, blobs.gone);
    files.push(...blobs.files);
    files.push(await addFile(tar, `${DATA_PREFIX}${LAYOUT.bucket}`, copies.bucket));
  }
  if (store !== undefined) files.push(...(await addStore(tar, store, copies.database)));
  const manifest = { ...header, files };
  await addText(tar, MANIFEST_NAME, manifest);
  await tar.end();
  await handle.sync();
  return manifest;
};

/**
 * Writes a backup: the database at one transaction, and every object that it names. The server may
 * run. The file gets its name when it is complete and on the disk.
 *
 * @throws {OperatorError} when the file exists, there is nothing to copy, something is damaged or the
 * disk full.
 */
export async function backUp(options: BackupOptions): Promise<BackupReport> {
  const { folder, file, version, settings } = options;
  const home = homeOf(folder);
  const { data } = home;
  const target = resolve(file);
  if (existsSync(target)) throw new OperatorError(`${target} exists already; name another file.`);
  if (!existsSync(databaseFile(data)))
    throw new OperatorError(`${folder} holds no data of a server.`);
  const store = storeOf(home, settings);
  let work: string | undefined;
  try {
    work = mkdtempSync(join(dirname(target), `.${basename(target)}-`));
    const draft = join(work, "backup");
    const handle = await open(draft, "wx", 0o600);
    try {
      const copies = await snapshots(data, work, store);
      const { files, transaction } = await fill(handle, { data, version, copies, store });
      renameSync(draft, target);
      syncFile(dirname(target));
      const bytes = files.reduce((sum, each) => sum + each.bytes, 0);
      return { transaction, files: files.length, bytes };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(`${target} cannot be written: ${reasonOf(error)}`, { cause: error });
  } finally {
    if (work !== undefined) rmSync(work, { recursive: true, force: true });
  }
}
