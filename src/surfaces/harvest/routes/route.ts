/** How routes of this surface are made: who may call them is asked before anything of the body. */
import { type RouteConfig, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { addRoute, type Api } from "../../../http/api.ts";
import { parseJson } from "../../../model/parse-json.ts";
import { readBytes, requireJsonType } from "../../../http/body.ts";
import { BEARER } from "../../../http/describe.ts";
import type { Requirement } from "../../../http/requirement.ts";
import type { AppEnv } from "../../../http/env.ts";
import { requireAdmin } from "../operations/context.ts";
import { checked } from "./error.ts";
import { Refusal, ValidationRefusal } from "../wire/shared.ts";

/** A JSON answer or body in a description. */
export const json = (schema: z.ZodType, description: string, example?: unknown) => ({
  description,
  content: {
    "application/json": { schema, ...(example === undefined ? {} : { example }) },
  },
});

const REFUSALS = {
  401: json(Refusal, "No token, or one that is not valid any more."),
  403: json(Refusal, "Who calls may not do this."),
  422: json(ValidationRefusal, "A part of the request is missing or wrong."),
  429: json(Refusal, "Too many requests; see Retry-After."),
  503: json(Refusal, "Temporarily unavailable; see Retry-After."),
};

const MORE = {
  404: json(Refusal, "It does not exist, or is not to be seen."),
  409: json(Refusal, "It is not in a state for this."),
  413: json(Refusal, "The body, or a list in it, is too large."),
  400: json(Refusal, "It cannot be done."),
  502: json(Refusal, "Another server could not be reached, or refused."),
} as const;

/** What a call is, beside its handler. */
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
  /** Refusals beside those that every call has. */
  readonly refusals: readonly (keyof typeof MORE)[];
  /** False: not only for admins; the store decides. */
  readonly admin: boolean;
  /** What the caller of another one has to be allowed; absent: to read. */
  readonly requires?: Requirement;
}

/** The checked parts of a request. */
export interface Parts<Body, Query, Params> {
  readonly body: Body;
  readonly query: Query;
  readonly params: Params;
}

/** What a token says may be out of date; what the store says is not. */
const confirmAdmin = async (c: Context<AppEnv>): Promise<void> => {
  const principal = c.get("principal");
  if (principal.role === "admin") return;
  requireAdmin(await c.get("store").standing(principal));
};

const readBody = async <Body>(
  c: Context<AppEnv>,
  schema: z.ZodType<Body> | undefined,
): Promise<Body> => {
  if (schema === undefined) return undefined as Body;
  requireJsonType(c.req.raw);
  return checked(schema, parseJson(await readBytes(c.req.raw)), "body");
};

const none = z.strictObject({});

/** Adds a call. */
export const addCall = <Body = undefined, Query = Record<string, never>, Params = undefined>(
  api: Api,
  call: Call<Body, Query, Params>,
  handler: (c: Context<AppEnv>, parts: Parts<Body, Query, Params>) => Promise<Response>,
): void => {
  const { body, query, params } = call;
  addRoute<undefined, Record<string, unknown>>(
    api,
    {
      method: call.method,
      path: call.path,
      tags: [call.tag],
      security: BEARER,
      summary: call.summary,
      description: call.description,
      request: {
        ...(params === undefined ? {} : { params: params as unknown as z.ZodObject }),
        ...(query === undefined ? {} : { query: query as unknown as z.ZodObject }),
        ...(body === undefined
          ? {}
          : { body: { required: true, ...json(body, "What is sent.", call.bodyExample) } }),
      },
      responses: {
        ...call.responses,
        ...REFUSALS,
        ...Object.fromEntries(call.refusals.map((status) => [status, MORE[status]])),
      },
    },
    {
      requires: call.admin ? requireAdmin : (call.requires ?? "read"),
      query: z.record(z.string(), z.unknown()),
    },
    async (c, { query: sent }) => {
      if (call.admin) await confirmAdmin(c);
      return handler(c, {
        params: checked((params ?? z.unknown()) as z.ZodType<Params>, c.req.param(), "path"),
        query: checked(
          (query ?? none) as z.ZodType<Query>,
          sent as Record<string, string>,
          "query",
        ),
        body: await readBody(c, body),
      });
    },
  );
};
