/** How this surface declares routes: permission is checked before anything of the body. */
import type { RouteConfig, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { addRouteByParts, type Api } from "../../../http/api.ts";
import { BEARER, json } from "../../../http/describe.ts";
import { reasonHeaders } from "../../../http/reason.ts";
import type { Requirement } from "../../../http/requirement.ts";
import { queryOf } from "../../../http/check.ts";
import type { AppEnv } from "../../../http/env.ts";
import { requireAdmin } from "../operations/context.ts";
import { errorOf } from "./error.ts";
import { ErrorBody, ValidationErrorBody } from "../wire/shared.ts";

const ERROR_RESPONSES = {
  401: json(ErrorBody, "The request has no token, or a token that is no longer valid."),
  403: json(ErrorBody, "The caller may not do this."),
  422: json(ValidationErrorBody, "A part of the request is missing or invalid."),
  429: json(
    ErrorBody,
    "The caller sent too many requests. The header Retry-After tells when to try again.",
  ),
  503: json(
    ErrorBody,
    "The service is temporarily unavailable. The header Retry-After tells when to try again.",
  ),
};

const MORE = {
  404: json(ErrorBody, "The resource does not exist, or the caller may not see it."),
  409: json(ErrorBody, "The resource is in a state that does not allow the call."),
  413: json(ErrorBody, "The body, or a list in it, is too large."),
  400: json(ErrorBody, "The call cannot be carried out with the present settings."),
  502: json(ErrorBody, "Another server was unreachable or refused the request."),
} as const;

/** The declaration of a call. */
export interface Call<Body, Query, Params> {
  readonly method: "get" | "post" | "patch" | "delete";
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  readonly body?: z.ZodType<Body>;
  readonly bodyExample?: unknown;
  readonly query?: z.ZodType<Query>;
  readonly params?: z.ZodType<Params>;
  readonly responses: RouteConfig["responses"];
  /** Error responses beside those that every call has. */
  readonly errorStatuses: readonly (keyof typeof MORE)[];
  /** False: not only for admins; the store decides. */
  readonly admin: boolean;
  /** The permission that a call needs which is not for admins only; absent: to read. */
  readonly requires?: Requirement;
}

/** The checked parts of a request. */
export interface Parts<Body, Query, Params> {
  readonly body: Body;
  readonly query: Query;
  readonly params: Params;
}

/** The role in a token may be out of date; the store decides. */
const confirmAdmin = async (c: Context<AppEnv>): Promise<void> => {
  const principal = c.get("principal");
  if (principal.role === "admin") return;
  requireAdmin(await c.get("store").authState(principal));
};

/** Adds a call. */
export function addCall<Body = undefined, Query = Record<string, never>, Params = undefined>(
  api: Api,
  call: Call<Body, Query, Params>,
  handler: (c: Context<AppEnv>, parts: Parts<Body, Query, Params>) => Promise<Response>,
): void {
  const { body, query, params } = call;
  addRouteByParts<Body, Query, Params>(
    api,
    {
      method: call.method,
      path: call.path,
      tags: [call.tag],
      security: BEARER,
      summary: call.summary,
      description: call.description,
      request: {
        ...(call.method === "get" ? {} : { headers: reasonHeaders }),
        ...(params === undefined ? {} : { params }),
        ...(query === undefined ? {} : { query }),
        ...(body === undefined
          ? {}
          : {
              body: {
                required: true,
                ...json(body, "The members of the request.", call.bodyExample),
              },
            }),
      },
      responses: {
        ...call.responses,
        ...ERROR_RESPONSES,
        ...Object.fromEntries(call.errorStatuses.map((status) => [status, MORE[status]])),
      },
    },
    { requires: call.admin ? requireAdmin : (call.requires ?? "read") },
    async (c, parts) => {
      // A repeated parameter is refused before anything else.
      queryOf(c);
      if (call.admin) await confirmAdmin(c);
      const named = parts.params(errorOf);
      const parsedQuery = parts.query(errorOf);
      const { body: sent } = await parts.body(undefined, errorOf);
      return handler(c, { params: named, query: parsedQuery, body: sent });
    },
  );
}
