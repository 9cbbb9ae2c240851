/** `/users/{id}`: accounts for admins, in the dialect of the fastapi-users library. */
import { addRoute, type Api } from "../../../http/api.ts";
import { BEARER, json } from "../../../http/describe.ts";
import { reasonHeaders } from "../../../http/reason.ts";
import { parseUserChange } from "../language/parse-admin.ts";
import { renderUser } from "../language/render.ts";
import { changeUser, readUser, removeUser } from "../operations/administration.ts";
import { ErrorBody, UserPath, UserRead, UserUpdate, ValidationErrorBody } from "../wire/auth.ts";
import { contextOf, type AccountsDeps } from "./context.ts";
import { noStore, tags, TOO_LARGE, TRY_LATER, UNAUTHORIZED } from "./shared.ts";

const ERROR_RESPONSES = {
  401: json(
    ErrorBody,
    "The request has no token, or a token that is no longer valid.",
    UNAUTHORIZED,
  ),
  403: json(ErrorBody, "The caller is not an admin."),
  404: json(ErrorBody, "The account does not exist."),
  422: json(ValidationErrorBody, "A member is invalid, or the account is the caller's own."),
  ...TRY_LATER,
};

const read = (api: Api, deps: AccountsDeps): void =>
  addRoute(
    api,
    {
      method: "get",
      path: "/users/{id}",
      operationId: "readUser",
      tags,
      security: BEARER,
      summary: "Read an account",
      description: "Returns an account in its present state. Admins only.",
      request: { params: UserPath },
      responses: { 200: json(UserRead, "The requested account."), ...ERROR_RESPONSES },
    },
    { requires: "administer" },
    async (c, { params }) => {
      const user = await readUser(contextOf(c, deps), params.id);
      return c.json(renderUser(user), 200, noStore);
    },
  );

const update = (api: Api, deps: AccountsDeps): void =>
  addRoute(
    api,
    {
      method: "patch",
      path: "/users/{id}",
      operationId: "updateUser",
      tags,
      security: BEARER,
      summary: "Change an account",
      description:
        "Changes the role or the activity of an account. Both take effect on the account's next request. The caller's own account cannot be changed here. Admins only.",
      request: {
        headers: reasonHeaders,
        params: UserPath,
        body: { required: true, ...json(UserUpdate, "The members to change.") },
      },
      responses: {
        200: json(UserRead, "The account after the change."),
        ...ERROR_RESPONSES,
        413: json(ErrorBody, "The body is too large.", TOO_LARGE),
      },
    },
    { requires: "administer" },
    async (c, { params, body }) => {
      const user = await changeUser(contextOf(c, deps), params.id, parseUserChange(body));
      return c.json(renderUser(user), 200, noStore);
    },
  );

const remove = (api: Api, deps: AccountsDeps): void =>
  addRoute(
    api,
    {
      method: "delete",
      path: "/users/{id}",
      operationId: "deleteUser",
      tags,
      security: BEARER,
      summary: "Delete an account",
      description:
        "Deletes an account and its sessions. The caller's own account cannot be deleted. Admins only.",
      request: { headers: reasonHeaders, params: UserPath },
      responses: {
        204: { description: "The call succeeded; the response has no body." },
        ...ERROR_RESPONSES,
      },
    },
    { requires: "administer" },
    async (c, { params }) => {
      await removeUser(contextOf(c, deps), params.id);
      return c.body(null, 204, noStore);
    },
  );

/** Adds the routes. */
export function addUsers(api: Api, deps: AccountsDeps): void {
  read(api, deps);
  update(api, deps);
  remove(api, deps);
}
