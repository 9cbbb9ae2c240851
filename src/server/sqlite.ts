/** Reads SQLite files of the runtime, which may run meanwhile. */
import { closeSync, existsSync, fsyncSync, openSync, readSync, rmSync, statSync } from "node:fs";
import { backup, DatabaseSync } from "node:sqlite";
import { reasonOf, OperatorError } from "./operator-error.ts";

const HEADER_BYTES = 100;
const MAGIC = "SQLite format 3\0";

const headerOf = (file: string): Buffer => {
  const header = Buffer.alloc(HEADER_BYTES);
  const handle = openSync(file, "r");
  try {
    readSync(handle, header, 0, HEADER_BYTES, 0);
  } finally {
    closeSync(handle);
  }
  return header;
};

/** Bytes that the file must have by its own header. */
const bytesPromised = (header: Buffer): number => {
  const size = header.readUInt16BE(16);
  return header.readUInt32BE(28) * (size === 1 ? 65_536 : size);
};

const hasLog = (file: string): boolean =>
  existsSync(`${file}-wal`) && statSync(`${file}-wal`).size > 0;

const quickCheck = (file: string): string => {
  const [error] = reading(file, (database) => database.prepare("PRAGMA quick_check(1)").all());
  return String(Object.values(error ?? {})[0]);
};

/**
 * Checks by its size that a database file is complete: otherwise a truncated one would be noticed
 * only when the missing part is needed. A missing file is no error.
 *
 * @throws {OperatorError} naming the file.
 */
export function requireWhole(file: string): void {
  if (!existsSync(file)) return;
  const { size } = statSync(file);
  const refuse = (what: string): never => {
    throw new OperatorError(`${file} ${what}. Restore a backup: vxdata restore.`);
  };
  // A new file has no header before the write-ahead log was checkpointed.
  if (size === 0 && hasLog(file)) return;
  const header = headerOf(file);
  if (size < HEADER_BYTES || header.toString("latin1", 0, 16) !== MAGIC) {
    refuse("is damaged: it is no database");
  }
  const promised = bytesPromised(header);
  if (size >= promised) return;
  // After a crash the end of the file may still be in the log.
  const error = hasLog(file) ? quickCheck(file) : "";
  if (error !== "ok") refuse(`is cut short: it has ${size} of ${promised} bytes`);
}

/**
 * Reads a database, and closes it.
 *
 * @throws {OperatorError} naming the file, when SQLite cannot read it.
 */
export function reading<Value>(file: string, work: (database: DatabaseSync) => Value): Value {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: 10_000 });
    return work(database);
  } catch (error) {
    if (error instanceof Error && "errcode" in error) {
      throw new OperatorError(`${file} cannot be read: ${reasonOf(error)}`, { cause: error });
    }
    throw error;
  } finally {
    database?.close();
  }
}

/** All pages in one step: a copy in several steps restarts after each write. */
const ALL_PAGES = 2 ** 31 - 1;

/**
 * Copies a database at one transaction, while others write. What was committed before the call is
 * in the copy, which is on the disk when the promise resolves.
 *
 * @param target a file that does not exist.
 * @throws {OperatorError} naming the damaged file.
 */
export async function copyDatabase(file: string, target: string): Promise<void> {
  const source = new DatabaseSync(file, { readOnly: true, timeout: 10_000 });
  try {
    await backup(source, target, { rate: ALL_PAGES });
  } catch (error) {
    rmSync(target, { force: true });
    throw new OperatorError(`${file} cannot be copied to ${target}: ${reasonOf(error)}`, {
      cause: error,
    });
  } finally {
    source.close();
  }
  syncFile(target);
}

/** Waits until a file or folder is on the disk. */
export function syncFile(path: string): void {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
