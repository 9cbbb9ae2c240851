/** The queue of copies of harvested files that the Cron Trigger has to verify. */
import type { InstantMicros } from "../../model/time.ts";
import { jsonChunks } from "../sql/chunks.ts";
import { CHECK_LEASE, dropLease, isLapsed, takeLease } from "../leases/lease.ts";
import { columnsOf, computed, insertInto, returning, select } from "../sql/columns.ts";
import type { Session } from "../sql/session.ts";
import { raw, sql, type Sql } from "../sql/template.ts";
import { objectChecks, type resources } from "../tables/core.ts";
import { currentIn, type View } from "../visibility/visible.ts";

const EVERYTHING: View = { visibility: { kind: "everything" }, snapshot: null };

const QUEUED = insertInto(objectChecks, "file", "attempts", "due_at");

/** The statements that enqueue files. */
export function queueChecks(files: readonly string[], now: InstantMicros): readonly Sql[] {
  return jsonChunks(files).map(
    ({ text }) => sql`${QUEUED}
      SELECT value, 0, CAST(${now} AS INTEGER) FROM json_each(${text}) WHERE true
      ON CONFLICT (file) DO UPDATE SET attempts = 0, due_at = excluded.due_at`,
  );
}

/** A file whose copy has to be verified. */
export interface ObjectCheck {
  readonly file: string;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
}

/** Takes the lease of some due files, those waiting longest first. */
export async function claimChecks(
  session: Session,
  now: InstantMicros,
  most: number,
): Promise<readonly ObjectCheck[]> {
  const due = sql`file IN (SELECT file FROM object_checks WHERE ${isLapsed(CHECK_LEASE, now)}
    ORDER BY due_at LIMIT ${raw(String(most))})`;
  const [rows] = await session.batch([
    returning(takeLease(CHECK_LEASE, now, due), columnsOf(objectChecks, "file", "attempts")),
  ]);
  return rows.map(({ file, attempts }) => ({ file, attempt: attempts }));
}

/** Removes a file from the queue, unless it was enqueued again in the meantime. */
export async function endCheck(session: Session, { file, attempt }: ObjectCheck): Promise<void> {
  await session.batch([dropLease(CHECK_LEASE, { key: file, holder: attempt })]);
}

/** The recorded data of a copy. */
export interface StoredCopy {
  /** Payloads, as JSON. */
  readonly file: string;
  readonly location: string;
  readonly transferVersion: number;
}

type Payload = typeof resources.$inferSelect.payload;

const COPY = {
  file: computed<Payload>(raw("f.payload")),
  location: computed<Payload>(raw("l.payload")),
  version: computed<typeof resources.$inferSelect.version>(raw("t.version")),
};

/**
 * The recorded data of a file's copy; undefined when the file was deleted or its transfer is not
 * complete. The location may be a tombstone: its objects still exist.
 */
export async function readCheck(
  session: Session,
  file: string,
  transfer: string,
): Promise<StoredCopy | undefined> {
  const [[row]] = await session.batch([
    select(COPY)`FROM resources f
      CROSS JOIN resources t ON t.identifier = ${transfer}
      CROSS JOIN resources l ON l.identifier = t.payload ->> 'storage_location_id'
      WHERE f.identifier = ${file} AND ${currentIn(EVERYTHING, "f")}
        AND ${currentIn(EVERYTHING, "t")} AND t.payload ->> 'status' = 'completed'`,
  ]);
  if (row === undefined) return undefined;
  return { file: row.file, location: row.location, transferVersion: row.version };
}
