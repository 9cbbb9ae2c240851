/** `/admin/users`, `/admin/api-keys` and `/admin/policies`. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { addRoute, type Api } from "../../../http/api.ts";
import { answer, BEARER, json, jsonBody, problems } from "../../../http/describe.ts";
import type { AppEnv } from "../../../http/env.ts";
import { reasonHeaders } from "../../../http/reason.ts";
import type { JsonObject } from "../../../model/json.ts";
import { parsePage, parsePermit, parseUserChange } from "../language/parse-admin.ts";
import { renderAccount, renderKey, renderPolicy } from "../language/render-admin.ts";
import {
  changeUser,
  createKey,
  createPolicy,
  listKeys,
  listPolicies,
  listUsers,
  removeKey,
  removePolicy,
  removeUser,
  type Page,
} from "../operations/administration.ts";
import type { AccountsContext } from "../operations/context.ts";
import {
  ACCOUNT_EXAMPLE,
  AccountRead,
  AccountUpdate,
  IdPath,
  KEY_EXAMPLE,
  KeyCreate,
  KeyCreated,
  KeyRead,
  listQuery,
  POLICY_EXAMPLE,
  PolicyCreate,
  PolicyRead,
} from "../wire/admin.ts";
import { contextOf, type AccountsDeps } from "./context.ts";
import { noStore } from "./shared.ts";

const tags = ["admin"];
const FIND = problems(400, 401, 403, 404, 429, 503);
const WRITE = problems(400, 401, 403, 413, 415, 429, 503);

type Element = JsonObject & { readonly id: string };

/** A page of a list, with a link to the next one where there may be more. */
const pageOf = (
  c: Context<AppEnv>,
  query: z.infer<typeof listQuery>,
  elements: readonly Element[],
): Response => {
  const last = elements.at(-1);
  if (elements.length === query.limit && last !== undefined) {
    c.header("link", `<${c.req.path}?limit=${query.limit}&after=${last.id}>; rel="next"`);
  }
  return c.json(elements, 200, noStore);
};

const LISTS: readonly {
  readonly path: string;
  readonly what: string;
  readonly elements: (context: AccountsContext, page: Page) => Promise<readonly Element[]>;
  readonly schema: z.ZodType;
  readonly example: unknown;
}[] = [
  {
    path: "users",
    what: "accounts",
    elements: async (context, page) => (await listUsers(context, page)).map(renderAccount),
    schema: AccountRead,
    example: ACCOUNT_EXAMPLE,
  },
  {
    path: "api-keys",
    what: "API keys",
    elements: async (context, page) => (await listKeys(context, page)).map(renderKey),
    schema: KeyRead,
    example: KEY_EXAMPLE,
  },
  {
    path: "policies",
    what: "policies",
    elements: async (context, page) => (await listPolicies(context, page)).map(renderPolicy),
    schema: PolicyRead,
    example: POLICY_EXAMPLE,
  },
];

const addLists = (api: Api, deps: AccountsDeps): void => {
  for (const { path, what, elements, schema, example } of LISTS) {
    addRoute(
      api,
      {
        method: "get",
        path: `/admin/${path}`,
        tags,
        security: BEARER,
        summary: `List ${what}`,
        description: `Returns all ${what} in the order of their ids. A \`Link\` header points to the next page. Admins only.`,
        request: { query: listQuery },
        responses: {
          ...answer(z.array(schema), `A page of ${what}.`, [example]),
          ...problems(400, 401, 403, 429, 503),
        },
      },
      { requires: "administer" },
      async (c, { query }) =>
        pageOf(c, query, await elements(contextOf(c, deps), parsePage(query))),
    );
  }
};

const addUserUpdate = (api: Api, deps: AccountsDeps): void =>
  addRoute(
    api,
    {
      method: "patch",
      path: "/admin/users/{id}",
      tags,
      security: BEARER,
      summary: "Change a role or close an account",
      description:
        "Changes the role of an account, or opens or closes it. Both take effect on the account's next request. The caller's own account cannot be changed here, so that the last admin stays. Admins only.",
      request: {
        headers: reasonHeaders,
        params: IdPath,
        body: jsonBody(AccountUpdate, { role: "editor" }),
      },
      responses: {
        ...answer(AccountRead, "The account after the change.", ACCOUNT_EXAMPLE),
        ...WRITE,
        ...problems(404),
      },
    },
    { requires: "administer" },
    async (c, { params, body }) => {
      const user = await changeUser(contextOf(c, deps), params.id, parseUserChange(body));
      return c.json(renderAccount(user), 200, noStore);
    },
  );

const REMOVALS: readonly {
  readonly path: string;
  readonly what: string;
  readonly description: string;
  readonly remove: (context: AccountsContext, id: string) => Promise<void>;
}[] = [
  {
    path: "users",
    what: "an account",
    description:
      "Deletes an account and its sessions. The resources that it owns stay. The caller's own account cannot be deleted. Admins only.",
    remove: removeUser,
  },
  {
    path: "api-keys",
    what: "an API key",
    description: "Deletes a key and revokes its tokens at once. Admins only.",
    remove: removeKey,
  },
  {
    path: "policies",
    what: "a policy",
    description:
      "Deletes a policy. That takes effect on the next request of its subjects. Admins only.",
    remove: removePolicy,
  },
];

const addRemovals = (api: Api, deps: AccountsDeps): void => {
  for (const { path, what, description, remove } of REMOVALS) {
    addRoute(
      api,
      {
        method: "delete",
        path: `/admin/${path}/{id}`,
        tags,
        security: BEARER,
        summary: `Delete ${what}`,
        description,
        request: { headers: reasonHeaders, params: IdPath },
        responses: {
          204: { description: "The call succeeded; the response has no body." },
          ...FIND,
        },
      },
      { requires: "administer" },
      async (c, { params }) => {
        await remove(contextOf(c, deps), params.id);
        return c.body(null, 204, noStore);
      },
    );
  }
};

const addKeyCreation = (api: Api, deps: AccountsDeps): void =>
  addRoute(
    api,
    {
      method: "post",
      path: "/admin/api-keys",
      tags,
      security: BEARER,
      summary: "Create an API key",
      description:
        "Creates a key for a program and the policies of the key. A key without policies may do nothing. The secret is shown only in this response. Admins only.",
      request: {
        headers: reasonHeaders,
        body: jsonBody(KeyCreate, {
          description: "Scanner 3",
          policies: [{ payload_types: ["image", "series"], actions: ["create", "read"] }],
        }),
      },
      responses: {
        201: json(KeyCreated, "The key with its secret.", {
          id: KEY_EXAMPLE.id,
          key: KEY_EXAMPLE.key,
          secret: "5f0c...e1",
        }),
        ...WRITE,
      },
    },
    { requires: "administer" },
    async (c, { body }) => {
      const { id, secret } = await createKey(contextOf(c, deps), {
        description: body.description ?? null,
        permits: body.policies.map(parsePermit),
      });
      return c.json({ id, key: id, secret }, 201, noStore);
    },
  );

const addPolicyCreation = (api: Api, deps: AccountsDeps): void => {
  const { id: _id, ...example } = POLICY_EXAMPLE;
  addRoute(
    api,
    {
      method: "post",
      path: "/admin/policies",
      tags,
      security: BEARER,
      summary: "Create a policy",
      description:
        "Creates a policy, which lets keys, users or roles do more. A policy never takes rights of a role away. It takes effect on the next request. Admins only.",
      request: { headers: reasonHeaders, body: jsonBody(PolicyCreate, example) },
      responses: {
        201: json(PolicyRead, "The policy that was created.", POLICY_EXAMPLE),
        ...WRITE,
      },
    },
    { requires: "administer" },
    async (c, { body }) => {
      const policy = await createPolicy(contextOf(c, deps), {
        description: body.description ?? null,
        subjects: body.subjects,
        ...parsePermit(body),
      });
      return c.json(renderPolicy(policy), 201, noStore);
    },
  );
};

/** Adds the routes. */
export function adminRoutes(api: Api, deps: AccountsDeps): void {
  addLists(api, deps);
  addUserUpdate(api, deps);
  addKeyCreation(api, deps);
  addPolicyCreation(api, deps);
  addRemovals(api, deps);
}
