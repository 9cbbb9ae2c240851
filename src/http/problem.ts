/**
 * Errors as RFC 9457 problem documents: the default for every surface without an error format of
 * its own.
 */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { AppError, type ErrorCode } from "../model/error.ts";
import { LIMITS } from "../model/limits.ts";
import type { AppEnv } from "./env.ts";
import { PROBLEMS } from "./problem-kinds.ts";

/** HTTP status (RFC 9110) of each error code. */
export const STATUS = Object.fromEntries(
  Object.entries(PROBLEMS).map(([code, { status }]) => [code, status]),
) as Record<ErrorCode, ContentfulStatusCode>;

/** The page of an error code: what `type` of a problem points to. */
export function problemPath(code: ErrorCode): string {
  return `/problems/${code.replaceAll("_", "-")}`;
}

/** The problem document of an error (RFC 9457). */
export function problemBody(error: AppError, requestId: string): Record<string, unknown> {
  return {
    type: problemPath(error.code),
    title: PROBLEMS[error.code].title,
    status: STATUS[error.code],
    detail: error.message,
    code: error.code,
    request_id: requestId,
    ...(error.details.length > 0 ? { errors: error.details.slice(0, LIMITS.errorsListedMax) } : {}),
  };
}

/** Headers that tell a caller how to continue after an error: with a token, or later. */
export function errorHeaders({
  code,
  retryAfterSeconds,
}: Pick<AppError, "code" | "retryAfterSeconds">): Readonly<Record<string, string>> {
  return {
    ...(code === "unauthenticated" ? { "www-authenticate": "Bearer" } : {}),
    ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }),
  };
}

/** The response for an error. */
export function problemResponse(c: Context<AppEnv>, error: AppError): Response {
  const body = JSON.stringify(problemBody(error, c.get("requestId")));
  const headers = { "content-type": "application/problem+json", ...errorHeaders(error) };
  return c.body(body, STATUS[error.code], headers);
}
