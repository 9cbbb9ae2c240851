/** How this surface renders errors: `{"detail": ...}`, as its clients know them. */
import type { z } from "@hono/zod-openapi";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ErrorOfIssues } from "../../../http/check.ts";
import { errorHeaders } from "../../../http/problem.ts";
import { AppError, type ErrorCode, type ErrorDetail } from "../../../model/error.ts";
import { isJsonObject, type Json } from "../../../model/json.ts";
import { REASON_HEADER } from "../../../model/reason.ts";
import {
  isSecretName,
  HarvestError,
  RequestError,
  type RequestErrorItem,
} from "../operations/error.ts";

const holdsSecret = (value: Json): boolean => {
  if (Array.isArray(value)) return (value as readonly Json[]).some(holdsSecret);
  if (!isJsonObject(value)) return false;
  return Object.entries(value).some(([name, member]) => isSecretName(name) || holdsSecret(member));
};

const INPUT_CHARACTERS_MAX = 1_000;

/** The value that was sent, if it may be repeated: not secret, and shortened. */
const inputOf = (
  loc: RequestErrorItem["loc"],
  value: Json | undefined,
): { readonly input?: Json } => {
  if (value === undefined || loc.some((each) => isSecretName(String(each)))) return {};
  const isLong = JSON.stringify(value).length > INPUT_CHARACTERS_MAX;
  return isLong || holdsSecret(value) ? {} : { input: value };
};

const TYPES: Partial<Record<string, string>> = {
  string: "string_type",
  number: "int_type",
  int: "int_type",
  boolean: "bool_type",
  object: "model_type",
  record: "dict_type",
  array: "list_type",
};

const typeOf = (issue: z.core.$ZodIssue): string => {
  if (issue.code === "invalid_type") return TYPES[issue.expected] ?? "value_error";
  if (issue.code === "too_big") return issue.origin === "string" ? "string_too_long" : "too_large";
  if (issue.code === "too_small")
    return issue.origin === "string" ? "string_too_short" : "too_small";
  if (issue.code === "invalid_value") return "enum";
  if (issue.code === "unrecognized_keys") return "extra_forbidden";
  return issue.message.includes("UUID") ? "uuid_parsing" : "value_error";
};

const valueAt = (value: Json, path: readonly PropertyKey[]): Json | undefined => {
  let found: Json | undefined = value;
  for (const step of path) {
    if (Array.isArray(found)) found = (found as readonly Json[])[Number(step)];
    else found = isJsonObject(found) ? found[String(step)] : undefined;
  }
  return found;
};

const errorItemOf = (issue: z.core.$ZodIssue, place: string, value: Json): RequestErrorItem => {
  const path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
  const loc = [place, ...path];
  const found = valueAt(value, path);
  if (found === undefined && path.length > 0) {
    const around = valueAt(value, path.slice(0, -1));
    return { type: "missing", loc, msg: "Field required", ...inputOf(loc, around) };
  }
  return { type: typeOf(issue), loc, msg: issue.message, ...inputOf(loc, found) };
};

/** The 422 error for a part of a request, with all its errors. */
export const errorOf: ErrorOfIssues = (issues, place, value) =>
  new RequestError(issues.map((issue) => errorItemOf(issue, place, value as Json)));

/** An error in this surface's form. */
export interface Rendered {
  readonly status: ContentfulStatusCode;
  readonly body: { readonly detail: string | readonly RequestErrorItem[] };
  readonly headers: Readonly<Record<string, string>>;
}

const STATUS: Partial<Record<ErrorCode, ContentfulStatusCode>> = {
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  already_exists: 409,
  conflict: 409,
  in_progress: 409,
  too_large: 413,
  too_many_requests: 429,
  unavailable: 503,
};

const placeOf = (path: string): readonly string[] => {
  if (path === REASON_HEADER) return ["header", path];
  return ["body", ...(path === "" || path === "body" ? [] : path.split("."))];
};

const detailError = ({ path, detail, code }: ErrorDetail): RequestErrorItem => ({
  type: code,
  loc: placeOf(path),
  msg: detail,
});

/** The response to an error; undefined when this surface does not render it. */
export function renderError(error: Error): Rendered | undefined {
  if (error instanceof RequestError) {
    return { status: 422, body: { detail: error.errors }, headers: {} };
  }
  if (error instanceof HarvestError) {
    return { status: error.status, body: { detail: error.message }, headers: {} };
  }
  if (!(error instanceof AppError) || error.code === "internal") return undefined;
  const status = STATUS[error.code];
  if (status === undefined) {
    const whole = { path: "body", code: error.code, detail: error.message };
    const details = error.details.length > 0 ? error.details : [whole];
    return { status: 422, body: { detail: details.map(detailError) }, headers: {} };
  }
  const detail = error.code === "unauthenticated" ? "Unauthorized" : error.message;
  return { status, body: { detail }, headers: errorHeaders(error) };
}
