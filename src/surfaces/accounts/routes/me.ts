/** `/api/me`: one's own account, with the groups and projects that one belongs to. */
import { z } from "@hono/zod-openapi";
import { addRoute, type Api } from "../../../http/api.ts";
import { BEARER } from "../../../http/describe.ts";
import { renderUser } from "../language/render.ts";
import { Refusal, UserRead, ValidationRefusal } from "../wire/auth.ts";
import { json, noStore, tags, TRY_LATER, type AccountsDeps, requireAccount } from "./shared.ts";

const Belonging = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
});

const Me = UserRead.extend({
  groups: z.array(Belonging),
  projects: z.array(Belonging),
}).openapi("OwnUserRead", {
  example: {
    id: "0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d11",
    email: "ada@clinic.org",
    is_active: true,
    is_superuser: false,
    is_verified: false,
    role: "user",
    groups: [{ id: "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de017", name: "Radiology", description: null }],
    projects: [],
  },
});

/** Adds the route. */
export const addMe = (api: Api, deps: AccountsDeps): void =>
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
        200: json(Me, "The requested account."),
        401: json(Refusal, "The request has no token, or a token that is no longer valid."),
        422: json(ValidationRefusal, "The request has an unknown query parameter."),
        ...TRY_LATER,
      },
    },
    { requires: requireAccount },
    async (c) => {
      const user = await deps.accounts(c).self(c.get("principal"));
      const all = await c.get("store").memberships(c.get("principal"));
      const of = (kind: "group" | "project") =>
        all
          .filter((each) => each.kind === kind)
          .map(({ id, name, description }) => ({ id, name, description }));
      const body = { ...renderUser(user), groups: of("group"), projects: of("project") };
      return c.json(body, 200, noStore);
    },
  );
