/** Work whose response is fetched later, by a task handle. */
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
import type { Caller } from "./latest-metadata.ts";

/** The caller, and how work continues after a response. */
export interface TaskContext extends Caller {
  readonly objects: Pick<Objects, "keepText" | "keptText" | "remove">;
  /** What every response says about the service at its time. */
  readonly serviceMembers: () => JsonObject;
  /** The envelope of any thrown error; unexpected ones are logged. */
  readonly envelopeOf: (error: unknown, command: Command) => Envelope;
  /** Logs an error that nobody waits for. */
  readonly note: (error: unknown) => void;
  /** Runs something after the response. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}

/** The result of a request. */
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

/** Resolves to nothing after a while; at once when there is no time at all. */
const pause = (millis: number): Promise<null> =>
  millis === 0
    ? Promise.resolve(null)
    : new Promise((resolve) => {
        setTimeout(() => resolve(null), millis);
      });

/** What an asynchronous request runs. */
interface Pending {
  readonly command: Command;
  readonly work: Promise<Written>;
}

const noRoom = (): AppError =>
  new AppError(
    "too_many_requests",
    `The answers of tasks of one caller have at most ${LIMITS.taskBytesMax} bytes; send the request without execution.asynchronous.`,
  );

/** What is stored of a write: its envelope, and what that returns. */
interface KeptWrite {
  readonly body: JsonObject;
  readonly shown: Disclosed;
}

/** What is stored of finished work, and in which form. */
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

/** Stores the result of a task: what a find found, or the response of any other command. */
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

/** Continues work after the response of its call. */
const later = async (context: TaskContext, pending: Pending): Promise<Outcome> => {
  const { store, principal } = context;
  const taskHandle = crypto.randomUUID();
  const task = { id: taskHandle, object: taskKey(taskHandle, crypto.randomUUID()) };
  await store.tasks.begin(principal, task);
  context.waitUntil(keep(context, task, pending).catch(context.note));
  return { envelope: goingOn(context, taskHandle), replayed: false, transaction: null };
};

/** The response of a task belongs to its caller. */
const refuseAnonymous = ({ principal }: TaskContext): void => {
  if (principal.kind !== "anonymous") return;
  throw new AppError(
    "unauthenticated",
    "The answer of a task needs an owner: send a bearer token, or no execution.asynchronous.",
  );
};

const READING: readonly Command[] = ["find", "explain"];

/**
 * Runs a command; when it takes longer than some milliseconds it continues as a task. Null: waits
 * for it.
 *
 * @throws AppError `unauthenticated` for a task without a token; `too_many_requests` for a read when
 * the caller has too many tasks. The response to a write then waits for its end.
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
  // The error is handled where the promise is awaited, and must not count as unhandled until then.
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

/** A stored response, to be sent unchanged. */
export interface KeptText {
  readonly status: number;
  readonly text: ReadableStream<Uint8Array>;
}

/** The response of a finished task, as stored or reproduced. */
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

/**
 * The response of a task of the caller, or that the task is still running. @throws AppError
 * `not_found`.
 */
export async function readTask(
  context: TaskContext,
  taskHandle: string,
): Promise<Envelope | KeptText> {
  const found = await context.store.tasks.read(context.principal, taskHandle);
  return found === null ? goingOn(context, taskHandle) : finished(context, found);
}
