/**
 * The record of exports. Whoever works on one holds a lease: a sign of life renews it, and another
 * may begin anew once it has run out. So none stays running when its worker was stopped.
 */
import { authorizeSome, type Openness } from "../identity/policy.ts";
import type { Principal } from "../identity/principal.ts";
import { AppError } from "../model/error.ts";
import { LIMITS } from "../model/limits.ts";
import type { InstantMicros } from "../model/time.ts";
import type { WriteContext } from "../model/transaction.ts";
import type { ExportFormat, Extract } from "../query/export.ts";
import { recordEvent, type Trail } from "./audit.ts";
import type { DatabaseRow, Session } from "./database.ts";
import { recall, recalled, remember } from "./idempotency.ts";
import { askWithMeta } from "./meta.ts";
import { raw, sql, type Sql } from "./sql.ts";

/** What is to be written, in which format, and on whose behalf. */
export interface ExportTask {
  readonly principal: Principal;
  readonly format: ExportFormat;
  readonly extract: Extract;
}

/** How far an export has come. */
export type ExportState = "pending" | "running" | "succeeded" | "failed" | "expired";

/** An export as its owner sees it. */
export interface ExportRecord {
  readonly id: string;
  readonly state: ExportState;
  readonly task: ExportTask;
  /** Key of the file; null unless it is complete. */
  readonly path: string | null;
  readonly rowCount: number | null;
  readonly sizeBytes: number | null;
  /** Why it failed. */
  readonly fault: string | null;
  readonly createdAt: InstantMicros;
  readonly finishedAt: InstantMicros | null;
  readonly expiresAt: InstantMicros | null;
}

const MICROS_PER_SECOND = 1_000_000;

const COLUMNS = raw(
  "id, state, task, path, row_count, size_bytes, fault, created_at, finished_at, expires_at",
);

const recordOf = (row: DatabaseRow): ExportRecord => ({
  id: row["id"] as string,
  state: row["state"] as ExportState,
  task: JSON.parse(row["task"] as string) as ExportTask,
  path: row["path"] as string | null,
  rowCount: row["row_count"] as number | null,
  sizeBytes: row["size_bytes"] as number | null,
  fault: row["fault"] as string | null,
  createdAt: row["created_at"] as number,
  finishedAt: row["finished_at"] as number | null,
  expiresAt: row["expires_at"] as number | null,
});

const refuseMany = (row: DatabaseRow | undefined): void => {
  if (((row?.["open"] as number | undefined) ?? 0) < LIMITS.exportsOpenMax) return;
  throw new AppError(
    "too_many_requests",
    `At most ${LIMITS.exportsOpenMax} exports at a time; wait until one has ended.`,
    { retryAfterSeconds: 10 },
  );
};

const insertion = (id: string, task: ExportTask, now: InstantMicros): Sql => sql`
  INSERT INTO exports (id, principal, state, task, attempts, created_at, touched_at)
  VALUES (${id}, ${task.principal.id}, 'pending', ${JSON.stringify(task)}, 0,
    CAST(${now} AS INTEGER), CAST(${now} AS INTEGER))`;

/** What a new export needs from its surroundings. */
export interface Ordering {
  readonly session: Session;
  readonly openness: Openness;
  readonly now: InstantMicros;
}

/**
 * Records a new export, and answers its id: that of the earlier one when the call is a repetition
 * with the same Idempotency-Key.
 *
 * @throws AppError `too_many_requests` when the caller has too many that have not ended.
 */
export const orderExport = async (
  { session, openness, now }: Ordering,
  principal: Principal,
  context: WriteContext,
  order: { readonly id: string; readonly format: ExportFormat; readonly extract: Extract },
): Promise<{ readonly id: string; readonly replayed: boolean }> => {
  const { id, format, extract } = order;
  const answer = await askWithMeta(session, principal, (caller) => [
    sql`SELECT count(*) AS open FROM exports
      WHERE principal = ${caller.id} AND +state IN ('pending', 'running')`,
    ...recall(caller, context, now),
  ]);
  authorizeSome(answer.principal, "read", openness);
  if (answer.principal.kind === "anonymous") {
    throw new AppError("unauthenticated", "An export belongs to somebody: send a bearer token.");
  }
  const earlier = recalled(answer.results[1]?.[0], context);
  if (earlier !== null) return { id: earlier, replayed: true };
  refuseMany(answer.results[0]?.[0]);
  const task = { principal: answer.principal, format, extract };
  await session.batch([
    insertion(id, task, now),
    ...remember(answer.principal, context, sql`${id}`, now),
  ]);
  return { id, replayed: false };
};

/** What a read of an export needs from its surroundings. */
export interface ExportReading {
  readonly session: Session;
  readonly trail: () => Trail;
}

/**
 * One export of the caller, or of anybody for an admin. With its file goes what is restricted in it:
 * that is recorded first.
 *
 * @throws AppError `not_found`.
 */
export const readExport = async (
  { session, trail }: ExportReading,
  principal: Principal,
  id: string,
): Promise<ExportRecord> => {
  const answer = await askWithMeta(session, principal, (caller) => [
    sql`SELECT ${COLUMNS}, restricted_rows FROM exports WHERE id = ${id}
      AND (principal = ${caller.id} OR ${caller.role === "admin" ? 1 : 0} = 1)`,
  ]);
  const row = answer.results[0]?.[0];
  if (row === undefined) throw new AppError("not_found", "There is no such export.");
  const record = recordOf(row);
  // Of an older export nobody knows: then all of its rows may be.
  const resources = (row["restricted_rows"] as number | null) ?? record.rowCount ?? 0;
  if (record.path !== null && resources > 0) {
    const event = { surface: "store", operation: "download", resources };
    await session.batch([recordEvent(answer.principal.id, trail(), event)]);
  }
  return record;
};

/** The key of an export's file, for who holds a signed address; undefined when there is none. */
export const exportFile = async (session: Session, id: string): Promise<string | undefined> => {
  const [rows] = await session.batch([
    sql`SELECT path FROM exports WHERE id = ${id} AND state = 'succeeded'`,
  ]);
  return rows?.[0]?.["path"] as string | undefined;
};

/** A lease on an export. */
export interface Claim {
  readonly id: string;
  /** Counts the attempts: who began anew holds another claim. */
  readonly attempt: number;
  readonly task: ExportTask;
}

const lapsed = (now: InstantMicros): Sql =>
  sql`touched_at < CAST(${now - LIMITS.exportLeaseSeconds * MICROS_PER_SECOND} AS INTEGER)`;

/** Takes an export that nobody works on; undefined when somebody does, or it has ended. */
export const claimExport = async (
  session: Session,
  id: string,
  now: InstantMicros,
): Promise<Claim | undefined> => {
  const [rows] = await session.batch([
    sql`UPDATE exports SET state = 'running', attempts = attempts + 1,
        touched_at = CAST(${now} AS INTEGER)
      WHERE id = ${id} AND attempts < ${LIMITS.exportAttemptsMax}
        AND (state = 'pending' OR (state = 'running' AND ${lapsed(now)}))
      RETURNING attempts, task`,
  ]);
  const row = rows?.[0];
  if (row === undefined) return undefined;
  const task = JSON.parse(row["task"] as string) as ExportTask;
  return { id, attempt: row["attempts"] as number, task };
};

const held = ({ id, attempt }: Claim): Sql =>
  sql`id = ${id} AND attempts = ${attempt} AND state = 'running' RETURNING id`;

const settle = async (session: Session, statement: Sql): Promise<boolean> =>
  ((await session.batch([statement]))[0] ?? []).length > 0;

/** Renews a lease. False when it was lost: then another works on the export. */
export const touchExport = (session: Session, claim: Claim, now: InstantMicros): Promise<boolean> =>
  settle(
    session,
    sql`UPDATE exports SET touched_at = CAST(${now} AS INTEGER) WHERE ${held(claim)}`,
  );

/** The file that an export came to. */
export interface ExportResult {
  readonly path: string;
  readonly rowCount: number;
  readonly sizeBytes: number;
  /** How many of the rows are of restricted resources. */
  readonly restrictedRows: number;
}

/** Records that an export is complete. False when the lease was lost. */
export const finishExport = (
  session: Session,
  claim: Claim,
  { path, rowCount, sizeBytes, restrictedRows }: ExportResult,
  now: InstantMicros,
): Promise<boolean> => {
  const expiry = now + LIMITS.exportKeptHours * 3_600 * MICROS_PER_SECOND;
  return settle(
    session,
    sql`UPDATE exports SET state = 'succeeded', path = ${path}, row_count = ${rowCount},
        size_bytes = ${sizeBytes}, restricted_rows = ${restrictedRows}, finished_at = CAST(${now} AS INTEGER),
        expires_at = CAST(${expiry} AS INTEGER) WHERE ${held(claim)}`,
  );
};

/** Records that an export cannot be made. False when the lease was lost. */
export const failExport = (
  session: Session,
  claim: Claim,
  fault: string,
  now: InstantMicros,
): Promise<boolean> =>
  settle(
    session,
    sql`UPDATE exports SET state = 'failed', fault = ${fault},
        finished_at = CAST(${now} AS INTEGER) WHERE ${held(claim)}`,
  );

const STALLED_AT_ONCE = 20;

/**
 * The exports that nobody works on any more. One that was begun too often is given up.
 */
export const stalledExports = async (
  session: Session,
  now: InstantMicros,
): Promise<readonly string[]> => {
  const open = sql`state IN ('pending', 'running') AND ${lapsed(now)}`;
  const [, rows] = await session.batch([
    sql`UPDATE exports SET state = 'failed', finished_at = CAST(${now} AS INTEGER),
        fault = 'It was stopped several times before it was complete.'
      WHERE ${open} AND attempts >= ${LIMITS.exportAttemptsMax}`,
    sql`SELECT id FROM exports WHERE ${open} ORDER BY touched_at
      LIMIT ${raw(String(STALLED_AT_ONCE))}`,
  ]);
  return (rows ?? []).map((row) => row["id"] as string);
};

/** Files of exports whose time is over. */
export const expiredExports = async (
  session: Session,
  now: InstantMicros,
): Promise<readonly { readonly id: string; readonly path: string }[]> => {
  const [rows] = await session.batch([
    sql`SELECT id, path FROM exports WHERE state = 'succeeded'
      AND expires_at < CAST(${now} AS INTEGER) ORDER BY expires_at LIMIT 500`,
  ]);
  return (rows ?? []) as unknown as readonly { readonly id: string; readonly path: string }[];
};

/** Records that the files of exports are gone. */
export const expireExports = async (session: Session, ids: readonly string[]): Promise<void> => {
  await session.batch([
    sql`UPDATE exports SET state = 'expired', path = NULL
      WHERE id IN (SELECT value FROM json_each(${JSON.stringify(ids)})) AND state = 'succeeded'`,
  ]);
};
