/** Pieces of OpenAPI descriptions that all routes share. */
import { type RouteConfig, z } from "@hono/zod-openapi";
import type { BodyDeclaration } from "./declaration.ts";

/** An RFC 9457 problem document. */
const Problem = z
  .strictObject({
    type: z.string().describe("Stable URI reference of the kind of problem."),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().describe("Stable machine word; docs/errors.md lists them all."),
    request_id: z.string(),
    errors: z
      .array(
        z.strictObject({
          index: z.int().optional().describe("Position in the request's collection."),
          identifier: z.string().optional(),
          path: z.string().describe("Dotted path of the member."),
          code: z.string(),
          detail: z.string().describe("What was expected."),
        }),
      )
      .optional()
      .describe("Every bad element, at most 10,000."),
  })
  .openapi("Problem");

type Responses = RouteConfig["responses"];

const DESCRIPTIONS: Record<number, string> = {
  400: "The request is malformed, a value is not what was expected, or a referenced thing does not exist.",
  401: "No valid token.",
  403: "The role does not allow it.",
  404: "The addressed resource does not exist or is not visible.",
  405: "The method is not allowed here.",
  409: "Other writes were faster five times in a row.",
  413: "The body or a collection is too large.",
  415: "The content type is not application/json.",
  416: "The range lies outside of the file.",
  422: "The Idempotency-Key was used with another request.",
  429: "Too many requests; see Retry-After.",
  503: "Temporarily unavailable; see Retry-After.",
};

/** Problem responses with the given statuses. */
export const problems = (...statuses: readonly number[]): Responses =>
  Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: DESCRIPTIONS[status] ?? "A problem.",
        content: { "application/problem+json": { schema: Problem } },
      },
    ]),
  );

/** A 200 answer in JSON, with an example. */
export const answer = (schema: z.ZodType, description: string, example: unknown): Responses => ({
  200: { description, content: { "application/json": { schema, example } } },
});

/** The answer to `If-None-Match` when nothing has changed (RFC 9110). */
export const NOT_MODIFIED: Responses = {
  304: { description: "Not modified: the entity tag sent in If-None-Match is still current." },
};

/** Statuses of every read with a body. */
export const READ_PROBLEMS = problems(400, 401, 403, 413, 415, 429, 503);

/** Statuses of every write. */
export const WRITE_PROBLEMS = problems(400, 401, 403, 404, 409, 413, 415, 422, 429, 503);

/** A JSON request body with an example. */
export function jsonBody<Body>(schema: z.ZodType<Body>, example: unknown): BodyDeclaration<Body> {
  return { required: true, content: { "application/json": { schema, example } } };
}

/** Request headers that every write takes. */
export const writeHeaders = z.object({
  "idempotency-key": z
    .string()
    .optional()
    .describe("A repeat within 24 hours with the same body gets the first answer again."),
});

/** Security requirement of routes that need a token. */
export const BEARER = [{ bearer: [] }];
