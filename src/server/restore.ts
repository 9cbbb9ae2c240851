/** Makes a data folder of a backup. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  createTally,
  DATA_PREFIX,
  FORMAT,
  HEADER_NAME,
  isDataFile,
  MANIFEST_NAME,
  type BackupFile,
  type BackupHeader,
  type Manifest,
} from "./backup-format.ts";
import { homeOf, LAYOUT } from "./layout.ts";
import { reasonOf, Refusal } from "./refusal.ts";
import { syncFile } from "./sqlite.ts";
import { bytesOf, readTar, type TarEntry } from "./tar.ts";

const requireEmpty = (folder: string): void => {
  if (!existsSync(folder)) return;
  const strange = readdirSync(folder).filter((name) => name !== "settings.env");
  if (strange.length === 0) return;
  throw new Refusal(
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
    throw new Refusal(`${what} (${reasonOf(error)}).`, { cause: error });
  }
};

const requireKnown = (file: string, header: BackupHeader | undefined): void => {
  if (header === undefined) throw new Refusal(`${file} is no backup of vxdata.`);
  if (header.format === FORMAT) return;
  throw new Refusal(
    `${file} has the form ${header.format}, of version ${header.version}; this version reads form ${FORMAT}.`,
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

interface Unpacked {
  readonly files: ReadonlyMap<string, BackupFile>;
  readonly manifest: Manifest | undefined;
}

const unpack = async (handle: FileHandle, file: string, work: string): Promise<Unpacked> => {
  const files = new Map<string, BackupFile>();
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
    } else {
      throw new Refusal(`${file} is damaged: ${entry.name} does not belong into a backup.`);
    }
  }
  return { files, manifest };
};

const requireSame = (file: string, { files, manifest }: Unpacked): Manifest => {
  if (manifest === undefined) throw new Refusal(`${file} is cut off: it has no manifest.`);
  for (const { name, bytes, sha256 } of manifest.files) {
    const found = files.get(name);
    if (found?.bytes !== bytes || found.sha256 !== sha256) {
      throw new Refusal(`${file} is damaged: ${name} is not what the manifest says.`);
    }
  }
  const isWhole = manifest.files.length === files.size;
  if (isWhole && files.has(`${DATA_PREFIX}${LAYOUT.database}`)) return manifest;
  throw new Refusal(`${file} is damaged: its manifest does not name the same files.`);
};

/**
 * Restores a backup. The data appear in the folder when all of them were compared with their digests and
 * are on the disk.
 *
 * @throws {Refusal} when the folder is not empty, or the backup is cut off, damaged or of another form; the
 *   folder is then as it was.
 */
export async function restore(file: string, folder: string): Promise<Manifest> {
  requireEmpty(folder);
  const existed = existsSync(folder);
  const work = join(folder, ".restoring");
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, "r");
    mkdirSync(work, { recursive: true, mode: 0o700 });
    const unpacked = await unpack(handle, file, work);
    const manifest = requireSame(file, unpacked);
    const folders = [...unpacked.files.keys()].map((name) => dirname(join(work, name)));
    for (const each of new Set(folders)) syncFile(each);
    renameSync(join(work, DATA_PREFIX), homeOf(folder).data);
    rmSync(work, { recursive: true });
    syncFile(folder);
    return manifest;
  } catch (error) {
    rmSync(existed ? work : folder, { recursive: true, force: true });
    if (error instanceof Refusal) throw error;
    throw new Refusal(`${file} cannot be restored to ${folder}: ${reasonOf(error)}`, {
      cause: error,
    });
  } finally {
    await handle?.close();
  }
}
