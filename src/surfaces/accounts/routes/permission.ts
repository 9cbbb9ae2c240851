/** `/auth/authorize` and `/auth/public-key`: permission tokens for services. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { addRoute, type Api } from "../../../http/api.ts";
import { answer, BEARER, problems } from "../../../http/describe.ts";
import type { AppEnv } from "../../../http/env.ts";
import { DATASETS_MAX, issuePermission, requireUser } from "../operations/permission.ts";
import { authorizeQuery, PermissionRead } from "../wire/permission.ts";
import { contextOf, type AccountsDeps } from "./context.ts";
import { noStore, tags } from "./shared.ts";

/** Reads the token from where clients of the original service send it, before the usual header. */
const tokenOf = (c: Context<AppEnv>): string | undefined => {
  const token = c.req.header("auth-token") ?? c.req.query("jwt");
  return token === undefined ? undefined : `Bearer ${token}`;
};

const authorize = (api: Api, deps: AccountsDeps): void =>
  addRoute(
    api,
    {
      method: "get",
      path: "/auth/authorize",
      operationId: "authorizeService",
      tags,
      security: BEARER,
      summary: "Get a permission token",
      description:
        "Issues a token that tells a service what the user may do there. It is valid for an hour. Send the user's own token as `Authorization: Bearer`, as `Auth-Token` or as the parameter `jwt`.",
      request: { query: authorizeQuery },
      responses: {
        ...answer(PermissionRead, "The permission token and its claims.", {
          token: "eyJhbGciOi...",
          userid: "0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10",
          permissions: { max_dataset_num: DATASETS_MAX },
          service: "source",
        }),
        ...problems(400, 401, 403, 429, 503),
      },
    },
    { requires: requireUser, authorization: tokenOf },
    async (c, { query }) => {
      const { token, claims } = await issuePermission(contextOf(c, deps), query.service);
      return c.json({ token, ...claims }, 200, noStore);
    },
  );

const publicKey = (api: Api, deps: AccountsDeps): void =>
  addRoute(
    api,
    {
      method: "get",
      path: "/auth/public-key",
      operationId: "readPublicKey",
      tags,
      security: [],
      summary: "Read the public key as PEM",
      description:
        "Returns the public part of the current signing key. `GET /.well-known/jwks.json` returns all keys.",
      responses: {
        200: {
          description: "The public key as PEM (RFC 7468).",
          content: {
            "text/plain": {
              schema: z.string(),
              example: "-----BEGIN PUBLIC KEY-----\nMIIB...\n-----END PUBLIC KEY-----\n",
            },
          },
        },
        ...problems(400),
      },
    },
    { requires: null },
    async (c) =>
      c.text(await deps.tokens.publicPem(), 200, { "cache-control": "public, max-age=300" }),
  );

/** Adds the routes. */
export function permissionRoutes(api: Api, deps: AccountsDeps): void {
  authorize(api, deps);
  publicKey(api, deps);
}
