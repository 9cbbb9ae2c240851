/**
 * Work that goes on after its call was answered: begun, finished, and asked for by its principal. The
 * answers themselves lie in the bucket; here stands whose they are, and for how long.
 */
import type { Principal } from "../../identity/principal.ts";
import { AppError } from "../../model/error.ts";
import { LIMITS } from "../../model/limits.ts";
import type { InstantMicros } from "../../model/time.ts";
import type { Session } from "../sql/session.ts";
import { standingGuards } from "../accounts/auth-state.ts";
import { askWithMeta } from "../read/meta.ts";
import { refuseWhen } from "../write/guard.ts";
import type { InTurn } from "./queue.ts";
import { bytesMax, bytesHeld, isOverQuota, itemsHeld, refuseOverQuota } from "./quota.ts";
import { withRetries } from "../sql/retry.ts";
import { raw, sql } from "../sql/template.ts";

const MICROS_PER_HOUR = 3_600_000_000;
const MICROS_PER_SECOND = 1_000_000;

/** Tasks that began before this instant are gone. */
const taskExpiry = (now: InstantMicros): InstantMicros => now - LIMITS.taskHours * MICROS_PER_HOUR;

/**
 * What an answer is kept as: the answer itself; what a find has found, of which it is made again; what
 * a write answered, with what that shows.
 */
export type TaskForm = "answer" | "found" | "written";

/** An answer that was given later. */
export interface TaskAnswer {
  /** HTTP status. */
  readonly status: number;
  readonly form: TaskForm;
  /** Bytes of the object; 0 for one that says that there is no room: there always is for that. */
  readonly sizeBytes: number;
}

/** A task whose answer is kept. */
export interface FinishedTask extends Omit<TaskAnswer, "sizeBytes"> {
  /** Key of the object. */
  readonly object: string;
}

/** What a new task needs from its surroundings. */
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
  const answer = await askWithMeta(session, principal, (caller) => [
    sql`SELECT ${itemsHeld("tasks", caller)} AS items, ${bytesHeld("tasks", caller)} AS bytes,
      EXISTS (SELECT 1 FROM tasks WHERE id = ${id}) AS done`,
  ]);
  const { principal: caller } = answer;
  const held = answer.results[0]?.[0];
  if (held?.["done"] === 1) return;
  refuseOverQuota("tasks", held);
  await session.batch([
    ...refuseWhen(standingGuards(caller, answer.meta.standings)),
    sql`INSERT INTO tasks (id, part, principal, recorded_at, text, object)
      VALUES (${id}, 0, ${caller.id}, ${now}, NULL, ${object})`,
    sql`INSERT INTO guard (stale) SELECT ${isOverQuota("tasks", caller)}`,
    raw("DELETE FROM guard"),
  ]);
};

/** Notes that the answer of a task is kept, where there is room for it. */
const finishTask = async (
  session: Session,
  principal: Principal,
  id: string,
  { status, form, sizeBytes }: TaskAnswer,
): Promise<boolean> => {
  const [rows = []] = await session.conclude([
    sql`UPDATE tasks SET text = ${String(status)}, form = ${form},
        size_bytes = CAST(${sizeBytes} AS INTEGER)
      WHERE id = ${id} AND part = 0 AND principal = ${principal.id} AND (${sizeBytes} = 0
        OR ${bytesHeld("tasks", principal)} + ${sizeBytes} <= ${bytesMax("tasks")})
      RETURNING id`,
  ]);
  return rows.length > 0;
};

/**
 * The finished task of this very principal; null while it is worked on.
 *
 * @throws AppError `not_found` for anything else; `unavailable` when the work was stopped.
 */
const readTask = async (
  session: Session,
  principal: Principal,
  id: string,
  now: InstantMicros,
): Promise<FinishedTask | null> => {
  const answer = await askWithMeta(session, principal, (caller) => [
    sql`SELECT text, form, object, recorded_at FROM tasks WHERE id = ${id} AND part = 0
      AND principal = ${caller.id} AND recorded_at >= ${taskExpiry(now)} AND object IS NOT NULL`,
  ]);
  const row = answer.results[0]?.[0];
  if (row === undefined) throw new AppError("not_found", "There is no such task.");
  const status = row["text"] as string | null;
  if (status !== null) {
    return {
      status: Number(status),
      form: row["form"] as TaskForm,
      object: row["object"] as string,
    };
  }
  const silence = now - (row["recorded_at"] as number);
  if (silence < LIMITS.taskSecondsMax * MICROS_PER_SECOND) return null;
  throw new AppError(
    "unavailable",
    "The work was stopped before its answer was kept; send the request again.",
    { retryAfterSeconds: 1 },
  );
};

/** Work that goes on after its call was answered. */
export interface Tasks {
  /** @throws AppError `too_many_requests` when the principal has too many. */
  readonly begin: (principal: Principal, task: NewTask) => Promise<void>;
  /** False when there is no room for the answer, or the task is gone. */
  readonly finish: (principal: Principal, id: string, answer: TaskAnswer) => Promise<boolean>;
  /** Null while it is worked on. */
  readonly read: (principal: Principal, id: string) => Promise<FinishedTask | null>;
}

/** The tasks of one request's store. */
export const tasksOf = (
  writer: () => Session,
  now: () => InstantMicros,
  inTurn: InTurn,
): Tasks => ({
  begin: (principal, task) =>
    withRetries(inTurn, () =>
      beginOnce({ session: writer(), now: now(), inTurn }, principal, task),
    ),
  finish: (principal, id, answer) => finishTask(writer(), principal, id, answer),
  read: (principal, id) => readTask(writer(), principal, id, now()),
});

const EXPIRED_AT_ONCE = 1_000;

/** Some tasks whose time is over, with the keys of their answers. */
export const expiredTasks = async (
  session: Session,
  now: InstantMicros,
): Promise<readonly { readonly id: string; readonly object: string | null }[]> => {
  const [rows = []] = await session.batch([
    sql`SELECT id, object FROM tasks WHERE part = 0 AND recorded_at < ${taskExpiry(now)}
      ORDER BY recorded_at LIMIT ${raw(String(EXPIRED_AT_ONCE))}`,
  ]);
  return rows as unknown as readonly { readonly id: string; readonly object: string | null }[];
};

/** Forgets tasks whose answers are gone. */
export const forgetTasks = async (session: Session, ids: readonly string[]): Promise<void> => {
  await session.batch([
    sql`DELETE FROM tasks WHERE id IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`,
  ]);
};
