/** `/auth` and `/auth/refresh`: sessions of API keys and users. */
import { json } from "../../../http/describe.ts";
import type { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { addRouteByParts, createApi, type Api } from "../../../http/api.ts";
import { receiveAnyJson } from "../../../http/body.ts";
import type { ErrorOfIssues } from "../../../http/check.ts";
import type { Parts } from "../../../http/declaration.ts";
import type { AppEnv } from "../../../http/env.ts";
import { STATUS } from "../../../http/problem.ts";
import type { TokenPair } from "../../../identity/project.ts";
import { AppError } from "../../../model/error.ts";
import { ProjectErrorBody, Refresh, SignIn, TokenPairRead } from "../wire/project.ts";
import { refresh, signIn } from "../operations/sessions.ts";
import { contextOf, type AccountsDeps } from "./context.ts";
import { noStore, tags } from "./shared.ts";

const RESPONSES = {
  200: json(TokenPairRead, "An access token that is valid for two hours, and a refresh token."),
  400: json(ProjectErrorBody, "A member is missing or invalid, or the body is not JSON."),
  401: json(ProjectErrorBody, "The credentials are wrong, expired or revoked."),
  413: json(ProjectErrorBody, "The body is too large."),
  429: json(
    ProjectErrorBody,
    "The caller sent too many requests or failed attempts. The header Retry-After tells when to try again.",
  ),
  503: json(
    ProjectErrorBody,
    "The service is temporarily unavailable. The header Retry-After tells when to try again.",
  ),
};

/** The value may be a password, so the message names only the member. */
const makeError: ErrorOfIssues = (issues) => {
  const place = issues[0]?.path.map(String).join(".") ?? "";
  return new AppError("invalid_value", `${place || "body"}: missing, or not what was expected.`);
};

/** The checked body; these calls take no parameters. */
const bodyOf = async <Body>(
  parts: Parts<Body, Record<string, never>, undefined>,
): Promise<Body> => {
  parts.query();
  return (await parts.body(receiveAnyJson, makeError)).body;
};

const answer = (c: Context<AppEnv>, { accessToken, refreshToken }: TokenPair): Response =>
  c.json({ access_token: accessToken, refresh_token: refreshToken }, 200, noStore);

const described = <Body>(schema: z.ZodType<Body>, description: string) => ({
  body: { required: true, ...json(schema, description) },
});

const addSignIn = (api: Api, deps: AccountsDeps): void =>
  addRouteByParts(
    api,
    {
      method: "post",
      path: "/auth",
      operationId: "signIn",
      tags,
      security: [],
      summary: "Begin a session",
      description:
        "Exchanges an API key and its secret (`apk`), or a user's address and password (`ums`), for an access token and a refresh token. The body is read as JSON whatever its content type.",
      request: described(SignIn, "The credentials of an API key or of a user."),
      responses: RESPONSES,
    },
    { requires: null },
    async (c, parts) => {
      const body = await bodyOf(parts);
      return answer(c, await signIn(contextOf(c, deps), body));
    },
  );

const addRefresh = (api: Api, deps: AccountsDeps): void =>
  addRouteByParts(
    api,
    {
      method: "post",
      path: "/auth/refresh",
      operationId: "refreshSession",
      tags,
      security: [],
      summary: "Go on with a session",
      description:
        "Exchanges a refresh token for a new pair. The old refresh token is revoked. If it is used again, the server assumes theft and ends the whole session.",
      request: described(Refresh, "The most recent refresh token."),
      responses: RESPONSES,
    },
    { requires: null },
    async (c, parts) => {
      const { refresh_token: token } = await bodyOf(parts);
      return answer(c, await refresh(contextOf(c, deps), token));
    },
  );

/** The endpoints. Their errors are lists with one `{request_id, message}`. */
export function projectRoutes(deps: AccountsDeps): Api {
  const api = createApi();
  api.onError((error, c) => {
    if (!(error instanceof AppError) || error.code === "internal") throw error;
    if (error.retryAfterSeconds !== undefined) {
      c.header("retry-after", String(error.retryAfterSeconds));
    }
    const body = [{ request_id: c.get("requestId"), message: error.message }];
    return c.json(body, STATUS[error.code], noStore);
  });
  addSignIn(api, deps);
  addRefresh(api, deps);
  return api;
}
