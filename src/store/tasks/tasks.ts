/**
 * The records of tasks: work that continues after the response to its call. Their answers are objects
 * in the bucket; the records hold principal, state and start.
 */
import { and, asc, eq, gte, inArray, isNotNull, lt } from "drizzle-orm";
import type { Principal } from "../../identity/principal.ts";
import { AppError } from "../../model/error.ts";
import { LIMITS } from "../../model/limits.ts";
import type { InstantMicros } from "../../model/time.ts";
import { built, db, listed } from "../sql/builder.ts";
import { columnsOf, computed, returning, select } from "../sql/columns.ts";
import type { Session } from "../sql/session.ts";
import { tasks, type TaskForm } from "../tables/core.ts";
import { authGuards } from "../accounts/auth-state.ts";
import { isSilent } from "../leases/lease.ts";
import { readWithMeta } from "../read/meta.ts";
import { refuseWhen } from "../write/guard.ts";
import type { InTurn } from "./queue.ts";
import { bytesHeld, bytesMax, heldOf, isOverQuota, refuseOverQuota } from "./quota.ts";
import { withRetries } from "../sql/retry.ts";
import { raw, sql } from "../sql/template.ts";

const MICROS_PER_HOUR = 3_600_000_000;

/** Tasks that started before this instant have expired. */
const taskExpiry = (now: InstantMicros): InstantMicros => now - LIMITS.taskHours * MICROS_PER_HOUR;

/** The answer of a finished task. */
export interface TaskAnswer {
  /** HTTP status. */
  readonly status: number;
  readonly form: TaskForm;
  /** Bytes of the object; 0 for the error that the quota is exhausted, which is always stored. */
  readonly sizeBytes: number;
}

/** A task whose answer is stored. */
export interface FinishedTask extends Omit<TaskAnswer, "sizeBytes"> {
  /** Key of the object. */
  readonly object: string;
}

/** What the start of a task needs. */
export interface Beginning {
  readonly session: Session;
  readonly now: InstantMicros;
  readonly inTurn: InTurn;
}

/** A new task: its handle, and the key that its answer will have. */
export interface NewTask {
  readonly id: string;
  readonly object: string;
}

const beginOnce = async (
  { session, now }: Beginning,
  principal: Principal,
  { id, object }: NewTask,
): Promise<void> => {
  const answer = await readWithMeta(session, principal, (caller) => [
    select({
      ...heldOf("tasks", caller),
      done: computed<number>(sql`EXISTS (SELECT 1 FROM tasks WHERE id = ${id})`),
    })``,
  ]);
  const { principal: caller } = answer;
  const [[held]] = answer.results;
  if (held?.done === 1) return;
  refuseOverQuota("tasks", held);
  const row = { id, part: 0, principal: caller.id, recorded_at: now, object, size_bytes: 0 };
  await session.batch([
    ...refuseWhen(authGuards(caller, answer.meta.authEpoch)),
    built(db.insert(tasks).values(row)),
    sql`INSERT INTO guard (stale) SELECT ${isOverQuota("tasks", caller)}`,
    raw("DELETE FROM guard"),
  ]);
};

/** Records that the answer of a task is stored, if the quota has room for it. */
const finishTask = async (
  session: Session,
  principal: Principal,
  id: string,
  { status, form, sizeBytes }: TaskAnswer,
): Promise<boolean> => {
  const update = sql`UPDATE tasks SET text = ${String(status)}, form = ${form},
      size_bytes = CAST(${sizeBytes} AS INTEGER)
    WHERE id = ${id} AND part = 0 AND principal = ${principal.id} AND (${sizeBytes} = 0
      OR ${bytesHeld("tasks", principal)} + ${sizeBytes} <= ${bytesMax("tasks")})`;
  const [rows] = await session.conclude([returning(update, columnsOf(tasks, "id"))]);
  return rows.length > 0;
};

const STORED = columnsOf(tasks, "text", "form", "object", "recorded_at");

/**
 * The finished task of the principal itself; null while it is running.
 *
 * @throws AppError `not_found` for anything else; `unavailable` when the work was stopped.
 */
const readTask = async (
  session: Session,
  principal: Principal,
  id: string,
  now: InstantMicros,
): Promise<FinishedTask | null> => {
  const isOwn = (caller: Principal) =>
    and(
      eq(tasks.id, id),
      eq(tasks.part, 0),
      eq(tasks.principal, caller.id),
      gte(tasks.recorded_at, taskExpiry(now)),
      isNotNull(tasks.object),
    );
  const answer = await readWithMeta(session, principal, (caller) => [
    built(db.select(STORED).from(tasks).where(isOwn(caller))),
  ]);
  const [[row]] = answer.results;
  if (row === undefined || row.object === null) {
    throw new AppError("not_found", "There is no such task.");
  }
  const { text: status, form, object } = row;
  if (status !== null && form !== null) return { status: Number(status), form, object };
  if (!isSilent(row.recorded_at, LIMITS.taskSecondsMax, now)) return null;
  throw new AppError(
    "unavailable",
    "The task was stopped before its answer was stored; send the request again.",
    { retryAfterSeconds: 1 },
  );
};

/** The calls on tasks. */
export interface Tasks {
  /** @throws AppError `too_many_requests` when the principal has too many. */
  readonly begin: (principal: Principal, task: NewTask) => Promise<void>;
  /** False when the quota has no room for the answer, or the task was deleted. */
  readonly finish: (principal: Principal, id: string, answer: TaskAnswer) => Promise<boolean>;
  /** Null while the task is running. */
  readonly read: (principal: Principal, id: string) => Promise<FinishedTask | null>;
}

/** The tasks of one request's store. */
export function tasksOf(writer: () => Session, now: () => InstantMicros, inTurn: InTurn): Tasks {
  return {
    begin: (principal, task) =>
      withRetries(inTurn, () =>
        beginOnce({ session: writer(), now: now(), inTurn }, principal, task),
      ),
    finish: (principal, id, answer) => finishTask(writer(), principal, id, answer),
    read: (principal, id) => readTask(writer(), principal, id, now()),
  };
}

const EXPIRED_AT_ONCE = 1_000;

/** Some expired tasks, with the keys of their answers. */
export async function expiredTasks(
  session: Session,
  now: InstantMicros,
): Promise<readonly { readonly id: string; readonly object: string | null }[]> {
  const expired = and(eq(tasks.part, 0), lt(tasks.recorded_at, taskExpiry(now)));
  const some = db
    .select(columnsOf(tasks, "id", "object"))
    .from(tasks)
    .where(expired);
  const statement = built(some.orderBy(asc(tasks.recorded_at)).limit(EXPIRED_AT_ONCE));
  const [rows] = await session.batch([statement]);
  return rows;
}

/** Deletes the records of tasks whose answers were deleted. */
export async function forgetTasks(session: Session, ids: readonly string[]): Promise<void> {
  const isGone = inArray(tasks.id, listed(JSON.stringify(ids)));
  await session.batch([built(db.delete(tasks).where(isGone))]);
}
