/** How envelopes leave: at once, or later by a task handle. */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { AppError } from "../../../model/error.ts";
import { isJsonObject, type JsonObject } from "../../../model/json.ts";
import { LIMITS } from "../../../model/limits.ts";
import type { Shown } from "../../../model/transaction.ts";
import { jsonText } from "../../../http/answer.ts";
import type { AppEnv } from "../../../http/env.ts";
import { explain, isBookmark } from "../../../http/request.ts";
import { taskKey } from "../../../objects/key.ts";
import { EntityFault, refuse } from "../../../schema/entity/fault.ts";
import type { FinishedTask, NewTask, TaskForm } from "../../../store/index.ts";
import { renderRefusal, type Envelope } from "../language/envelope.ts";
import { tellAllowed } from "../operations/allowed.ts";
import type { Written } from "../operations/execute.ts";
import type { Caller } from "../operations/fresh.ts";
import { executionMillis, findAgain, type KeptFind } from "../operations/find.ts";
import type { Command } from "../language/request.ts";

/** For whom a request is done. */
export const callerOf = (c: Context<AppEnv>): Caller => ({
  store: c.get("store"),
  principal: c.get("principal"),
});

/** Reads see at least the state of the session that a body names. */
export const resumeSession = (c: Context<AppEnv>, body: JsonObject): void => {
  const { client } = body;
  const session = body["session"] ?? (isJsonObject(client) ? client["session"] : undefined) ?? null;
  if (session === null) return;
  if (typeof session !== "string" || !isBookmark(session)) refuse("rest-crud:RestError", "session");
  else c.get("store").resume(session);
};

/** What every answer says about the service. */
export const serviceMembers = (c: Context<AppEnv>): JsonObject => {
  const { cf } = c.req.raw as { readonly cf?: { readonly colo?: unknown } };
  const session = c.get("store").bookmark();
  return {
    hostname: typeof cf?.colo === "string" ? cf.colo.toLowerCase() : "local",
    ...(session === null ? {} : { session }),
  };
};

/** What an envelope's status says in headers. */
const beginEnvelope = (c: Context<AppEnv>, status: number): void => {
  if (status === 401) c.header("www-authenticate", "Bearer");
  if (status === 503) c.header("retry-after", "1");
  c.status(status as ContentfulStatusCode);
};

/** Sends an envelope with an HTTP status. */
export const sendEnvelope = (c: Context<AppEnv>, { status, body }: Envelope): Response => {
  beginEnvelope(c, status);
  return jsonText(c, JSON.stringify(body));
};

/** The envelope of whatever was thrown. */
export const envelopeOf = (
  error: unknown,
  command: Command | undefined,
  requestId: string,
): Envelope => {
  const known = error instanceof EntityFault || error instanceof AppError;
  return renderRefusal(known ? error : explain(error, requestId), command);
};

const complete = (c: Context<AppEnv>, { status, body }: Envelope): Envelope => ({
  status,
  body: "entity" in body ? { ...body, ...serviceMembers(c) } : body,
});

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
  readonly shown: Shown;
}

/** What is kept of work that is done, and in which form. */
const keptOf = (
  c: Context<AppEnv>,
  written: Written,
): { readonly status: number; readonly form: TaskForm; readonly text: string } => {
  const { status, body } = complete(c, written);
  const { kept, shown } = written;
  if (kept !== undefined) return { status, form: "found", text: JSON.stringify(kept) };
  return shown === undefined
    ? { status, form: "answer", text: JSON.stringify(body) }
    : { status, form: "written", text: JSON.stringify({ body, shown } satisfies KeptWrite) };
};

/** Keeps what became of a task: of a find what it found, of anything else the answer. */
const keep = async (
  c: Context<AppEnv>,
  { id, object }: NewTask,
  { command, work }: Pending,
): Promise<void> => {
  const { store, principal } = callerOf(c);
  const { objects } = c.get("services");
  const requestId = c.get("requestId");
  const { status, form, text } = await work.then(
    (written) => keptOf(c, written),
    (error: unknown) => {
      const refused = envelopeOf(error, command, requestId);
      return { ...refused, form: "answer" as const, text: JSON.stringify(refused.body) };
    },
  );
  const sizeBytes = new TextEncoder().encode(text).length;
  await objects.keepText(object, text);
  if (await store.tasks.finish(principal, id, { status, form, sizeBytes })) return;
  const full = envelopeOf(noRoom(), command, requestId);
  await objects.keepText(object, JSON.stringify(full.body));
  const refused = { status: full.status, form: "answer", sizeBytes: 0 } as const;
  if (!(await store.tasks.finish(principal, id, refused))) await objects.remove([object]);
};

/** Goes on with work whose call is answered. */
const later = async (c: Context<AppEnv>, pending: Pending): Promise<Response> => {
  const { store, principal } = callerOf(c);
  const taskHandle = crypto.randomUUID();
  const task = { id: taskHandle, object: taskKey(taskHandle, crypto.randomUUID()) };
  await store.tasks.begin(principal, task);
  const kept = keep(c, task, pending).catch((error: unknown) => {
    explain(error, c.get("requestId"));
  });
  c.executionCtx.waitUntil(kept);
  return sendEnvelope(c, {
    status: 202,
    body: { status: "ASYNC", taskHandle, ...serviceMembers(c) },
  });
};

/** The answer of a task is somebody's. */
const refuseAnonymous = (c: Context<AppEnv>): void => {
  if (c.get("principal").kind !== "anonymous") return;
  throw new AppError(
    "unauthenticated",
    "The answer of a task belongs to somebody: send a bearer token, or no execution.asynchronous.",
  );
};

const READING: readonly Command[] = ["find", "explain"];

/** What a request comes to, once it is there. */
const sendWritten = (c: Context<AppEnv>, written: Written): Response => {
  if (written.replayed) c.header("idempotency-replayed", "true");
  if (written.transaction !== null) c.header("x-transaction", String(written.transaction));
  return sendEnvelope(c, complete(c, written));
};

/**
 * Answers with what a request comes to; with a task handle when `execution.asynchronous` asks for
 * that and the work takes longer.
 *
 * @throws AppError `unauthenticated` for who sent no token and asks for a task; `too_many_requests`
 *   for a read when the caller has too many. A write that has begun is waited for then.
 */
export const respond = async (
  c: Context<AppEnv>,
  command: Command,
  body: JsonObject,
  run: () => Promise<Written>,
): Promise<Response> => {
  const millis = executionMillis(body, "asynchronous");
  resumeSession(c, body);
  if (millis === null) return sendWritten(c, await run());
  refuseAnonymous(c);
  const work = tellAllowed(callerOf(c), command, run);
  // Its failure is met where it is awaited, and is no unhandled one until then.
  work.catch(() => undefined);
  const written = await Promise.race([pause(millis), work]);
  if (written !== null) return sendWritten(c, written);
  try {
    return await later(c, { command, work });
  } catch (error) {
    const isFull = error instanceof AppError && error.code === "too_many_requests";
    if (!isFull || READING.includes(command)) throw error;
    return sendWritten(c, await work);
  }
};

/** The answer of a finished task, as it was kept or made again. */
export const respondKept = async (
  c: Context<AppEnv>,
  { status, form, object }: FinishedTask,
): Promise<Response> => {
  const kept = await c.get("services").objects.keptText(object);
  if (kept === undefined) throw new AppError("not_found", "There is no such task.");
  const caller = callerOf(c);
  if (form === "found") {
    const found = JSON.parse(await new Response(kept).text()) as KeptFind;
    const body = await findAgain(caller, found);
    return sendEnvelope(c, complete(c, { status, body }));
  }
  if (form === "written") {
    const { body, shown } = JSON.parse(await new Response(kept).text()) as KeptWrite;
    await caller.store.confirmShown(caller.principal, shown);
    return sendEnvelope(c, { status, body });
  }
  beginEnvelope(c, status);
  c.header("content-type", "application/json");
  return c.body(kept);
};
