/** Pieces of OpenAPI descriptions that all routes share. */
import { type RouteConfig, z } from "@hono/zod-openapi";
import { AppError, type ErrorCode } from "../model/error.ts";
import type { BodyDeclaration } from "./declaration.ts";
import { PROBLEMS } from "./problem-kinds.ts";
import { problemBody } from "./problem.ts";
import { reasonHeaders } from "./reason.ts";

/** An RFC 9457 problem document. */
export const Problem = z
  .strictObject({
    type: z
      .string()
      .describe("The address of a page about this kind of problem, such as /problems/not-found."),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().describe("A stable code for programs. GET /problems/{code} explains each."),
    request_id: z.string(),
    errors: z
      .array(
        z.strictObject({
          index: z
            .int()
            .optional()
            .describe("The position of the element in the collection of the request."),
          identifier: z.string().optional(),
          path: z.string().describe("The path of the member, with dots between names."),
          code: z.string(),
          detail: z.string().describe("What the server expected instead."),
        }),
      )
      .optional()
      .describe("The invalid elements of the request, at most 10,000 of them."),
  })
  .openapi("Problem");

type Responses = RouteConfig["responses"];

const DESCRIPTIONS: Record<number, string> = {
  400: "The request is malformed, a value is invalid, or a referenced resource does not exist.",
  401: "The request has no valid token.",
  403: "The role or the policies of the caller do not allow the call.",
  404: "The resource does not exist, or the caller may not see it.",
  405: "The method is not allowed here.",
  409: "Concurrent writes made this write fail five times in a row. It can be repeated.",
  413: "The body, or a collection in it, is too large.",
  415: "The content type is not application/json.",
  416: "The requested range lies outside the file.",
  422: "The Idempotency-Key was already used with another request.",
  429: "The caller sent too many requests. The header Retry-After tells when to try again.",
  503: "The service is temporarily unavailable. The header Retry-After tells when to try again.",
};

/** The error code that is the example of a status. */
const EXAMPLES: Readonly<Record<number, ErrorCode>> = {
  400: "invalid_value",
  401: "unauthenticated",
  403: "forbidden",
  404: "not_found",
  405: "method_not_allowed",
  409: "conflict",
  413: "too_large",
  415: "unsupported_media_type",
  416: "range_not_satisfiable",
  422: "idempotency_key_reused",
  429: "too_many_requests",
  503: "unavailable",
};

const REQUEST_ID = "7eb02667-9499-4962-804c-dc12496a7c11";

const contentOf = (status: number) => {
  const code = EXAMPLES[status];
  if (code === undefined) return { "application/problem+json": { schema: Problem } };
  const { detail, errors = [] } = PROBLEMS[code].example;
  const example = problemBody(new AppError(code, detail, { details: errors }), REQUEST_ID);
  return { "application/problem+json": { schema: Problem, example } };
};

const described = new Map<number, { readonly description: string; readonly content: object }>();

/** The response of a status, made once: nearly every route has it. */
const problemOf = (status: number) => {
  const known = described.get(status);
  if (known !== undefined) return known;
  const made = {
    description: DESCRIPTIONS[status] ?? "The call failed.",
    content: contentOf(status),
  };
  described.set(status, made);
  return made;
};

/** Problem responses with the given statuses, each with an example. */
export function problems(...statuses: readonly number[]): Responses {
  return Object.fromEntries(statuses.map((status) => [status, problemOf(status)]));
}

/** JSON in a description: of a response or, with `required`, of a body. */
export function json<Value>(schema: z.ZodType<Value>, description: string, example?: unknown) {
  const exampleMember = example === undefined ? {} : { example };
  return { description, content: { "application/json": { schema, ...exampleMember } } };
}

/** A 200 response in JSON, with an example. */
export function answer(schema: z.ZodType, description: string, example: unknown): Responses {
  return { 200: json(schema, description, example) };
}

/** The response to `If-None-Match` when nothing has changed (RFC 9110). */
export const NOT_MODIFIED: Responses = {
  304: {
    description: "The response has not changed: the entity tag in If-None-Match is still current.",
  },
};

/** Statuses of every read with a body. */
export const READ_PROBLEMS = problems(400, 401, 403, 413, 415, 429, 503);

/** Statuses of every write. */
export const WRITE_PROBLEMS = problems(400, 401, 403, 404, 409, 413, 415, 422, 429, 503);

/** A JSON request body with an example. */
export function jsonBody<Body>(schema: z.ZodType<Body>, example: unknown): BodyDeclaration<Body> {
  return { required: true, content: { "application/json": { schema, example } } };
}

/** The request header of calls that can be made safe to repeat. */
export const idempotencyHeaders = z.object({
  "idempotency-key": z
    .string()
    .optional()
    .describe(
      "A key that makes the request safe to repeat: within 24 hours the same key and body return the first response.",
    ),
});

/** Request headers that every write takes. */
export const writeHeaders = idempotencyHeaders.extend(reasonHeaders.shape);

/** Security requirement of routes that require a token. */
export const BEARER = [{ bearer: [] }];
