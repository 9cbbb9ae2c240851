/** Which requests may reach the Worker, and from which pages. */
import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import type { Config } from "../config.ts";
import { AppError } from "../model/error.ts";
import type { Address } from "./address.ts";
import type { AppEnv } from "./env.ts";

/** Names that lead only to this machine, or nowhere (RFC 2606, RFC 6761), with any port. */
const LOCAL =
  /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|(?:[\w-]+\.)+(?:localhost|test))(?::\d+)?$/i;

/** Paths of the platform and its emulator, which are not part of the product. */
const PLATFORM = /^[/\\]+(?:cdn-cgi|__cf_local|__scheduled)(?:[/\\]|$)/i;

const decoded = (path: string): string => {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
};

/**
 * Why a request must not be served, if so: a development server under a public name, since it lets
 * everybody register, and the platform's own paths in any spelling.
 */
export function exposureOf(
  { host, path }: Address,
  { environment }: Pick<Config, "environment">,
): AppError | undefined {
  if (environment === "development" && !LOCAL.test(host)) {
    return new AppError("unavailable", "A development server answers its own machine alone.");
  }
  return PLATFORM.test(decoded(path))
    ? new AppError("not_found", "There is no such route.")
    : undefined;
}

const EXPOSED = [
  "ETag",
  "Idempotency-Replayed",
  "Link",
  "RateLimit",
  "RateLimit-Policy",
  "Retry-After",
  "X-D1-Bookmark",
  "X-Request-Id",
  "X-Transaction",
];

const TAKEN = [
  "Auth-Token",
  "Authorization",
  "Content-Type",
  "Idempotency-Key",
  "If-None-Match",
  "X-D1-Bookmark",
  "X-Reason",
];

const HOUR_SECONDS = 3_600;

/**
 * Lets pages of the listed origins call (CORS). Pages send tokens in a header and cookies are
 * ignored, so credentials are not allowed. Responses to other origins have no header that a browser
 * could take for a permission.
 */
export function allowOrigins(origins: readonly string[]): MiddlewareHandler<AppEnv> {
  const allow = cors({
    origin: [...origins],
    allowMethods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
    allowHeaders: TAKEN,
    exposeHeaders: EXPOSED,
    maxAge: HOUR_SECONDS,
  });
  return async (c, next) => {
    const origin = c.req.header("origin");
    if (origin === undefined || !origins.includes(origin)) return next();
    return allow(c, next);
  };
}
