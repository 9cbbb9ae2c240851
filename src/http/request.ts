/** What surrounds every request: its id, its store, the headers of its answer, its log line. */
import type { Context, MiddlewareHandler } from "hono";
import { ANONYMOUS } from "../identity/principal.ts";
import { AppError } from "../model/error.ts";
import { isTransient } from "../store/database.ts";
import type { Store } from "../store/store.ts";
import type { AppEnv, Services } from "./env.ts";

const BOOKMARK = /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}$/;

/** True for a text that can be the bookmark of an answer. */
export const isBookmark = (text: string): boolean => BOOKMARK.test(text);

/** The bookmark of an earlier answer; undefined without one, null when it is malformed. */
const bookmarkOf = (c: Context<AppEnv>): string | undefined | null => {
  const bookmark = c.req.header("x-d1-bookmark");
  return bookmark === undefined || isBookmark(bookmark) ? bookmark : null;
};

const SECURITY_HEADERS: readonly (readonly [string, string])[] = [
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
  ["referrer-policy", "no-referrer"],
  ["strict-transport-security", "max-age=31536000; includeSubDomains"],
  ["cross-origin-resource-policy", "same-origin"],
];

/** One JSON object a request. No path, query, identifier or payload: only what cannot be personal. */
const log = (c: Context<AppEnv>, started: number): void => {
  const usage = c.get("store").usage();
  console.log(
    JSON.stringify({
      level: c.res.status >= 500 ? "error" : "info",
      request_id: c.get("requestId"),
      method: c.req.method,
      route: c.req.routePath,
      status: c.res.status,
      ms: Date.now() - started,
      principal: c.get("principal").id,
      d1_calls: usage.calls,
      rows_read: usage.rowsRead,
      rows_written: usage.rowsWritten,
    }),
  );
};

const finish = (c: Context<AppEnv>, started: number): void => {
  const headers = c.res.headers;
  for (const [name, value] of SECURITY_HEADERS) {
    if (!headers.has(name)) headers.set(name, value);
  }
  headers.set("x-request-id", c.get("requestId"));
  const bookmark = c.get("store").bookmark();
  if (bookmark !== null && !headers.has("x-d1-bookmark")) headers.set("x-d1-bookmark", bookmark);
  if (!headers.has("cache-control")) headers.set("cache-control", "private, no-cache");
  headers.append("vary", "Authorization");
  const { calls } = c.get("store").usage();
  headers.set("server-timing", `total;dur=${Date.now() - started}, d1;desc="calls ${calls}"`);
};

/**
 * Middleware for all routes.
 *
 * @param openStore opens the store for one request, at a bookmark if the caller sent one.
 */
export const surround =
  (
    services: Services,
    openStore: (bookmark: string | undefined) => Store,
  ): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    const started = Date.now();
    c.set("requestId", crypto.randomUUID());
    c.set("services", services);
    c.set("principal", ANONYMOUS);
    const bookmark = bookmarkOf(c);
    c.set("hasMalformedBookmark", bookmark === null);
    c.set("store", openStore(bookmark ?? undefined));
    await next();
    finish(c, started);
    if (services.config.requestLog) log(c, started);
  };

const asAppError = (error: unknown): AppError => {
  if (error instanceof AppError) return error;
  if (isTransient(error)) {
    return new AppError("unavailable", "The database could not be reached; try again.", {
      cause: error,
      retryAfterSeconds: 1,
    });
  }
  return new AppError("internal", "Something went wrong on our side.", { cause: error });
};

/** Every thrown error as an AppError; what nobody expected is logged under the request's id. */
export const explain = (error: unknown, requestId: string): AppError => {
  const explained = asAppError(error);
  if (explained.code === "internal") {
    const name = error instanceof Error ? error.name : typeof error;
    const stack = error instanceof Error ? (error.stack ?? "").split("\n").slice(1, 6) : [];
    console.error(JSON.stringify({ level: "error", request_id: requestId, name, stack }));
  }
  return explained;
};
