/**
 * Leases on exports. The worker of an export holds a lease and renews it. When the lease has expired,
 * another worker starts over, so that no export stays `running` after its worker was stopped.
 */
import { and, asc, eq, gte, inArray, lt, sql as expression } from "drizzle-orm";
import { LIMITS } from "../../model/limits.ts";
import type { InstantMicros } from "../../model/time.ts";
import { EXPORT_LEASE, isHeldBy, isLapsed, renewLease, takeLease } from "../leases/lease.ts";
import { built, db, expressionOf, listed } from "../sql/builder.ts";
import { columnsOf, computed, returning, select, type RowOfColumns } from "../sql/columns.ts";
import type { Session } from "../sql/session.ts";
import type { ExportTask } from "./exports.ts";
import { raw, sql, type Sql } from "../sql/template.ts";
import { exports } from "../tables/core.ts";

const MICROS_PER_SECOND = 1_000_000;

/** A lease on an export. */
export interface Claim {
  readonly id: string;
  /** Number of the attempt: each attempt is another claim. */
  readonly attempt: number;
  readonly task: ExportTask;
}

/** Takes an export that has no worker; undefined when it has one, or has ended. */
export async function claimExport(
  session: Session,
  id: string,
  now: InstantMicros,
): Promise<Claim | undefined> {
  const which = sql`id = ${id} AND attempts < ${LIMITS.exportAttemptsMax}
    AND (state = 'pending' OR (state = 'running' AND ${isLapsed(EXPORT_LEASE, now)}))`;
  const taking = takeLease(EXPORT_LEASE, now, which, raw("state = 'running'"));
  const [[row]] = await session.batch([returning(taking, columnsOf(exports, "attempts", "task"))]);
  if (row === undefined) return undefined;
  return { id, attempt: row.attempts, task: JSON.parse(row.task) as ExportTask };
}

const holderOf = ({ id, attempt }: Claim) => ({ key: id, holder: attempt });

const held = (claim: Claim) =>
  and(expressionOf(isHeldBy(EXPORT_LEASE, holderOf(claim))), eq(exports.state, "running"));

/** Runs an update of a held export, even when the budget is spent: its end has to be recorded. */
const updateHeld = async (session: Session, statement: Sql): Promise<boolean> => {
  const [rows] = await session.conclude([returning(statement, columnsOf(exports, "id"))]);
  return rows.length > 0;
};

/**
 * The task of an export that has ended: a long query is removed, because the file is never made again.
 */
const ENDED_TASK =
  expression.raw(`CASE WHEN octet_length(task) <= ${LIMITS.exportTaskBytesMax} THEN task
  ELSE json_remove(task, '$.extract.query', '$.extract.request', '$.extract.columns') END`);

/** Renews a lease. False when it was lost: then another worker has the export. */
export function touchExport(session: Session, claim: Claim, now: InstantMicros): Promise<boolean> {
  return updateHeld(
    session,
    sql`${renewLease(EXPORT_LEASE, holderOf(claim), now)} AND state = 'running'`,
  );
}

/** The file of a complete export. */
export interface ExportResult {
  readonly path: string;
  readonly rowCount: number;
  readonly sizeBytes: number;
  /** How many of the rows are of restricted resources. */
  readonly restrictedRows: number;
}

/** Records that an export is complete. False when the lease was lost. */
export function finishExport(
  session: Session,
  claim: Claim,
  { path, rowCount, sizeBytes, restrictedRows }: ExportResult,
  now: InstantMicros,
): Promise<boolean> {
  const expiry = now + LIMITS.exportKeptHours * 3_600 * MICROS_PER_SECOND;
  const change = {
    state: "succeeded" as const,
    path,
    row_count: rowCount,
    size_bytes: sizeBytes,
    restricted_rows: restrictedRows,
    finished_at: now,
    expires_at: expiry,
    task: ENDED_TASK,
  };
  return updateHeld(session, built(db.update(exports).set(change).where(held(claim))));
}

/** Records that an export cannot be made. False when the lease was lost. */
export function failExport(
  session: Session,
  claim: Claim,
  message: string,
  now: InstantMicros,
): Promise<boolean> {
  return updateHeld(
    session,
    built(
      db
        .update(exports)
        .set({ state: "failed", fault: message, finished_at: now, task: ENDED_TASK })
        .where(held(claim)),
    ),
  );
}

// Raw text: SQLite uses a partial index only if the statement repeats its condition.
const OPEN = expression.raw("state IN ('pending', 'running')");
const PAST = expression.raw("state IN ('failed', 'expired')");

const STALLED_AT_ONCE = 20;
const EXPIRED_AT_ONCE = 1_000;
const DELETED_AT_ONCE = 5_000;

/** The exports whose worker has stopped. One that was started too often is marked as failed. */
export async function stalledExports(
  session: Session,
  now: InstantMicros,
): Promise<readonly string[]> {
  const open = and(OPEN, expressionOf(isLapsed(EXPORT_LEASE, now)));
  const failure = {
    state: "failed" as const,
    finished_at: now,
    fault: "It was stopped several times before it was complete.",
    task: ENDED_TASK,
  };
  const isLastAttempt = gte(exports.attempts, LIMITS.exportAttemptsMax);
  const stalled = db.select(columnsOf(exports, "id")).from(exports).where(open);
  const [, rows] = await session.batch([
    built(db.update(exports).set(failure).where(and(open, isLastAttempt))),
    built(stalled.orderBy(asc(exports.touched_at)).limit(STALLED_AT_ONCE)),
  ]);
  return rows.map(({ id }) => id);
}

const FILE = {
  ...columnsOf(exports, "id", "attempts"),
  // Not null for a complete export.
  path: computed<string>(raw("path")),
  row_count: computed<number>(raw("row_count")),
};

/** A file of an export. */
export type ExpiredFile = RowOfColumns<typeof FILE>;

/** Files of exports that have expired. */
export async function expiredExports(
  session: Session,
  now: InstantMicros,
): Promise<readonly ExpiredFile[]> {
  const [rows] = await session.batch([
    select(FILE)`FROM exports WHERE state = 'succeeded'
      AND expires_at < CAST(${now} AS INTEGER) ORDER BY expires_at
      LIMIT ${raw(String(EXPIRED_AT_ONCE))}`,
  ]);
  return rows;
}

/** Deletes some records of exports whose files expired as long ago as they were kept. */
export async function forgetExports(session: Session, now: InstantMicros): Promise<void> {
  const kept = 2 * LIMITS.exportKeptHours * 3_600 * MICROS_PER_SECOND;
  const some = db
    .select(columnsOf(exports, "id"))
    .from(exports)
    .where(and(PAST, lt(exports.finished_at, now - kept)))
    .orderBy(asc(exports.finished_at))
    .limit(DELETED_AT_ONCE);
  await session.batch([built(db.delete(exports).where(inArray(exports.id, some)))]);
}

/** Records that the files of exports were deleted. */
export async function expireExports(session: Session, ids: readonly string[]): Promise<void> {
  const isGone = and(
    inArray(exports.id, listed(JSON.stringify(ids))),
    eq(exports.state, "succeeded"),
  );
  await session.batch([
    built(db.update(exports).set({ state: "expired", path: null }).where(isGone)),
  ]);
}
