/** Pieces of the OpenAPI descriptions of this surface. */
import { type RouteConfig, z } from "@hono/zod-openapi";
import { EntityEnvelope } from "../wire/entities.ts";

type Responses = RouteConfig["responses"];

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  202: "The work goes on; ask for its answer by the task handle.",
  400: "The request as a whole is wrong: see `errors`.",
  401: "No valid token.",
  403: "Neither the role nor the access lists allow it.",
  404: "There is no such entity, version or task, or the version is disabled.",
  413: "The body, the documents or the result are too many.",
  415: "The content type is not application/json.",
  422: "The Idempotency-Key was used with another request.",
  429: "Too many requests, or too much that is kept; see Retry-After.",
  503: "Temporarily unavailable; see Retry-After.",
};

/** Answers with the envelope, by status. */
export const envelopes = (...statuses: readonly number[]): Responses =>
  Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: DESCRIPTIONS[status] ?? "An envelope.",
        content: {
          "application/json": {
            schema: EntityEnvelope,
            ...(status === 202 ? { example: { status: "ASYNC", taskHandle: "5d0a3c1e" } } : {}),
          },
        },
      },
    ]),
  );

/** Refusals of every call. */
export const REFUSALS = envelopes(400, 401, 403, 404, 413, 415, 422, 429, 503);

/** Refusals of a call without a body. */
export const READ_REFUSALS = envelopes(400, 401, 403, 404, 413, 429, 503);

/** A good answer. */
export const good = (
  description: string,
  example: unknown,
  schema: z.ZodType = EntityEnvelope,
): Responses => ({
  200: { description, content: { "application/json": { schema, example } } },
});

/** The description of an entity's and a version's part of a path. */
export const FORMS = ["", "/{entity}", "/{entity}/{version}"] as const;
