/** The doors of accounts: register, log in, one's own account, the public keys. */
import type { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { addRoute, createApi, type Api } from "../../http/api.ts";
import { readBytes } from "../../http/body.ts";
import { BEARER } from "../../http/describe.ts";
import type { AppEnv } from "../../http/env.ts";
import type { Accounts } from "../../identity/accounts.ts";
import { parseLogin } from "./parse.ts";
import { BAD_CREDENTIALS, renderError, renderUser } from "./render.ts";
import {
  KeySet,
  LoginForm,
  Refusal,
  RegisterBody,
  TokenRead,
  UserRead,
  ValidationRefusal,
} from "./wire.ts";

/** What the doors stand on. */
export interface AccountsDeps {
  /** The account calls of one request. */
  readonly accounts: (context: Context<AppEnv>) => Accounts;
}

const tags = ["accounts"];
const noStore = { "cache-control": "no-store" };

const json = (schema: z.ZodType, description: string) => ({
  description,
  content: { "application/json": { schema } },
});

const BODY_REFUSALS = {
  413: json(Refusal, "The body is too large."),
  422: json(ValidationRefusal, "A member is missing or wrong, or the body cannot be read."),
  503: json(Refusal, "Temporarily unavailable; see Retry-After."),
};

const addRegister = (api: Api, deps: AccountsDeps): void =>
  addRoute(
    api,
    {
      method: "post",
      path: "/auth/register",
      operationId: "registerUser",
      tags,
      security: [{}, ...BEARER],
      summary: "Register a user",
      description:
        "Adds an account with the role `user`. Where registration is closed, an admin's token opens this door. Members such as `role` or `is_superuser` are ignored.",
      request: { body: { required: true, ...json(RegisterBody, "Address and password.") } },
      responses: {
        201: json(UserRead, "The new account."),
        400: json(Refusal, "The address is taken: `REGISTER_USER_ALREADY_EXISTS`."),
        401: json(Refusal, "Registration is closed, and the token is not valid."),
        403: json(Refusal, "Registration is closed."),
        ...BODY_REFUSALS,
      },
    },
    { body: RegisterBody },
    async (c, { body }) => {
      const user = await deps.accounts(c).register(c.req.header("authorization"), body);
      return c.json(renderUser(user), 201, noStore);
    },
  );

const addLogin = (api: Api, deps: AccountsDeps): void =>
  addRoute(
    api,
    {
      method: "post",
      path: "/auth/jwt/login",
      operationId: "login",
      tags,
      security: [],
      summary: "Log in",
      description:
        "Exchanges an address and a password for an access token, which is sent as `Authorization: Bearer` and good for an hour.",
      request: {
        body: {
          required: true,
          content: { "application/x-www-form-urlencoded": { schema: LoginForm } },
        },
      },
      responses: {
        200: json(TokenRead, "The token."),
        400: json(Refusal, "`LOGIN_BAD_CREDENTIALS`: no such user, wrong password, or inactive."),
        ...BODY_REFUSALS,
      },
    },
    {},
    async (c) => {
      const form = await readBytes(c.req.raw);
      const credentials = await parseLogin(c.req.header("content-type") ?? "", form);
      const token = await deps.accounts(c).login(credentials);
      if (token === undefined) return c.json(BAD_CREDENTIALS, 400, noStore);
      return c.json({ access_token: token, token_type: "bearer" }, 200, noStore);
    },
  );

const addSelf = (api: Api, deps: AccountsDeps): void =>
  addRoute(
    api,
    {
      method: "get",
      path: "/users/me",
      operationId: "readOwnUser",
      tags,
      security: BEARER,
      summary: "Read one's own account",
      description: "Answers the account that the token was issued for, as it is now.",
      responses: {
        200: json(UserRead, "The caller's account."),
        401: json(Refusal, "No token, or one that is not valid any more."),
        422: json(ValidationRefusal, "There is a query parameter that nobody knows."),
        503: json(Refusal, "Temporarily unavailable; see Retry-After."),
      },
    },
    {},
    async (c) => {
      const user = await deps.accounts(c).self(c.get("principal"));
      return c.json(renderUser(user), 200, noStore);
    },
  );

const addKeys = (api: Api, deps: AccountsDeps): void =>
  addRoute(
    api,
    {
      method: "get",
      path: "/.well-known/jwks.json",
      operationId: "readPublicKeys",
      tags,
      security: [],
      summary: "Read the public keys",
      description: "The keys with which anybody can verify our tokens, told apart by `kid`.",
      responses: {
        200: json(KeySet, "A JSON Web Key Set."),
        422: json(ValidationRefusal, "There is a query parameter that nobody knows."),
      },
    },
    {},
    (c) => c.json(deps.accounts(c).jwks(), 200, { "cache-control": "public, max-age=300" }),
  );

/** The surface. Its errors are `{"detail": ...}`; those it has no words for go on to the app. */
export const accountsRoutes = (deps: AccountsDeps): Api => {
  const api = createApi();
  api.onError((error, c) => {
    const rendered = renderError(error);
    if (rendered === undefined) throw error;
    return c.json(rendered.body, rendered.status, { ...rendered.headers });
  });
  addRegister(api, deps);
  addLogin(api, deps);
  addSelf(api, deps);
  addKeys(api, deps);
  return api;
};
