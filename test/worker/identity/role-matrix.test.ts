import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { createTokens } from "../../../src/identity/token.ts";
import { parseSigningKeys } from "../../../src/identity/signing-key.ts";
import { adminClient, callerOf, workerFetch } from "../../support/fixtures/callers.ts";
import { BASE, login, type Client } from "../../support/clients/http.ts";
import {
  operationsOf,
  type OpenApiDocument,
  type Operation,
} from "../../support/checks/openapi-document.ts";
import { createKey, signIn } from "../../support/clients/keys.ts";
import { ROLE_MATRIX } from "../../support/roles/matrix.ts";
import { CALLERS, type RoleRequest, type CallerKind, type World } from "../../support/roles/row.ts";
import { openWorlds } from "../../support/roles/world.ts";

const PASSWORD = "correct horse battery";

let admin: Client;
let operations: readonly Operation[];
let worldOf: () => World;
const tokens: Partial<Record<CallerKind, string>> = {};

const setRole = async (email: string, role: string): Promise<void> => {
  await env.DB.prepare("UPDATE users SET role = ? WHERE email_folded = ?").bind(role, email).run();
};

beforeAll(async () => {
  const response = await workerFetch(new Request(`${BASE}/openapi.json`));
  operations = operationsOf(await response.json<OpenApiDocument>());
  admin = await adminClient();
  for (const role of ["user", "editor"] as const) {
    await callerOf(`${role}@matrix.test`, role);
    tokens[role] = await login(workerFetch, `${role}@matrix.test`, PASSWORD);
  }
  await callerOf("admin@matrix.test", "user");
  await setRole("admin@matrix.test", "admin");
  tokens.admin = await login(workerFetch, "admin@matrix.test", PASSWORD);
  const past = createTokens(parseSigningKeys(env.SIGNING_KEYS), () => Date.now() - 7_200_000);
  const userId = crypto.randomUUID();
  tokens.expired = await past.issue({ userId, role: "admin", tokenVersion: 1 });
  const [head, claims, signature = ""] = tokens.admin.split(".");
  tokens["wrong signature"] = [head, claims, [...signature].toReversed().join("")].join(".");
  const without = await signIn(await createKey(admin, []));
  tokens["key without policy"] = without.access_token;
  const worlds = await openWorlds(admin, { username: "editor@matrix.test", password: PASSWORD });
  worldOf = worlds.worldOf;
  tokens["key with policy"] = (await signIn(worlds.credentials)).access_token;
}, 60_000);

const send = async (
  { method, path }: Operation,
  request: RoleRequest,
  token?: string,
): Promise<Response> =>
  workerFetch(
    new Request(`${BASE}${request.path ?? path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(request.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      ...(request.form === undefined ? {} : { body: new URLSearchParams(request.form) }),
    }),
  );

const outcomeOf = ({ status }: Response): string =>
  status >= 200 && status < 300 ? "ok" : String(status);

test("every route of the OpenAPI document has a row, and every row a route", () => {
  const names = operations.map(({ name }) => name);
  expect(Object.keys(ROLE_MATRIX).toSorted()).toEqual(names.toSorted());
});

test(
  "every kind of caller gets from every route what the table says",
  { timeout: 120_000 },
  async () => {
    const actual: Record<string, string> = {};
    for (const [name, { ask }] of Object.entries(ROLE_MATRIX)) {
      const operation = operations.find((each) => each.name === name);
      if (operation === undefined) continue;
      const outcomes: string[] = [];
      let request: RoleRequest | undefined;
      for (const caller of CALLERS) {
        request ??= (await ask?.(worldOf())) ?? {};
        const response = await send(operation, request, tokens[caller]);
        await response.text();
        outcomes.push(outcomeOf(response));
        // A refused request changed nothing: the next caller sends the same one.
        if (![401, 403].includes(response.status)) request = undefined;
      }
      actual[name] = outcomes.join(" ");
    }
    const expected = Object.entries(ROLE_MATRIX).map(([name, { outcomes }]) => [name, outcomes]);
    expect(actual).toEqual(Object.fromEntries(expected));
  },
);
