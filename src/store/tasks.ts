/** Work that goes on after its call was answered: begun, finished, and asked for by its principal. */
import { AppError } from "../model/error.ts";
import { LIMITS } from "../model/limits.ts";
import type { InstantMicros } from "../model/time.ts";
import type { Principal } from "../identity/principal.ts";
import type { Session } from "./database.ts";
import { askWithMeta } from "./meta.ts";
import { sql } from "./sql.ts";

const MICROS_PER_HOUR = 3_600_000_000;

/** Tasks that began before this instant are gone. */
export const taskExpiry = (now: InstantMicros): InstantMicros =>
  now - LIMITS.taskHours * MICROS_PER_HOUR;

/** An answer that was given later. */
export interface TaskAnswer {
  readonly status: number;
  readonly text: string;
}

/** Notes that a task has begun. */
const beginTask = async (
  session: Session,
  principal: Principal,
  id: string,
  now: InstantMicros,
): Promise<void> => {
  await session.batch([
    sql`INSERT INTO tasks (id, part, principal, recorded_at, text)
      VALUES (${id}, 0, ${principal.id}, ${now}, NULL)`,
  ]);
};

/** A third of the bytes that a value may have: every UTF-16 unit is at most three. */
const PIECE_LENGTH = Math.floor(LIMITS.parameterBytesMax / 3);

const pieces = (text: string): readonly string[] => {
  const found: string[] = [];
  for (let from = 0; from < text.length;) {
    const end = from + PIECE_LENGTH;
    // Never between the halves of a surrogate pair.
    const to = (text.codePointAt(end - 1) ?? 0) > 0xffff ? end - 1 : end;
    found.push(text.slice(from, to));
    from = to;
  }
  return found;
};

/** Keeps the answer of a task. */
const finishTask = async (
  session: Session,
  principal: Principal,
  id: string,
  { status, text }: TaskAnswer,
): Promise<void> => {
  await session.batch([
    ...pieces(text).map(
      (piece, at) => sql`INSERT INTO tasks (id, part, principal, recorded_at, text)
        SELECT ${id}, ${at + 1}, ${principal.id}, recorded_at, ${piece} FROM tasks
        WHERE id = ${id} AND part = 0`,
    ),
    sql`UPDATE tasks SET text = ${String(status)} WHERE id = ${id} AND part = 0`,
  ]);
};

/**
 * The answer of a task of this very principal; null while it is worked on.
 *
 * @throws AppError `not_found` for anything else.
 */
const readTask = async (
  session: Session,
  principal: Principal,
  id: string,
  now: InstantMicros,
): Promise<TaskAnswer | null> => {
  const answer = await askWithMeta(session, principal, (caller) => [
    sql`SELECT text FROM tasks WHERE id = ${id} AND principal = ${caller.id}
      AND recorded_at >= ${taskExpiry(now)} ORDER BY part`,
  ]);
  const [head, ...parts] = (answer.results[0] ?? []) as unknown as readonly {
    readonly text: string | null;
  }[];
  if (head === undefined) throw new AppError("not_found", "There is no such task.");
  if (head.text === null) return null;
  return { status: Number(head.text), text: parts.map(({ text }) => text ?? "").join("") };
};

/** Work that goes on after its call was answered. */
export interface Tasks {
  readonly begin: (principal: Principal, id: string) => Promise<void>;
  readonly finish: (principal: Principal, id: string, answer: TaskAnswer) => Promise<void>;
  /** Null while it is worked on. */
  readonly read: (principal: Principal, id: string) => Promise<TaskAnswer | null>;
}

/** The tasks of one request's store. */
export const tasksOf = (
  reader: () => Session,
  writer: () => Session,
  now: () => InstantMicros,
): Tasks => ({
  begin: (principal, id) => beginTask(writer(), principal, id, now()),
  finish: (principal, id, answer) => finishTask(writer(), principal, id, answer),
  read: (principal, id) => readTask(reader(), principal, id, now()),
});
