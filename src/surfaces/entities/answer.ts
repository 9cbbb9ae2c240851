/** How envelopes leave: at once, or later by a task handle. */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { AppError } from "../../model/error.ts";
import { isJsonObject, type JsonObject } from "../../model/json.ts";
import { jsonText } from "../../http/answer.ts";
import type { AppEnv } from "../../http/env.ts";
import { explain, isBookmark } from "../../http/request.ts";
import { EntityFault, refuse } from "../../schema/entity/fault.ts";
import { renderRefusal, type Envelope } from "./envelope.ts";
import type { Written } from "./operations/execute.ts";
import type { Caller } from "./operations/fresh.ts";
import { executionMillis } from "./operations/find.ts";
import type { Command } from "./request.ts";

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

/** Sends an envelope with an HTTP status. */
export const sendEnvelope = (c: Context<AppEnv>, { status, body }: Envelope): Response => {
  if (status === 401) c.header("www-authenticate", "Bearer");
  if (status === 503) c.header("retry-after", "1");
  c.status(status as ContentfulStatusCode);
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

/** Goes on with work whose call is answered, and keeps what comes of it. */
const later = async (
  c: Context<AppEnv>,
  work: Promise<Written>,
  command: Command,
): Promise<Response> => {
  const { store, principal } = callerOf(c);
  const taskHandle = crypto.randomUUID();
  const outcome = work.then(
    (written): Envelope => complete(c, written),
    (error: unknown) => envelopeOf(error, command, c.get("requestId")),
  );
  await store.tasks.begin(await store.standing(principal), taskHandle);
  const finish = async (): Promise<void> => {
    const envelope = await outcome;
    const text = JSON.stringify(envelope.body);
    await store.tasks.finish(principal, taskHandle, { status: envelope.status, text });
  };
  c.executionCtx.waitUntil(finish());
  return sendEnvelope(c, {
    status: 202,
    body: { status: "ASYNC", taskHandle, ...serviceMembers(c) },
  });
};

/**
 * Answers with what a request comes to; with a task handle when `execution.asynchronous` asks for
 * that and the work takes longer.
 */
export const respond = async (
  c: Context<AppEnv>,
  command: Command,
  body: JsonObject,
  run: () => Promise<Written>,
): Promise<Response> => {
  const millis = executionMillis(body, "asynchronous");
  resumeSession(c, body);
  const work = run();
  const written = await (millis === null ? work : Promise.race([pause(millis), work]));
  if (written === null) return later(c, work, command);
  if (written.replayed) c.header("idempotency-replayed", "true");
  if (written.transaction !== null) c.header("x-transaction", String(written.transaction));
  return sendEnvelope(c, complete(c, written));
};
