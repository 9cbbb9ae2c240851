/** `/auth/authorize` and `/auth/public-key`: permission tokens for services. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { addRoute, type Api } from "../../../http/api.ts";
import { answer, BEARER, problems } from "../../../http/describe.ts";
import type { AppEnv } from "../../../http/env.ts";
import { subjectOf, type Principal } from "../../../identity/principal.ts";
import { AppError } from "../../../model/error.ts";
import { noStore, tags, type AccountsDeps } from "./shared.ts";

/** Datasets that a user may have where no plan says otherwise. */
const DATASETS_MAX = 100;

const Permission = z
  .object({
    token: z.string(),
    userid: z.string(),
    permissions: z.object({ max_dataset_num: z.int() }),
    service: z.literal("source"),
  })
  .openapi("PermissionToken");

const authorizeQuery = z.strictObject({
  service: z.literal("source").describe("The service for which the token is issued."),
  jwt: z
    .string()
    .optional()
    .describe(
      "The caller's own token, for clients that cannot send headers. Use the header where possible.",
    ),
});

/** The caller's own token as clients of the origin send it, before the usual header. */
const tokenOf = (c: Context<AppEnv>): string | undefined => {
  const token = c.req.header("auth-token") ?? c.req.query("jwt");
  return token === undefined ? undefined : `Bearer ${token}`;
};

const requireUser = ({ kind }: Principal): void => {
  if (kind === "user") return;
  throw new AppError("forbidden", "Permission tokens are for users, not for API keys.");
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
        ...answer(Permission, "The permission token and its claims.", {
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
      const { store, principal } = c.var;
      const current = await store.standing(principal);
      requireUser(current);
      const claims = {
        userid: subjectOf(current),
        permissions: { max_dataset_num: DATASETS_MAX },
        service: query.service,
      };
      const { tokenVersion = 0 } = current;
      const token = await deps.tokens.issuePermission({ claims, tokenVersion });
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
export const permissionRoutes = (api: Api, deps: AccountsDeps): void => {
  authorize(api, deps);
  publicKey(api, deps);
};
