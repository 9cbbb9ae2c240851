/** The records of exports: creating one, reading one, and resolving its file. */
import { authorizeSome, type AnonymousAccess } from "../../identity/policy.ts";
import type { Principal } from "../../identity/principal.ts";
import { AppError } from "../../model/error.ts";
import { LIMITS } from "../../model/limits.ts";
import type { InstantMicros } from "../../model/time.ts";
import type { WriteContext } from "../../model/transaction.ts";
import type { ExportFormat, Extract } from "../../query/export.ts";
import { recordEvent } from "../audit/audit.ts";
import { built, db } from "../sql/builder.ts";
import { columnsOf, computed, select, type RowOfColumns } from "../sql/columns.ts";
import type { Session } from "../sql/session.ts";
import { exports, type ExportState } from "../tables/core.ts";
import { confirmRows, type ExportReading, type ListRows } from "./rows.ts";
import { findResponse, foundResponse, saveResponse } from "../write/idempotency.ts";
import { authGuards } from "../accounts/auth-state.ts";
import { readWithMeta } from "../read/meta.ts";
import { refuseWhen } from "../write/guard.ts";
import type { InTurn } from "../tasks/queue.ts";
import { heldOf, isOverQuota, refuseOverQuota } from "../tasks/quota.ts";
import { withRetries } from "../sql/retry.ts";
import { raw, sql, type Sql } from "../sql/template.ts";
import { principalNamed } from "../accounts/users.ts";

/** The query to export, the format, and the principal that the export runs as. */
export interface ExportTask {
  readonly principal: Principal;
  readonly format: ExportFormat;
  readonly extract: Extract;
}

/** An export as its owner sees it. */
export interface ExportRecord {
  readonly id: string;
  readonly state: ExportState;
  readonly format: ExportFormat;
  /** The instant of the exported state. */
  readonly asOf: InstantMicros;
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

const COLUMNS = {
  ...columnsOf(exports, "id", "state", "path", "row_count", "size_bytes", "fault", "created_at"),
  ...columnsOf(exports, "finished_at", "expires_at", "restricted_rows", "attempts"),
  format: computed<ExportFormat>(raw("task ->> '$.format'")),
  as_of: computed<InstantMicros>(raw("task ->> '$.extract.asOf'")),
};

const recordOf = (row: RowOfColumns<typeof COLUMNS>): ExportRecord => ({
  id: row.id,
  state: row.state,
  format: row.format,
  asOf: row.as_of,
  path: row.path,
  rowCount: row.row_count,
  sizeBytes: row.size_bytes,
  fault: row.fault,
  createdAt: row.created_at,
  finishedAt: row.finished_at,
  expiresAt: row.expires_at,
});

const requireFewOpen = (open: number): void => {
  if (open < LIMITS.exportsOpenMax) return;
  throw new AppError(
    "too_many_requests",
    `At most ${LIMITS.exportsOpenMax} exports at a time; wait until one has ended.`,
    { retryAfterSeconds: 10 },
  );
};

const openOf = (principal: Principal): Sql => sql`(SELECT count(*) FROM exports
  WHERE principal = ${principal.id} AND +state IN ('pending', 'running'))`;

const taskText = (task: ExportTask): string => {
  const text = JSON.stringify(task);
  if (new TextEncoder().encode(text).length <= LIMITS.parameterBytesMax) return text;
  const detail = "Expected a smaller query: it is kept until the export has ended.";
  throw new AppError("too_large", detail, {
    details: [{ path: "query", code: "too_large", detail }],
  });
};

const insertion = (id: string, task: ExportTask, now: InstantMicros): Sql =>
  built(
    db.insert(exports).values({
      id,
      principal: task.principal.id,
      state: "pending",
      task: taskText(task),
      attempts: 0,
      created_at: now,
      touched_at: now,
    }),
  );

/** What the creation of an export needs. */
export interface Ordering {
  readonly session: Session;
  readonly anonymousAccess: AnonymousAccess;
  readonly now: InstantMicros;
  readonly inTurn: InTurn;
}

/** An export that a caller requests. */
export interface ExportOrder {
  readonly id: string;
  readonly format: ExportFormat;
  readonly extract: Extract;
}

/** A recorded export, perhaps of an earlier call with the same Idempotency-Key. */
export interface Ordered {
  readonly id: string;
  readonly replayed: boolean;
}

const orderOnce = async (
  { session, anonymousAccess, now }: Ordering,
  principal: Principal,
  context: WriteContext,
  { id, format, extract }: ExportOrder,
): Promise<Ordered> => {
  const answer = await readWithMeta(session, principal, (caller) => [
    select({
      ...heldOf("exports", caller),
      open: computed<number>(openOf(caller)),
      done: computed<number>(sql`EXISTS (SELECT 1 FROM exports WHERE id = ${id})`),
    })``,
    ...findResponse(caller, context, now),
  ]);
  const { principal: caller } = answer;
  authorizeSome(caller, "read", anonymousAccess);
  if (caller.kind === "anonymous") {
    throw new AppError("unauthenticated", "An export needs an owner: send a bearer token.");
  }
  const [[held], [earlierRow] = []] = answer.results;
  // An earlier attempt was committed, but its acknowledgement was lost.
  if (held?.done === 1) return { id, replayed: false };
  const earlier = foundResponse(earlierRow, context);
  if (earlier !== null) return { id: earlier, replayed: true };
  requireFewOpen(held?.open ?? 0);
  refuseOverQuota("exports", held);
  await session.batch([
    ...refuseWhen(authGuards(caller, answer.meta.authEpoch)),
    insertion(id, { principal: caller, format, extract }, now),
    sql`INSERT INTO guard (stale) SELECT ${openOf(caller)} > ${LIMITS.exportsOpenMax}
      OR ${isOverQuota("exports", caller)}`,
    ...saveResponse(caller, context, sql`${id}`, now),
    raw("DELETE FROM guard"),
  ]);
  return { id, replayed: false };
};

/**
 * Records a new export and returns its id, or the id of the earlier one when the call repeats an
 * Idempotency-Key. The bounds also hold for concurrent calls: the batch guards them, and the call that
 * loses the race runs again.
 *
 * @throws AppError `too_many_requests` when the caller has too many exports.
 */
export function orderExport(
  ordering: Ordering,
  principal: Principal,
  context: WriteContext,
  order: ExportOrder,
): Promise<Ordered> {
  return withRetries(ordering.inTurn, () => orderOnce(ordering, principal, context, order));
}

/**
 * Reads one export of the caller, or of any principal for an admin. The file is only given to a caller
 * that may still read every row of it. The disclosure of restricted rows is recorded first.
 *
 * @throws AppError `not_found`; `forbidden` for a caller that may no longer read anything, or not every
 *   row of the file.
 */
export async function readExport(
  reading: ExportReading,
  principal: Principal,
  id: string,
  listRows: ListRows,
): Promise<ExportRecord> {
  const { session, auditContext, anonymousAccess } = reading;
  const answer = await readWithMeta(session, principal, (caller) => {
    authorizeSome(caller, "read", anonymousAccess);
    return [
      select(COLUMNS)`FROM exports WHERE id = ${id}
        AND (principal = ${caller.id} OR ${caller.role === "admin" ? 1 : 0} = 1)`,
    ];
  });
  const [[row]] = answer.results;
  if (row === undefined) throw new AppError("not_found", "There is no such export.");
  const record = recordOf(row);
  if (record.path === null) return record;
  const rowCount = record.rowCount ?? 0;
  const complete = { id, attempt: row.attempts, rowCount };
  const now = await confirmRows(reading, answer.principal, complete, listRows);
  // Rows that were restricted at the time of the export count too. Older exports lack that number: all
  // of their rows count.
  const resources = Math.max(row.restricted_rows ?? rowCount, now ?? 0);
  if (resources > 0) {
    const event = { surface: "store", operation: "download", resources };
    await session.conclude([recordEvent(answer.principal.id, auditContext(), event)]);
  }
  return record;
}

/** A complete export has a path. */
const FILE = { path: computed<string>(raw("path")) };

/**
 * The key of an export's file, for a signed URL, as long as its holder has an account or a key that may
 * read. Undefined when there is no such file, or the holder may no longer read.
 */
export async function exportFile(
  { session, anonymousAccess }: Pick<ExportReading, "session" | "anonymousAccess">,
  id: string,
  holder: string,
): Promise<string | undefined> {
  const principal = await principalNamed(session, holder);
  try {
    const answer = await readWithMeta(session, principal, (caller) => {
      authorizeSome(caller, "read", anonymousAccess);
      return [
        select(FILE)`FROM exports WHERE id = ${id} AND state = 'succeeded'
          AND (principal = ${caller.id} OR ${caller.role === "admin" ? 1 : 0} = 1)`,
      ];
    });
    return answer.results[0][0]?.path;
  } catch (error) {
    const isDenied =
      error instanceof AppError && ["unauthenticated", "forbidden"].includes(error.code);
    if (isDenied) return undefined;
    throw error;
  }
}
