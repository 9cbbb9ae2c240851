/** `/api/me`: the caller's account with its groups and projects. */
import { addRoute, type Api } from "../../../http/api.ts";
import { BEARER, json } from "../../../http/describe.ts";
import { renderUser } from "../language/render.ts";
import { requireAccount } from "../operations/context.ts";
import { readMemberships } from "../operations/own-account.ts";
import { OwnUserRead, ErrorBody, ValidationErrorBody } from "../wire/auth.ts";
import { contextOf, type AccountsDeps } from "./context.ts";
import { noStore, tags, TRY_LATER, UNAUTHORIZED } from "./shared.ts";

/** Adds the route. */
export function addMe(api: Api, deps: AccountsDeps): void {
  addRoute(
    api,
    {
      method: "get",
      path: "/api/me",
      operationId: "readMe",
      tags,
      security: BEARER,
      summary: "Read one's own account and memberships",
      description:
        "Returns the caller's account, its groups, and the projects to which it belongs directly or through a group.",
      responses: {
        200: json(OwnUserRead, "The requested account."),
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
      const { user, ...belongings } = await readMemberships(contextOf(c, deps));
      return c.json({ ...renderUser(user), ...belongings }, 200, noStore);
    },
  );
}
