/**
 * Work on exports. Whoever works on one holds a lease: a sign of life renews it, and another may begin
 * anew once it has run out. So none stays running when its worker was stopped.
 */
import { LIMITS } from "../../model/limits.ts";
import type { InstantMicros } from "../../model/time.ts";
import { EXPORT_LEASE, isHeldBy, isLapsed, renewLease, takeLease } from "../leases/lease.ts";
import { columnsOf, computed, returning, select, type RowOfColumns } from "../sql/columns.ts";
import type { Session } from "../sql/session.ts";
import type { ExportTask } from "./exports.ts";
import { raw, sql, type Sql } from "../sql/template.ts";
import { exports } from "../tables/core.ts";

const MICROS_PER_SECOND = 1_000_000;

/** A lease on an export. */
export interface Claim {
  readonly id: string;
  /** Counts the attempts: who began anew holds another claim. */
  readonly attempt: number;
  readonly task: ExportTask;
}

/** Takes an export that nobody works on; undefined when somebody does, or it has ended. */
export const claimExport = async (
  session: Session,
  id: string,
  now: InstantMicros,
): Promise<Claim | undefined> => {
  const which = sql`id = ${id} AND attempts < ${LIMITS.exportAttemptsMax}
    AND (state = 'pending' OR (state = 'running' AND ${isLapsed(EXPORT_LEASE, now)}))`;
  const taking = takeLease(EXPORT_LEASE, now, which, raw("state = 'running'"));
  const [[row]] = await session.batch([returning(taking, columnsOf(exports, "attempts", "task"))]);
  if (row === undefined) return undefined;
  return { id, attempt: row.attempts, task: JSON.parse(row.task) as ExportTask };
};

const holderOf = ({ id, attempt }: Claim) => ({ key: id, holder: attempt });

const held = (claim: Claim): Sql =>
  sql`${isHeldBy(EXPORT_LEASE, holderOf(claim))} AND state = 'running'`;

/** Whatever the work has used: its end has to be recorded. */
const settle = async (session: Session, statement: Sql): Promise<boolean> => {
  const [rows] = await session.conclude([returning(statement, columnsOf(exports, "id"))]);
  return rows.length > 0;
};

/**
 * The task of an export that has ended: without its query where that is a long one, for nobody makes
 * the file again.
 */
const ENDED_TASK =
  raw(`task = CASE WHEN octet_length(task) <= ${LIMITS.exportTaskBytesMax} THEN task
  ELSE json_remove(task, '$.extract.query', '$.extract.request', '$.extract.columns') END`);

/** Renews a lease. False when it was lost: then another works on the export. */
export const touchExport = (session: Session, claim: Claim, now: InstantMicros): Promise<boolean> =>
  settle(session, sql`${renewLease(EXPORT_LEASE, holderOf(claim), now)} AND state = 'running'`);

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
        size_bytes = ${sizeBytes}, restricted_rows = ${restrictedRows},
        finished_at = CAST(${now} AS INTEGER),
        expires_at = CAST(${expiry} AS INTEGER), ${ENDED_TASK} WHERE ${held(claim)}`,
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
        finished_at = CAST(${now} AS INTEGER), ${ENDED_TASK} WHERE ${held(claim)}`,
  );

const STALLED_AT_ONCE = 20;
const EXPIRED_AT_ONCE = 1_000;
const FORGOTTEN_AT_ONCE = 5_000;

/**
 * The exports that nobody works on any more. One that was begun too often is given up.
 */
export const stalledExports = async (
  session: Session,
  now: InstantMicros,
): Promise<readonly string[]> => {
  const open = sql`state IN ('pending', 'running') AND ${isLapsed(EXPORT_LEASE, now)}`;
  const [, rows] = await session.batch([
    sql`UPDATE exports SET state = 'failed', finished_at = CAST(${now} AS INTEGER),
        fault = 'It was stopped several times before it was complete.', ${ENDED_TASK}
      WHERE ${open} AND attempts >= ${LIMITS.exportAttemptsMax}`,
    select(columnsOf(exports, "id"))`FROM exports WHERE ${open} ORDER BY touched_at
      LIMIT ${raw(String(STALLED_AT_ONCE))}`,
  ]);
  return rows.map(({ id }) => id);
};

const FILE = {
  ...columnsOf(exports, "id", "attempts"),
  // A complete export has both.
  path: computed<string>(raw("path")),
  row_count: computed<number>(raw("row_count")),
};

/** A file of an export. */
export type ExpiredFile = RowOfColumns<typeof FILE>;

/** Files of exports whose time is over. */
export const expiredExports = async (
  session: Session,
  now: InstantMicros,
): Promise<readonly ExpiredFile[]> => {
  const [rows] = await session.batch([
    select(FILE)`FROM exports WHERE state = 'succeeded'
      AND expires_at < CAST(${now} AS INTEGER) ORDER BY expires_at
      LIMIT ${raw(String(EXPIRED_AT_ONCE))}`,
  ]);
  return rows;
};

/** Forgets some exports whose files have been gone for as long as they were kept. */
export const forgetExports = async (session: Session, now: InstantMicros): Promise<void> => {
  const kept = 2 * LIMITS.exportKeptHours * 3_600 * MICROS_PER_SECOND;
  await session.batch([
    sql`DELETE FROM exports WHERE id IN (SELECT id FROM exports
      WHERE state IN ('failed', 'expired') AND finished_at < CAST(${now - kept} AS INTEGER)
      ORDER BY finished_at LIMIT ${raw(String(FORGOTTEN_AT_ONCE))})`,
  ]);
};

/** Records that the files of exports are gone. */
export const expireExports = async (session: Session, ids: readonly string[]): Promise<void> => {
  await session.batch([
    sql`UPDATE exports SET state = 'expired', path = NULL
      WHERE id IN (SELECT value FROM json_each(${JSON.stringify(ids)})) AND state = 'succeeded'`,
  ]);
};
