/**
 * Errors as RFC 9457 problem documents: the default for every surface without an error format of
 * its own.
 */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { AppError, type ErrorCode } from "../model/error.ts";
import { LIMITS } from "../model/limits.ts";
import type { AppEnv } from "./env.ts";

/** HTTP status (RFC 9110) of each error code. */
export const STATUS: Record<ErrorCode, ContentfulStatusCode> = {
  invalid_request: 400,
  invalid_value: 400,
  unknown_field: 400,
  unknown_operator: 400,
  unknown_payload_type: 400,
  invalid_cursor: 400,
  invalid_as_of: 400,
  already_exists: 400,
  tombstoned: 400,
  cycle: 400,
  missing_reference: 400,
  not_found: 404,
  unauthenticated: 401,
  forbidden: 403,
  conflict: 409,
  idempotency_key_reused: 422,
  in_progress: 409,
  too_large: 413,
  unsupported_media_type: 415,
  method_not_allowed: 405,
  range_not_satisfiable: 416,
  too_many_requests: 429,
  unavailable: 503,
  internal: 500,
};

const TITLES: Record<ErrorCode, string> = {
  invalid_request: "The request is malformed",
  invalid_value: "A value is not what was expected",
  unknown_field: "A field is unknown",
  unknown_operator: "An operator is unknown",
  unknown_payload_type: "A payload type is unknown",
  invalid_cursor: "The cursor is not valid for this query",
  invalid_as_of: "as_of is not a past instant",
  already_exists: "It already exists",
  tombstoned: "It is a tombstone",
  cycle: "It would contain itself",
  missing_reference: "It refers to something that does not exist",
  not_found: "Not found",
  unauthenticated: "A valid token is required",
  forbidden: "Not allowed",
  conflict: "Another write was faster",
  idempotency_key_reused: "The Idempotency-Key belongs to another request",
  in_progress: "The same request is still being worked on",
  too_large: "The request is too large",
  unsupported_media_type: "The content type is not supported",
  method_not_allowed: "The method is not allowed here",
  range_not_satisfiable: "The range lies outside of the file",
  too_many_requests: "Too many requests",
  unavailable: "Temporarily unavailable",
  internal: "Something went wrong on our side",
};

/** The problem document of an error (RFC 9457). */
export function problemBody(error: AppError, requestId: string): Record<string, unknown> {
  return {
    type: `/problems/${error.code.replaceAll("_", "-")}`,
    title: TITLES[error.code],
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
