/**
 * Declares a route: its OpenAPI description and its handler in one place. The description goes into
 * the document, and its schemas check the requests, so that bodies are read once, within bounds,
 * and errors have one form.
 */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { getPath } from "hono/utils/url";
import type { Principal } from "../identity/principal.ts";
import { AppError } from "../model/error.ts";
import { isEncoded, receiveJson, type Received } from "./body.ts";
import { check, queryOf, type ErrorOfIssues } from "./check.ts";
import type { Access, BodyDeclaration, Checked, Declaration, Parts } from "./declaration.ts";
import type { AppEnv } from "./env.ts";
import { countRequest } from "./limit.ts";
import { describeRoute, emptyApi, type Api } from "./openapi.ts";
import { problemResponse } from "./problem.ts";
import { reasonInHeader, takesReason } from "./reason.ts";
import { runFor } from "./requirement.ts";
import { createRouter } from "./router.ts";

export type { Api } from "./openapi.ts";

/** Paths that clients call with or without a trailing slash. */
const SLASHED = /^\/(?:auth|ds)(?:\/.*)?\/$/;

const pathOf = (request: Request): string => {
  const path = getPath(request);
  return SLASHED.test(path) ? path.slice(0, -1) : path;
};

/** Makes an empty app. */
export function createApi(): Api {
  return emptyApi({ getPath: pathOf, router: createRouter() });
}

const honoPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1");

const refuseBookmark = (c: Context<AppEnv>): void => {
  if (!c.get("hasMalformedBookmark")) return;
  const detail = "Expected the x-d1-bookmark of an earlier answer.";
  throw new AppError("invalid_value", `x-d1-bookmark: ${detail}`, {
    details: [{ path: "x-d1-bookmark", code: "invalid_value", detail }],
  });
};

/**
 * Adds the accepted content coding to a 415 response, on every surface (RFC 9110, section 15.5.16).
 */
const refuseEncoded = (c: Context<AppEnv>): Response => {
  const detail = "Expected a body without a content coding.";
  c.header("accept-encoding", "identity");
  return problemResponse(
    c,
    new AppError("unsupported_media_type", detail, {
      details: [{ path: "content-encoding", code: "unsupported_media_type", detail }],
    }),
  );
};

const noteReason = (c: Context<AppEnv>): void => {
  const reason = reasonInHeader(c);
  if (reason !== undefined) c.set("reason", reason);
};

const isEmpty = (requirement: object): boolean => Object.keys(requirement).length === 0;

/** The caller of a route that requires a token. Without a token only public reads may continue. */
const callerOf = async (
  c: Context<AppEnv>,
  elsewhere: ((c: Context<AppEnv>) => string | undefined) | undefined,
): Promise<Principal> => {
  const { authenticate, config } = c.get("services");
  const principal = await authenticate(elsewhere?.(c) ?? c.req.header("authorization"));
  if (principal.kind !== "anonymous" || config.publicRead) return principal;
  throw new AppError("unauthenticated", "Send a bearer token in the Authorization header.");
};

/** The one schema of a body. */
const schemaOf = <Body>(declared: BodyDeclaration<Body> | undefined): z.ZodType<Body> | undefined =>
  Object.values(declared?.content ?? {})[0]?.schema;

/** The body of a route without one. */
const NOTHING: Received = { bytes: new Uint8Array(), value: undefined };

/** Checks the parts of a route's requests, only by the schemas of its declaration. */
const partsOf = <Body, Query, Params>(
  { request }: Declaration<Body, Query, Params>,
  { repeated }: Access,
): ((c: Context<AppEnv>) => Parts<Body, Query, Params>) => {
  const none = z.strictObject({}) as unknown as z.ZodType<Query>;
  const schema = schemaOf(request?.body);
  // Cache the parsed empty query: most requests have none.
  let bare: Query | undefined;
  return (c) => {
    const checkQuery = (makeError?: ErrorOfIssues): Query =>
      check(request?.query ?? none, queryOf(c, repeated), "query", makeError);
    return {
      body: async (receive = receiveJson, makeError) => {
        const { bytes, value } = schema === undefined ? NOTHING : await receive(c.req.raw);
        return { bytes, body: check(schema, value, "body", makeError) };
      },
      query: (makeError) =>
        c.get("address").query === "" ? (bare ??= checkQuery(makeError)) : checkQuery(makeError),
      params: (makeError) =>
        request?.params === undefined
          ? (undefined as Params)
          : check(request.params, c.req.param(), "path", makeError),
    };
  };
};

/**
 * Adds a route whose handler requests the parts of its request one by one: for surfaces with their
 * own order of checks, their own messages, or a body that differs from its content type. See
 * `addRoute`.
 */
export function addRouteByParts<
  Body = undefined,
  Query = Record<string, never>,
  Params = undefined,
>(
  api: Api,
  declaration: Declaration<Body, Query, Params>,
  access: Access,
  handler: (c: Context<AppEnv>, parts: Parts<Body, Query, Params>) => Promise<Response> | Response,
  path: string = honoPath(declaration.path),
): void {
  const { method, security = [], responses } = declaration;
  describeRoute(api, declaration);
  const isOpen = security.length === 0 || security.some(isEmpty);
  const isCounted = 429 in responses;
  const isExplained = takesReason(declaration.request?.headers);
  const parts = partsOf(declaration, access);
  api.on(method.toUpperCase(), path, async (c) => {
    if (!isOpen) c.set("principal", await callerOf(c, access.authorization));
    if (isCounted && c.get("services").limit !== null) await countRequest(c);
    return runFor(c, access.requires, async () => {
      if (isEncoded(c.req.raw)) return refuseEncoded(c);
      // Only routes that read through the store take a bookmark; they document the error of a bad
      // one.
      if (!isOpen && 400 in responses) refuseBookmark(c);
      if (isExplained) noteReason(c);
      return handler(c, parts(c));
    });
  });
}

/**
 * Adds a route. A route with a security requirement refuses a request without a valid token before
 * it checks anything else.
 *
 * @param declaration its OpenAPI description; the schemas in it check the request before the
 * handler runs.
 * A collection's elements may be checked later, where their type is known.
 * @param path the Hono path when it cannot be derived from the OpenAPI path.
 */
export function addRoute<Body = undefined, Query = Record<string, never>, Params = undefined>(
  api: Api,
  declaration: Declaration<Body, Query, Params>,
  access: Access,
  handler: (
    c: Context<AppEnv>,
    request: Checked<Body, Query, Params>,
  ) => Promise<Response> | Response,
  path?: string,
): void {
  addRouteByParts(
    api,
    declaration,
    access,
    async (c, parts) => {
      const received = await parts.body();
      return handler(c, { ...received, query: parts.query(), params: parts.params() });
    },
    path,
  );
}
