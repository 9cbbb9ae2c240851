/** `/users/{id}`: accounts for admins, in the dialect of the fastapi-users library. */
import { addRoute, type Api } from "../../../http/api.ts";
import { BEARER } from "../../../http/describe.ts";
import { renderUser } from "../language/render.ts";
import { Refusal, UserPath, UserRead, UserUpdate, ValidationRefusal } from "../wire/auth.ts";
import { json, noStore, tags, TRY_LATER, type AccountsDeps } from "./shared.ts";

const REFUSALS = {
  401: json(Refusal, "No token, or one that is not valid any more."),
  403: json(Refusal, "Admins only."),
  404: json(Refusal, "There is no such account."),
  422: json(ValidationRefusal, "A member is wrong, or it is one's own account."),
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
      description: "Answers an account as it is now. Admins only.",
      request: { params: UserPath },
      responses: { 200: json(UserRead, "The account."), ...REFUSALS },
    },
    { requires: "administer" },
    async (c, { params }) => {
      const user = await deps.administration(c).user(c.get("principal"), params.id);
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
        "Changes role or activity; both act on the account's next request. Not one's own. Admins only.",
      request: { params: UserPath, body: { required: true, ...json(UserUpdate, "What changes.") } },
      responses: {
        200: json(UserRead, "The account as it is now."),
        ...REFUSALS,
        413: json(Refusal, "The body is too large."),
      },
    },
    { requires: "administer" },
    async (c, { params, body }) => {
      const { role, is_active: isActive } = body;
      const user = await deps.administration(c).changeUser(c.get("principal"), params.id, {
        ...(role === undefined ? {} : { role }),
        ...(isActive === undefined ? {} : { isActive }),
      });
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
      description: "Removes an account and its sessions. Not one's own. Admins only.",
      request: { params: UserPath },
      responses: { 204: { description: "Done." }, ...REFUSALS },
    },
    { requires: "administer" },
    async (c, { params }) => {
      await deps.administration(c).removeUser(c.get("principal"), params.id);
      return c.body(null, 204, noStore);
    },
  );

/** Adds the routes. */
export const addUsers = (api: Api, deps: AccountsDeps): void => {
  read(api, deps);
  update(api, deps);
  remove(api, deps);
};
