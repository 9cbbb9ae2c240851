/**
 * Middleware around every request: its id, its store, the headers of its response, its log line.
 */
import type { Context, MiddlewareHandler } from "hono";
import { ANONYMOUS } from "../identity/principal.ts";
import { AppError } from "../model/error.ts";
import {
  isBroken,
  isTransient,
  isUnmigrated,
  type Store,
  type AuditContext,
} from "../store/index.ts";
import { addressParts } from "./address.ts";
import { routeOf } from "./context.ts";
import type { AppEnv, Services } from "./env.ts";
import { exposureOf } from "./exposure.ts";
import { addHeaders, usageOf } from "./headers.ts";
import { problemResponse } from "./problem.ts";

const BOOKMARK = /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}$/;

/** True for a string that can be a bookmark of a response. */
export function isBookmark(text: string): boolean {
  return BOOKMARK.test(text);
}

/** The bookmark of an earlier response; undefined without one, null when it is malformed. */
const bookmarkOf = (c: Context<AppEnv>): string | undefined | null => {
  const bookmark = c.req.header("x-d1-bookmark");
  return bookmark === undefined || isBookmark(bookmark) ? bookmark : null;
};

/**
 * One JSON object per request. No path, query, identifier or payload: only what cannot be personal.
 */
const log = (c: Context<AppEnv>): void => {
  const [method, route] = routeOf(c).split(" ");
  const usage = usageOf(c);
  console.log(
    JSON.stringify({
      level: c.res.status >= 500 ? "error" : "info",
      request_id: c.get("requestId"),
      method,
      route,
      status: c.res.status,
      // A clock may be set back.
      ms: Math.max(0, Date.now() - c.get("started")),
      principal: c.get("principal").id,
      d1_calls: usage.calls,
      rows_read: usage.rowsRead,
      rows_written: usage.rowsWritten,
    }),
  );
};

/**
 * Middleware for all routes.
 *
 * @param openStore opens the store for one request, at a bookmark if the caller sent one.
 */
export function surround(
  services: Services,
  openStore: (bookmark: string | undefined, auditContext: () => AuditContext) => Store,
): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    c.set("started", Date.now());
    c.set("requestId", crypto.randomUUID());
    c.set("services", services);
    c.set("address", addressParts(c.req.url));
    c.set("principal", ANONYMOUS);
    c.set("sessions", []);
    const bookmark = bookmarkOf(c);
    c.set("hasMalformedBookmark", bookmark === null);
    const requestId = c.get("requestId");
    c.set(
      "store",
      openStore(bookmark ?? undefined, () => ({ requestId, route: routeOf(c) })),
    );
    const exposure = exposureOf(c.get("address"), services.config);
    if (exposure === undefined) await next();
    else c.res = problemResponse(c, exposure);
    addHeaders(c);
    if (services.config.requestLog) log(c);
  };
}

const asAppError = (error: unknown): AppError => {
  if (error instanceof AppError) return error;
  if (isTransient(error)) {
    return new AppError("unavailable", "The database could not be reached; try again.", {
      cause: error,
      retryAfterSeconds: 1,
    });
  }
  if (isBroken(error)) {
    const detail = "The database cannot write or read its file; nothing was changed.";
    // The reason contains only SQLite's words.
    const reason = /SQLITE_[A-Z]+/.exec(String(error))?.[0];
    console.error(JSON.stringify({ level: "error", event: "database file", reason }));
    return new AppError("unavailable", detail, { cause: error, retryAfterSeconds: 30 });
  }
  if (isUnmigrated(error)) {
    const detail = `The database lacks tables of this version: apply the migrations. On your own machine \`npm run setup\` does.`;
    console.error(JSON.stringify({ level: "error", detail }));
    return new AppError("unavailable", detail, { cause: error, retryAfterSeconds: 60 });
  }
  return new AppError("internal", "Something went wrong on our side.", { cause: error });
};

/** Turns every thrown error into an AppError; unexpected ones are logged with the request's id. */
export function explain(error: unknown, requestId: string): AppError {
  const explained = asAppError(error);
  if (explained.code === "internal") {
    const name = error instanceof Error ? error.name : typeof error;
    // Only the lines of the stack: a message may quote what was sent, and have several lines.
    const lines = error instanceof Error ? (error.stack ?? "").split("\n") : [];
    const stack = lines.filter((line) => /^\s+at [^"']+$/.test(line)).slice(0, 6);
    console.error(JSON.stringify({ level: "error", request_id: requestId, name, stack }));
  }
  return explained;
}
