/** Work whose answer comes later, by a task handle. */
import { AppError } from "../../../model/error.ts";
import type { JsonObject } from "../../../model/json.ts";
import { LIMITS } from "../../../model/limits.ts";
import type { Disclosed } from "../../../model/transaction.ts";
import { taskKey } from "../../../objects/key.ts";
import type { Objects } from "../../../objects/objects.ts";
import type { FinishedTask, NewTask, TaskForm } from "../../../store/index.ts";
import type { Envelope } from "../language/envelope.ts";
import type { Command } from "../language/request.ts";
import { tellAllowed } from "./allowed.ts";
import type { Written } from "./execute.ts";
import { findAgain, type KeptFind } from "./find.ts";
import type { Caller } from "./fresh.ts";

/** For whom work is done, and how it goes on behind an answer. */
export interface TaskContext extends Caller {
  readonly objects: Pick<Objects, "keepText" | "keptText" | "remove">;
  /** What every answer says about the service at its time. */
  readonly serviceMembers: () => JsonObject;
  /** The envelope of whatever was thrown; what nobody expected is logged. */
  readonly envelopeOf: (error: unknown, command: Command) => Envelope;
  /** Logs a failure that nobody waits for. */
  readonly note: (error: unknown) => void;
  /** Has something done behind the answer. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}

/** What a request came to. */
export interface Outcome extends Pick<Written, "replayed" | "transaction"> {
  readonly envelope: Envelope;
}

const complete = ({ serviceMembers }: TaskContext, { status, body }: Envelope): Envelope => ({
  status,
  body: "entity" in body ? { ...body, ...serviceMembers() } : body,
});

const outcomeOf = (context: TaskContext, written: Written): Outcome => {
  const { replayed, transaction } = written;
  return { envelope: complete(context, written), replayed, transaction };
};

/** Nothing, after a while; at once when there is no time at all. */
const pause = (millis: number): Promise<null> =>
  millis === 0
    ? Promise.resolve(null)
    : new Promise((resolve) => {
        setTimeout(() => resolve(null), millis);
      });

/** What an asynchronous request is about. */
interface Pending {
  readonly command: Command;
  readonly work: Promise<Written>;
}

const noRoom = (): AppError =>
  new AppError(
    "too_many_requests",
    `The answers of tasks of one caller have at most ${LIMITS.taskBytesMax} bytes; ask without execution.asynchronous.`,
  );

/** What is kept of a write: its envelope, and what that shows. */
interface KeptWrite {
  readonly body: JsonObject;
  readonly shown: Disclosed;
}

/** What is kept of work that is done, and in which form. */
const keptOf = (
  context: TaskContext,
  written: Written,
): { readonly status: number; readonly form: TaskForm; readonly text: string } => {
  const { status, body } = complete(context, written);
  const { kept, shown } = written;
  if (kept !== undefined) return { status, form: "found", text: JSON.stringify(kept) };
  return shown === undefined
    ? { status, form: "answer", text: JSON.stringify(body) }
    : { status, form: "written", text: JSON.stringify({ body, shown } satisfies KeptWrite) };
};

/** Keeps what became of a task: of a find what it found, of anything else the answer. */
const keep = async (
  context: TaskContext,
  { id, object }: NewTask,
  { command, work }: Pending,
): Promise<void> => {
  const { store, principal, objects } = context;
  const { status, form, text } = await work.then(
    (written) => keptOf(context, written),
    (error: unknown) => {
      const refused = context.envelopeOf(error, command);
      return { ...refused, form: "answer" as const, text: JSON.stringify(refused.body) };
    },
  );
  const sizeBytes = new TextEncoder().encode(text).length;
  await objects.keepText(object, text);
  if (await store.tasks.finish(principal, id, { status, form, sizeBytes })) return;
  const full = context.envelopeOf(noRoom(), command);
  await objects.keepText(object, JSON.stringify(full.body));
  const refused = { status: full.status, form: "answer", sizeBytes: 0 } as const;
  if (!(await store.tasks.finish(principal, id, refused))) await objects.remove([object]);
};

const goingOn = ({ serviceMembers }: TaskContext, taskHandle: string): Envelope => ({
  status: 202,
  body: { status: "ASYNC", taskHandle, ...serviceMembers() },
});

/** Goes on with work whose call is answered. */
const later = async (context: TaskContext, pending: Pending): Promise<Outcome> => {
  const { store, principal } = context;
  const taskHandle = crypto.randomUUID();
  const task = { id: taskHandle, object: taskKey(taskHandle, crypto.randomUUID()) };
  await store.tasks.begin(principal, task);
  context.waitUntil(keep(context, task, pending).catch(context.note));
  return { envelope: goingOn(context, taskHandle), replayed: false, transaction: null };
};

/** The answer of a task is somebody's. */
const refuseAnonymous = ({ principal }: TaskContext): void => {
  if (principal.kind !== "anonymous") return;
  throw new AppError(
    "unauthenticated",
    "The answer of a task belongs to somebody: send a bearer token, or no execution.asynchronous.",
  );
};

const READING: readonly Command[] = ["find", "explain"];

/**
 * Runs a command; when it takes longer than some milliseconds it goes on as a task. Null: it is waited for.
 *
 * @throws AppError `unauthenticated` for who sent no token and asks for a task; `too_many_requests`
 *   for a read when the caller has too many. A write that has begun is waited for then.
 */
export async function runWithin(
  context: TaskContext,
  millis: number | null,
  command: Command,
  run: () => Promise<Written>,
): Promise<Outcome> {
  if (millis === null) return outcomeOf(context, await run());
  refuseAnonymous(context);
  const work = tellAllowed(context, command, run);
  // Its failure is met where it is awaited, and is no unhandled one until then.
  work.catch(() => undefined);
  const written = await Promise.race([pause(millis), work]);
  if (written !== null) return outcomeOf(context, written);
  try {
    return await later(context, { command, work });
  } catch (error) {
    const isFull = error instanceof AppError && error.code === "too_many_requests";
    if (!isFull || READING.includes(command)) throw error;
    return outcomeOf(context, await work);
  }
}

/** An answer as it was kept, to be sent as it stands. */
export interface KeptText {
  readonly status: number;
  readonly text: ReadableStream<Uint8Array>;
}

/** The answer of a finished task, as it was kept or made again. */
const finished = async (
  context: TaskContext,
  { status, form, object }: FinishedTask,
): Promise<Envelope | KeptText> => {
  const kept = await context.objects.keptText(object);
  if (kept === undefined) throw new AppError("not_found", "There is no such task.");
  if (form === "found") {
    const found = JSON.parse(await new Response(kept).text()) as KeptFind;
    return complete(context, { status, body: await findAgain(context, found) });
  }
  if (form === "written") {
    const { body, shown } = JSON.parse(await new Response(kept).text()) as KeptWrite;
    await context.store.confirmDisclosed(context.principal, shown);
    return { status, body };
  }
  return { status, text: kept };
};

/** The answer of a task of the caller, or that the work goes on. @throws AppError `not_found`. */
export async function readTask(
  context: TaskContext,
  taskHandle: string,
): Promise<Envelope | KeptText> {
  const found = await context.store.tasks.read(context.principal, taskHandle);
  return found === null ? goingOn(context, taskHandle) : finished(context, found);
}
