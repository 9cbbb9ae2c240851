/** The record of exports as their owners see it: ordered, and asked for. */
import { authorizeSome, type Openness } from "../../identity/policy.ts";
import type { Principal } from "../../identity/principal.ts";
import { AppError } from "../../model/error.ts";
import { LIMITS } from "../../model/limits.ts";
import type { InstantMicros } from "../../model/time.ts";
import type { WriteContext } from "../../model/transaction.ts";
import type { ExportFormat, Extract } from "../../query/export.ts";
import { recordEvent } from "../audit/audit.ts";
import type { DatabaseRow, Session } from "../sql/session.ts";
import { confirmRows, type ExportReading, type ListRows } from "./rows.ts";
import { recall, recalled, remember } from "../write/idempotency.ts";
import { standingGuards } from "../accounts/auth-state.ts";
import { askWithMeta } from "../read/meta.ts";
import { refuseWhen } from "../write/guard.ts";
import type { InTurn } from "../tasks/queue.ts";
import { bytesHeld, isOverQuota, itemsHeld, refuseOverQuota } from "../tasks/quota.ts";
import { withRetries } from "../sql/retry.ts";
import { raw, sql, type Sql } from "../sql/template.ts";
import { principalNamed } from "../accounts/users.ts";

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
  readonly format: ExportFormat;
  /** The instant of the state that it shows. */
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

const COLUMNS = raw(
  "id, state, task ->> '$.format' AS format, task ->> '$.extract.asOf' AS as_of, path, row_count, size_bytes, fault, created_at, finished_at, expires_at",
);

const recordOf = (row: DatabaseRow): ExportRecord => ({
  id: row["id"] as string,
  state: row["state"] as ExportState,
  format: row["format"] as ExportFormat,
  asOf: row["as_of"] as number,
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

const insertion = (id: string, task: ExportTask, now: InstantMicros): Sql => sql`
  INSERT INTO exports (id, principal, state, task, attempts, created_at, touched_at)
  VALUES (${id}, ${task.principal.id}, 'pending', ${taskText(task)}, 0,
    CAST(${now} AS INTEGER), CAST(${now} AS INTEGER))`;

/** What a new export needs from its surroundings. */
export interface Ordering {
  readonly session: Session;
  readonly openness: Openness;
  readonly now: InstantMicros;
  readonly inTurn: InTurn;
}

/** An export that a caller orders. */
export interface ExportOrder {
  readonly id: string;
  readonly format: ExportFormat;
  readonly extract: Extract;
}

/** An order that was recorded, perhaps by an earlier call with the same Idempotency-Key. */
export interface Ordered {
  readonly id: string;
  readonly replayed: boolean;
}

const orderOnce = async (
  { session, openness, now }: Ordering,
  principal: Principal,
  context: WriteContext,
  { id, format, extract }: ExportOrder,
): Promise<Ordered> => {
  const answer = await askWithMeta(session, principal, (caller) => [
    sql`SELECT ${openOf(caller)} AS open, ${itemsHeld("exports", caller)} AS items,
      ${bytesHeld("exports", caller)} AS bytes,
      EXISTS (SELECT 1 FROM exports WHERE id = ${id}) AS done`,
    ...recall(caller, context, now),
  ]);
  const { principal: caller } = answer;
  authorizeSome(caller, "read", openness);
  if (caller.kind === "anonymous") {
    throw new AppError("unauthenticated", "An export belongs to somebody: send a bearer token.");
  }
  const held = answer.results[0]?.[0];
  // An attempt of before took effect although its acknowledgement was lost.
  if (held?.["done"] === 1) return { id, replayed: false };
  const earlier = recalled(answer.results[1]?.[0], context);
  if (earlier !== null) return { id: earlier, replayed: true };
  refuseMany(held);
  refuseOverQuota("exports", held);
  await session.batch([
    ...refuseWhen(standingGuards(caller, answer.meta.standings)),
    insertion(id, { principal: caller, format, extract }, now),
    sql`INSERT INTO guard (stale) SELECT ${openOf(caller)} > ${LIMITS.exportsOpenMax}
      OR ${isOverQuota("exports", caller)}`,
    ...remember(caller, context, sql`${id}`, now),
    raw("DELETE FROM guard"),
  ]);
  return { id, replayed: false };
};

/**
 * Records a new export, and answers its id: that of the earlier one when the call is a repetition
 * with the same Idempotency-Key. The bounds hold also among orders at the same time: the batch guards
 * them, and who was slower looks again.
 *
 * @throws AppError `too_many_requests` when the caller has too many.
 */
export const orderExport = (
  ordering: Ordering,
  principal: Principal,
  context: WriteContext,
  order: ExportOrder,
): Promise<Ordered> =>
  withRetries(ordering.inTurn, () => orderOnce(ordering, principal, context, order));

/**
 * One export of the caller, or of anybody for an admin. Its file is for who still sees every row of it;
 * with it goes what is restricted in it: that is recorded first.
 *
 * @throws AppError `not_found`, and `forbidden` for who may read nothing any more, or not all of the
 *   file.
 */
export const readExport = async (
  reading: ExportReading,
  principal: Principal,
  id: string,
  listRows: ListRows,
): Promise<ExportRecord> => {
  const { session, trail, openness } = reading;
  const answer = await askWithMeta(session, principal, (caller) => {
    authorizeSome(caller, "read", openness);
    return [
      sql`SELECT ${COLUMNS}, restricted_rows, attempts FROM exports WHERE id = ${id}
        AND (principal = ${caller.id} OR ${caller.role === "admin" ? 1 : 0} = 1)`,
    ];
  });
  const row = answer.results[0]?.[0];
  if (row === undefined) throw new AppError("not_found", "There is no such export.");
  const record = recordOf(row);
  if (record.path === null) return record;
  const rowCount = record.rowCount ?? 0;
  const complete = { id, attempt: row["attempts"] as number, rowCount };
  const now = await confirmRows(reading, answer.principal, complete, listRows);
  // What was restricted then and is open now is recorded as well. Of an older export nobody knows.
  const then = row["restricted_rows"] as number | null;
  const resources = Math.max(then ?? rowCount, now ?? 0);
  if (resources > 0) {
    const event = { surface: "store", operation: "download", resources };
    await session.conclude([recordEvent(answer.principal.id, trail(), event)]);
  }
  return record;
};

/**
 * The key of an export's file, for a signed address that was given to somebody: as long as that one has
 * an account or a key with which it may read. Undefined when there is none, or nobody any more.
 */
export const exportFile = async (
  { session, openness }: Pick<ExportReading, "session" | "openness">,
  id: string,
  holder: string,
): Promise<string | undefined> => {
  const principal = await principalNamed(session, holder);
  try {
    const answer = await askWithMeta(session, principal, (caller) => {
      authorizeSome(caller, "read", openness);
      return [
        sql`SELECT path FROM exports WHERE id = ${id} AND state = 'succeeded'
          AND (principal = ${caller.id} OR ${caller.role === "admin" ? 1 : 0} = 1)`,
      ];
    });
    return answer.results[0]?.[0]?.["path"] as string | undefined;
  } catch (error) {
    const isOver =
      error instanceof AppError && ["unauthenticated", "forbidden"].includes(error.code);
    if (isOver) return undefined;
    throw error;
  }
};
