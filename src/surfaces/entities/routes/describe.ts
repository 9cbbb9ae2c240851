/** Pieces of the OpenAPI descriptions of this surface. */
import { answer } from "../../../http/describe.ts";
import { type RouteConfig, z } from "@hono/zod-openapi";
import { EntityEnvelope } from "../wire/entities.ts";

type Responses = RouteConfig["responses"];

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  202: "The work continues. `GET /data/task/{taskHandle}` returns its result.",
  400: "The request as a whole is invalid. `errors` contains the reasons.",
  401: "The request has no valid token.",
  403: "The role of the caller or the access lists of the entity do not allow the call.",
  404: "The entity, version or task does not exist, or the version is disabled.",
  413: "The body, the number of documents, or the result is too large.",
  415: "The content type is not application/json.",
  422: "The Idempotency-Key was already used with another request.",
  429: "The caller sent too many requests or has too many stored responses. The header Retry-After tells when to try again.",
  503: "The service is temporarily unavailable. The header Retry-After tells when to try again.",
};

/** Responses with the envelope, by status. */
export function envelopes(...statuses: readonly number[]): Responses {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: DESCRIPTIONS[status] ?? "The response of the entity surface.",
        content: {
          "application/json": {
            schema: EntityEnvelope,
            ...(status === 202 ? { example: { status: "ASYNC", taskHandle: "5d0a3c1e" } } : {}),
          },
        },
      },
    ]),
  );
}

/** Error responses of every call. */
export const ERROR_RESPONSES = envelopes(400, 401, 403, 404, 413, 415, 422, 429, 503);

/** Error responses of a call without a body. */
export const READ_ERRORS = envelopes(400, 401, 403, 404, 413, 429, 503);

/** A successful response; an envelope unless a schema is given. */
export function good(
  description: string,
  example: unknown,
  schema: z.ZodType = EntityEnvelope,
): Responses {
  return answer(schema, description, example);
}

/** The path parameters of an entity and a version. */
export const FORMS = ["", "/{entity}", "/{entity}/{version}"] as const;
