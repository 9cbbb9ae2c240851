/** Copies of harvested files that are still to be read through: a queue, worked on by the clock. */
import { LIMITS } from "../../model/limits.ts";
import type { InstantMicros } from "../../model/time.ts";
import { jsonChunks } from "../sql/chunks.ts";
import type { Session } from "../sql/session.ts";
import { raw, sql, type Sql } from "../sql/template.ts";
import { currentIn, type View } from "../visibility/visible.ts";

const EVERYTHING: View = { sight: { kind: "everything" }, snapshot: null };

const MICROS_PER_SECOND = 1_000_000;

/** The statements that put files into the queue. */
export const queueChecks = (files: readonly string[], now: InstantMicros): readonly Sql[] =>
  jsonChunks(files).map(
    ({ text }) => sql`INSERT INTO object_checks (file, attempts, due_at)
      SELECT value, 0, CAST(${now} AS INTEGER) FROM json_each(${text}) WHERE true
      ON CONFLICT (file) DO UPDATE SET attempts = 0, due_at = excluded.due_at`,
  );

/** A file whose copy is to be read through. */
export interface ObjectCheck {
  readonly file: string;
  /** Counts the times that it was begun, from 1. */
  readonly attempt: number;
}

/** Takes some files that are due, those waiting longest first; nobody else gets them for a while. */
export const claimChecks = async (
  session: Session,
  now: InstantMicros,
  most: number,
): Promise<readonly ObjectCheck[]> => {
  const until = now + LIMITS.objectCheckSeconds * MICROS_PER_SECOND;
  const [rows = []] = await session.batch([
    sql`UPDATE object_checks SET attempts = attempts + 1, due_at = CAST(${until} AS INTEGER)
      WHERE file IN (SELECT c.file FROM object_checks c WHERE c.due_at <= CAST(${now} AS INTEGER)
        ORDER BY c.due_at LIMIT ${raw(String(most))}) RETURNING file, attempts`,
  ]);
  return rows.map((row) => ({ file: row["file"] as string, attempt: row["attempts"] as number }));
};

/** Takes a file out of the queue, unless it was put there anew meanwhile. */
export const endCheck = async (session: Session, { file, attempt }: ObjectCheck): Promise<void> => {
  await session.batch([
    sql`DELETE FROM object_checks WHERE file = ${file} AND attempts = ${attempt}`,
  ]);
};

/** A copy as it is recorded. */
export interface StoredCopy {
  /** Payloads, as JSON. */
  readonly file: string;
  readonly location: string;
  readonly transferVersion: number;
}

/**
 * What is recorded of a file's copy; undefined where the file is gone or its transfer not complete.
 * The location may be a tombstone: what was copied to it lies there still.
 */
export const readCheck = async (
  session: Session,
  file: string,
  transfer: string,
): Promise<StoredCopy | undefined> => {
  const [[row] = []] = await session.batch([
    sql`SELECT f.payload AS file, l.payload AS location, t.version AS version FROM resources f
      CROSS JOIN resources t ON t.identifier = ${transfer}
      CROSS JOIN resources l ON l.identifier = t.payload ->> 'storage_location_id'
      WHERE f.identifier = ${file} AND ${currentIn(EVERYTHING, "f")}
        AND ${currentIn(EVERYTHING, "t")} AND t.payload ->> 'status' = 'completed'`,
  ]);
  if (row === undefined) return undefined;
  return {
    file: row["file"] as string,
    location: row["location"] as string,
    transferVersion: row["version"] as number,
  };
};
