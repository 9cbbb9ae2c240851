/** How envelopes are sent: at once, or later by a task handle. */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { AppError } from "../../../model/error.ts";
import { isJsonObject, type JsonObject } from "../../../model/json.ts";
import { jsonText } from "../../../http/answer.ts";
import type { AppEnv } from "../../../http/env.ts";
import { explain, isBookmark } from "../../../http/request.ts";
import { EntityErrorItem, refuse } from "../../../schema/entity/error.ts";
import { renderErrorBody, type Envelope } from "../language/envelope.ts";
import type { Written } from "../operations/execute.ts";
import type { Caller } from "../operations/latest-metadata.ts";
import { executionMillis } from "../operations/find.ts";
import { readTask, runWithin, type Outcome, type TaskContext } from "../operations/tasks.ts";
import type { Command } from "../language/request.ts";

/** The caller of a request. */
export function callerOf(c: Context<AppEnv>): Caller {
  return {
    store: c.get("store"),
    principal: c.get("principal"),
  };
}

/** Reads see at least the state of the session that a body names. */
export function resumeSession(c: Context<AppEnv>, body: JsonObject): void {
  const { client } = body;
  const session = body["session"] ?? (isJsonObject(client) ? client["session"] : undefined) ?? null;
  if (session === null) return;
  if (typeof session !== "string" || !isBookmark(session)) refuse("rest-crud:RestError", "session");
  else c.get("store").resume(session);
}

/** What every response says about the service. */
export function serviceMembers(c: Context<AppEnv>): JsonObject {
  const { cf } = c.req.raw as { readonly cf?: { readonly colo?: unknown } };
  const session = c.get("store").bookmark();
  return {
    hostname: typeof cf?.colo === "string" ? cf.colo.toLowerCase() : "local",
    ...(session === null ? {} : { session }),
  };
}

/** The headers of an envelope's status. */
const beginEnvelope = (c: Context<AppEnv>, status: number): void => {
  if (status === 401) c.header("www-authenticate", "Bearer");
  if (status === 503) c.header("retry-after", "1");
  c.status(status as ContentfulStatusCode);
};

/** Sends an envelope with an HTTP status. */
export function sendEnvelope(c: Context<AppEnv>, { status, body }: Envelope): Response {
  beginEnvelope(c, status);
  return jsonText(c, JSON.stringify(body));
}

/** The envelope of any thrown error. */
export function envelopeOf(
  error: unknown,
  command: Command | undefined,
  requestId: string,
): Envelope {
  const known = error instanceof EntityErrorItem || error instanceof AppError;
  return renderErrorBody(known ? error : explain(error, requestId), command);
}

const taskContextOf = (c: Context<AppEnv>): TaskContext => {
  const requestId = c.get("requestId");
  return {
    ...callerOf(c),
    objects: c.get("services").objects,
    serviceMembers: () => serviceMembers(c),
    envelopeOf: (error, command) => envelopeOf(error, command, requestId),
    note: (error) => {
      explain(error, requestId);
    },
    waitUntil: (work) => c.executionCtx.waitUntil(work),
  };
};

const sendOutcome = (
  c: Context<AppEnv>,
  { envelope, replayed, transaction }: Outcome,
): Response => {
  if (replayed) c.header("idempotency-replayed", "true");
  if (transaction !== null) c.header("x-transaction", String(transaction));
  return sendEnvelope(c, envelope);
};

/**
 * Responds with the result of a request; with a task handle when `execution.asynchronous` requests
 * that and the work takes longer.
 *
 * @throws AppError as `runWithin`.
 */
export async function respond(
  c: Context<AppEnv>,
  command: Command,
  body: JsonObject,
  run: () => Promise<Written>,
): Promise<Response> {
  const millis = executionMillis(body, "asynchronous");
  resumeSession(c, body);
  return sendOutcome(c, await runWithin(taskContextOf(c), millis, command, run));
}

/** The response of a task, or that it is still running. @throws AppError `not_found`. */
export async function respondTask(c: Context<AppEnv>, taskHandle: string): Promise<Response> {
  const found = await readTask(taskContextOf(c), taskHandle);
  if ("body" in found) return sendEnvelope(c, found);
  beginEnvelope(c, found.status);
  c.header("content-type", "application/json");
  return c.body(found.text);
}
