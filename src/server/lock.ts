/** One server per data folder: two would allocate the same numbers. */
import { DatabaseSync } from "node:sqlite";
import { reasonOf, OperatorError } from "./operator-error.ts";

/** Releases the folder. The system does it too when the process dies, however it does. */
export type Release = () => void;

/**
 * Locks a data folder for this process. SQLite's own lock: it ends with the process.
 *
 * @param file the lock's file, which is created and never removed.
 * @throws {OperatorError} when another process has it, or the folder cannot be written.
 */
export function lockFolder(file: string): Release {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: 0 });
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database?.close();
    const reason = reasonOf(error);
    if (/locked|busy/.test(reason)) {
      throw new OperatorError(
        `Another process uses this folder: it holds ${file}. Stop it first.`,
        {
          cause: error,
        },
      );
    }
    throw new OperatorError(`${file} cannot be written: ${reason}`, { cause: error });
  }
  const held = database;
  return () => held.close();
}
