/** The account endpoints: register, log in, own account, public keys. */
import { addRoute, addRouteByParts, createApi, type Api } from "../../../http/api.ts";
import { readBytes, type Received } from "../../../http/body.ts";
import { BEARER, json } from "../../../http/describe.ts";
import { errorHeaders } from "../../../http/problem.ts";
import { reasonHeaders } from "../../../http/reason.ts";
import { AppError } from "../../../model/error.ts";
import { readForm } from "../language/form.ts";
import { BAD_CREDENTIALS, renderError, renderUser } from "../language/render.ts";
import { requireAccount } from "../operations/context.ts";
import {
  changeSelf,
  login,
  logout,
  publicKeys,
  readSelf,
  register,
} from "../operations/own-account.ts";
import {
  KeySet,
  LoginForm,
  ErrorBody,
  RegisterBody,
  SelfUpdate,
  TokenRead,
  UserRead,
  ValidationErrorBody,
} from "../wire/auth.ts";
import { addMe } from "./me.ts";
import { contextOf, type AccountsDeps } from "./context.ts";
import { noStore, tags, TOO_LARGE, TRY_LATER, UNAUTHORIZED } from "./shared.ts";
import { addUsers } from "./users.ts";

const BODY_ERRORS = {
  413: json(ErrorBody, "The body is too large.", TOO_LARGE),
  422: json(ValidationErrorBody, "A member is missing or wrong, or the body cannot be read."),
  ...TRY_LATER,
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
        "Adds an account with the role `user`. Where registration is closed, the request needs an admin's token. Members such as `role` or `is_superuser` are ignored.",
      request: {
        body: { required: true, ...json(RegisterBody, "The e-mail address and the password.") },
      },
      responses: {
        201: json(UserRead, "The account that was created."),
        400: json(ErrorBody, "Another account uses the address: `REGISTER_USER_ALREADY_EXISTS`.", {
          detail: "REGISTER_USER_ALREADY_EXISTS",
        }),
        401: json(ErrorBody, "Registration is closed, and the token is not valid.", UNAUTHORIZED),
        403: json(ErrorBody, "Registration is closed.", {
          detail: "Registration is closed; ask an admin for an account.",
        }),
        ...BODY_ERRORS,
      },
    },
    { requires: null },
    async (c, { body }) => {
      const user = await register(contextOf(c, deps), c.req.header("authorization"), body);
      return c.json(renderUser(user), 201, noStore);
    },
  );

/** A body that is not a form has no members. */
const receiveForm = async (request: Request): Promise<Received> => {
  const bytes = await readBytes(request);
  const value = (await readForm(request.headers.get("content-type") ?? "", bytes)) ?? {};
  return { bytes, value };
};

const addLogin = (api: Api, deps: AccountsDeps): void =>
  addRouteByParts(
    api,
    {
      method: "post",
      path: "/auth/jwt/login",
      operationId: "login",
      tags,
      security: [],
      summary: "Log in",
      description:
        "Exchanges an e-mail address and a password for an access token. Send it as `Authorization: Bearer`; it is valid for an hour.",
      request: {
        body: {
          required: true,
          content: { "application/x-www-form-urlencoded": { schema: LoginForm } },
        },
      },
      responses: {
        200: json(TokenRead, "The access token of the session."),
        400: json(
          ErrorBody,
          "The account does not exist or is inactive, or the password is wrong: `LOGIN_BAD_CREDENTIALS`.",
          BAD_CREDENTIALS,
        ),
        ...BODY_ERRORS,
      },
    },
    { requires: null },
    async (c, parts) => {
      parts.query();
      const { username: email, password } = (await parts.body(receiveForm)).body;
      const token = await login(contextOf(c, deps), { email, password });
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
      description: "Returns the account of the token in its present state.",
      responses: {
        200: json(UserRead, "The account of the caller."),
        401: json(
          ErrorBody,
          "The request has no token, or a token that is no longer valid.",
          UNAUTHORIZED,
        ),
        422: json(ValidationErrorBody, "The request has an unknown query parameter."),
        ...TRY_LATER,
      },
    },
    { requires: requireAccount },
    async (c) => {
      const user = await readSelf(contextOf(c, deps));
      return c.json(renderUser(user), 200, noStore);
    },
  );

/** The same error has another code here than in a registration. */
const TAKEN = { detail: "UPDATE_USER_EMAIL_ALREADY_EXISTS" };

const addSelfUpdate = (api: Api, deps: AccountsDeps): void =>
  addRoute(
    api,
    {
      method: "patch",
      path: "/users/me",
      operationId: "updateOwnUser",
      tags,
      security: BEARER,
      summary: "Change one's own account",
      description:
        "Changes the e-mail address, the password, or both. A new password revokes every token of the account, including the one of this request. Members such as `role` are ignored. The address and password of the first admin are settings of the server, so this call cannot change them.",
      request: {
        headers: reasonHeaders,
        body: { required: true, ...json(SelfUpdate, "The members to change.") },
      },
      responses: {
        200: json(UserRead, "The account after the change."),
        400: json(
          ErrorBody,
          "Another account uses the address: `UPDATE_USER_EMAIL_ALREADY_EXISTS`.",
        ),
        401: json(
          ErrorBody,
          "The request has no token, or a token that is no longer valid.",
          UNAUTHORIZED,
        ),
        403: json(
          ErrorBody,
          "The account is that of the first admin, whose address and password are settings.",
          { detail: "Address and password of the first admin are settings." },
        ),
        ...BODY_ERRORS,
      },
    },
    { requires: requireAccount },
    async (c, { body }) => {
      const { email, password } = body;
      const user = await changeSelf(contextOf(c, deps), {
        ...(email === undefined ? {} : { email }),
        ...(password === undefined ? {} : { password }),
      });
      if (user === undefined) return c.json(TAKEN, 400, noStore);
      return c.json(renderUser(user), 200, noStore);
    },
  );

const addLogout = (api: Api, deps: AccountsDeps): void =>
  addRoute(
    api,
    {
      method: "post",
      path: "/auth/jwt/logout",
      operationId: "logout",
      tags,
      security: BEARER,
      summary: "Log out",
      description:
        "Revokes every token of the account, on all devices. For an API key it revokes the tokens of this session.",
      responses: {
        204: { description: "The call succeeded; the response has no body." },
        401: json(
          ErrorBody,
          "The request has no token, or a token that is no longer valid.",
          UNAUTHORIZED,
        ),
        422: json(ValidationErrorBody, "The request has an unknown query parameter."),
        ...TRY_LATER,
      },
    },
    { requires: null },
    async (c) => {
      await logout(contextOf(c, deps));
      return c.body(null, 204, noStore);
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
      description:
        "Returns the public keys that verify the tokens of this server. `kid` tells them apart.",
      responses: {
        200: json(KeySet, "The JSON Web Key Set."),
        422: json(ValidationErrorBody, "The request has an unknown query parameter."),
      },
    },
    { requires: null },
    (c) => c.json(publicKeys(contextOf(c, deps)), 200, { "cache-control": "public, max-age=300" }),
  );

/**
 * The endpoints that clients of the fastapi-users library know. Their errors are `{"detail": ...}`;
 * errors that have no such form are left to the app's handler.
 */
export function accountRoutes(deps: AccountsDeps): Api {
  const api = createApi();
  api.onError((error, c) => {
    const rendered = renderError(error);
    if (rendered === undefined) throw error;
    const headers = error instanceof AppError ? errorHeaders(error) : {};
    return c.json(rendered.body, rendered.status, { ...headers });
  });
  addRegister(api, deps);
  addLogin(api, deps);
  addLogout(api, deps);
  addSelf(api, deps);
  addSelfUpdate(api, deps);
  addMe(api, deps);
  addUsers(api, deps);
  addKeys(api, deps);
  return api;
}
