/** Creates a data folder from a backup. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { S3Access } from "../objects/presign.ts";
import { proveBucket } from "../objects/s3/prove.ts";
import {
  createTally,
  DATA_PREFIX,
  FORMAT,
  HEADER_NAME,
  isDataFile,
  isObjectFile,
  MANIFEST_NAME,
  STORE_FORMAT,
  type BackupFile,
  type BackupHeader,
  type Manifest,
} from "./backup-format.ts";
import { lackingIn, storeObject, type ObjectFile } from "./s3-backup.ts";
import type { Settings } from "./dotenv.ts";
import { homeOf, LAYOUT, type Home } from "./layout.ts";
import { reasonOf, OperatorError } from "./operator-error.ts";
import { syncFile } from "./sqlite.ts";
import { claimBucket, releaseBucket, storeError } from "./s3-start.ts";
import { newRecord, openStore, storeIn, writeRecord } from "./s3-store.ts";
import { bytesOf, readTar, type TarEntry } from "./tar.ts";

const requireEmpty = (folder: string): void => {
  if (!existsSync(folder)) return;
  const strange = readdirSync(folder).filter((name) => name !== "settings.env");
  if (strange.length === 0) return;
  throw new OperatorError(
    `${folder} is not empty: ${strange.slice(0, 3).join(", ")}. A backup is restored into an empty folder, in which settings.env alone may lie.`,
  );
};

const jsonIn = async (handle: FileHandle, file: string, entry: TarEntry): Promise<unknown> => {
  const pieces: Buffer[] = [];
  for await (const piece of bytesOf(handle, entry)) pieces.push(piece);
  try {
    return JSON.parse(Buffer.concat(pieces).toString("utf8"));
  } catch (error) {
    const what = `${file} is damaged: ${entry.name} cannot be read`;
    throw new OperatorError(`${what} (${reasonOf(error)}).`, { cause: error });
  }
};

const requireKnown = (file: string, header: BackupHeader | undefined): void => {
  if (header === undefined) throw new OperatorError(`${file} is no backup of vxdata.`);
  if (header.format === FORMAT || header.format === STORE_FORMAT) return;
  throw new OperatorError(
    `${file} has the form ${header.format}, of version ${header.version}; this version reads the forms ${FORMAT} and ${STORE_FORMAT}.`,
  );
};

const extract = async (
  handle: FileHandle,
  entry: TarEntry,
  target: string,
): Promise<BackupFile> => {
  const tally = createTally();
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  const out = await open(target, "wx", 0o600);
  try {
    for await (const piece of tally.through(bytesOf(handle, entry))) await out.writeFile(piece);
    await out.sync();
  } finally {
    await out.close();
  }
  return { name: entry.name, ...tally.total() };
};

/** An object of a store is sent there later, from the archive: only its digest is checked here. */
const digest = async (handle: FileHandle, entry: TarEntry): Promise<BackupFile> => {
  const tally = createTally();
  for await (const _ of tally.through(bytesOf(handle, entry)));
  return { name: entry.name, ...tally.total() };
};

interface Unpacked {
  readonly files: ReadonlyMap<string, BackupFile>;
  /** Objects of a store, by their names in the archive. */
  readonly objects: ReadonlyMap<string, TarEntry>;
  readonly manifest: Manifest | undefined;
}

const unpack = async (handle: FileHandle, file: string, work: string): Promise<Unpacked> => {
  const files = new Map<string, BackupFile>();
  const objects = new Map<string, TarEntry>();
  let header: BackupHeader | undefined;
  let manifest: Manifest | undefined;
  for await (const entry of readTar(handle, file)) {
    if (header === undefined) {
      const isHeader = entry.name === HEADER_NAME;
      header = isHeader ? ((await jsonIn(handle, file, entry)) as BackupHeader) : undefined;
      requireKnown(file, header);
    } else if (entry.name === MANIFEST_NAME) {
      manifest = (await jsonIn(handle, file, entry)) as Manifest;
    } else if (isDataFile(entry.name) && !files.has(entry.name)) {
      files.set(entry.name, await extract(handle, entry, join(work, entry.name)));
    } else if (
      header.format === STORE_FORMAT &&
      isObjectFile(entry.name) &&
      !objects.has(entry.name)
    ) {
      files.set(entry.name, await digest(handle, entry));
      objects.set(entry.name, entry);
    } else {
      throw new OperatorError(`${file} is damaged: ${entry.name} does not belong into a backup.`);
    }
  }
  return { files, objects, manifest };
};

const requireSame = (file: string, { files, manifest }: Unpacked): Manifest => {
  if (manifest === undefined) throw new OperatorError(`${file} is cut off: it has no manifest.`);
  for (const { name, bytes, sha256, object } of manifest.files) {
    const found = files.get(name);
    const isNamed = isObjectFile(name) === (object !== undefined);
    if (found?.bytes !== bytes || found.sha256 !== sha256 || !isNamed) {
      throw new OperatorError(`${file} is damaged: ${name} is not what the manifest says.`);
    }
  }
  const isWhole = manifest.files.length === files.size;
  if (isWhole && files.has(`${DATA_PREFIX}${LAYOUT.database}`)) return manifest;
  throw new OperatorError(`${file} is damaged: its manifest does not name the same files.`);
};

/** The store that the settings choose. */
const storeFor = (file: string, settings: Settings): S3Access => {
  const access = storeIn(settings);
  if (access !== undefined) return access;
  throw new OperatorError(
    `${file} holds the objects of an S3 store: put the settings of the one that takes them into settings.env, S3_ENDPOINT and its like.`,
  );
};

/** Copies objects into a store, and claims it for the folder. */
const restoreObjects = async (
  handle: FileHandle,
  home: Home,
  access: S3Access,
  { objects, manifest }: Unpacked,
): Promise<void> => {
  const bucket = openStore(access);
  try {
    await proveBucket(bucket, randomUUID());
    const files = manifest?.files.filter((each) => "object" in each) as readonly ObjectFile[];
    const lacking = await lackingIn(bucket, files);
    const record = newRecord(access);
    await claimBucket(bucket, record);
    try {
      for (const each of lacking) {
        const entry = objects.get(each.name);
        if (entry !== undefined) await storeObject(bucket, each, bytesOf(handle, entry));
      }
    } catch (error) {
      await releaseBucket(bucket).catch(() => undefined);
      throw error;
    }
    writeRecord(home, record);
  } catch (error) {
    throw storeError(access, error);
  }
};

/**
 * Restores a backup. The data appear in the folder when all of them were compared with their
 * digests and are on the disk. Objects of an S3 store are first copied into the one that the
 * settings choose, unless they are there already; nothing there is changed.
 *
 * @param settings of the server; needed for a backup of such objects.
 * @throws {OperatorError} when the folder is not empty, the backup is cut off, damaged or of another
 * format, or the
 * store refuses; the folder is then unchanged.
 */
export async function restore(
  file: string,
  folder: string,
  settings: () => Settings,
): Promise<Manifest> {
  const home = homeOf(folder);
  requireEmpty(folder);
  const existed = existsSync(folder);
  const work = join(folder, ".restoring");
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, "r");
    mkdirSync(work, { recursive: true, mode: 0o700 });
    const unpacked = await unpack(handle, file, work);
    const manifest = requireSame(file, unpacked);
    const names = [...unpacked.files.keys()].filter((name) => !unpacked.objects.has(name));
    for (const each of new Set(names.map((name) => dirname(join(work, name))))) syncFile(each);
    if (manifest.format === STORE_FORMAT) {
      await restoreObjects(handle, home, storeFor(file, settings()), unpacked);
    }
    renameSync(join(work, DATA_PREFIX), home.data);
    rmSync(work, { recursive: true });
    syncFile(folder);
    return manifest;
  } catch (error) {
    rmSync(existed ? work : folder, { recursive: true, force: true });
    writeRecord(home, undefined);
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(`${file} cannot be restored to ${folder}: ${reasonOf(error)}`, {
      cause: error,
    });
  } finally {
    await handle?.close();
  }
}
