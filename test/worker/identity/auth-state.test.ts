import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { parseSigningKeys } from "../../../src/identity/signing-key.ts";
import { createTokens } from "../../../src/identity/token.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import type { Caller } from "../../model/run.ts";
import { adminClient, callerOf, workerFetch } from "../../support/fixtures/callers.ts";
import { BASE, clientOf, login, uniquePrefix, type Client } from "../../support/clients/http.ts";
import { bodyOf, exampleOf, operationsOf } from "../../support/checks/openapi-document.ts";
import type { OpenApiDocument, Operation } from "../../support/checks/openapi-document.ts";
import { dataset, readOne, succeed } from "../../support/fixtures/restricted-tree.ts";
import {
  observe,
  registerFaultType,
  WRITE_CASES,
} from "../../support/fixtures/catalogue-writes.ts";

const PASSWORD = "correct horse battery";

let admin: Client;
let owner: Caller;
let reader: Caller;

beforeAll(async () => {
  admin = await adminClient();
  owner = await callerOf("owner@example.org", "editor");
  reader = await callerOf("reader@example.org", "user");
  await registerFaultType(admin);
});

test.each(WRITE_CASES)(
  "a user may not $name; an editor may, except for payload types",
  async (one) => {
    const prefix = uniquePrefix("role");
    await one.prepare(admin, prefix);
    const before = await observe(admin, prefix);
    const { method, path, body } = one.request(prefix);
    const refused = await reader.client.send(method, path, body);
    expect([refused.status, (refused.body as JsonObject)["code"]]).toEqual([403, "forbidden"]);
    expect(await observe(admin, prefix)).toBe(before);
    const answer = await owner.client.send(method, path, body);
    expect(answer.status, answer.text).toBe(one.name === "register a payload type" ? 403 : 200);
  },
);

describe("a request without a valid token", () => {
  let document: OpenApiDocument;
  beforeAll(async () => {
    document = await (await workerFetch(new Request(`${BASE}/openapi.json`))).json();
  });

  const send = async (operation: Operation, headers: Record<string, string>): Promise<Response> => {
    const [contentType = "", media = {}] = bodyOf(operation) ?? [];
    const isForm = contentType.includes("form");
    const example = exampleOf(document, media) ?? {};
    const text = isForm
      ? new URLSearchParams(example as Record<string, string>).toString()
      : JSON.stringify(example);
    return workerFetch(
      new Request(`${BASE}${operation.path.replace(/\{\w+\}/, "1")}`, {
        method: operation.method,
        headers: { ...(contentType === "" ? {} : { "content-type": contentType }), ...headers },
        ...(contentType === "" ? {} : { body: text }),
      }),
    );
  };

  const isGuarded = ({ security = [] }: Operation): boolean =>
    security.length > 0 && security.every((requirement) => Object.keys(requirement).length > 0);

  test("gets 401 with WWW-Authenticate from every guarded route, whatever else is wrong", async () => {
    const guarded = operationsOf(document).filter(isGuarded);
    expect(guarded.length).toBeGreaterThan(15);
    const open: string[] = [];
    for (const operation of guarded) {
      for (const headers of [
        {},
        { authorization: "Bearer a.b.c" },
        { authorization: "Basic YWRtaW46YWRtaW4=" },
        { "content-type": "text/plain" },
        { "idempotency-key": " " },
      ]) {
        const response = await send(operation, headers);
        const challenge = response.headers.get("www-authenticate");
        await response.text();
        if (response.status !== 401 || challenge !== "Bearer") {
          open.push(
            `${operation.name} ${JSON.stringify(headers)}: ${response.status} ${challenge}`,
          );
        }
      }
    }
    expect(open).toEqual([]);
  });

  test("is served by the public routes", async () => {
    const statuses: Record<string, number> = {};
    for (const operation of operationsOf(document).filter((each) => !isGuarded(each))) {
      statuses[operation.name] = (await send(operation, {})).status;
    }
    expect(statuses).toEqual({
      "GET /health": 200,
      "GET /ready": 200,
      // The test sends no code that there is.
      "GET /problems/{code}": 404,
      "GET /.well-known/jwks.json": 200,
      // Requires a signature, which is missing here.
      "GET /exports/{id}/file": 400,
      "POST /auth/register": 201,
      "POST /auth/jwt/login": 200,
      "GET /auth/public-key": 200,
      "POST /auth": 401,
      "POST /auth/refresh": 401,
      "POST /source/upload": 200,
      "POST /source/update": 200,
      "GET /source/{owner}/{dataset}/{revision}": 404,
    });
  });
});

describe("a change of an account affects its next request", () => {
  const idOf = ({ actor }: Caller): string => actor.id.replace("user:", "");
  const change = async (caller: Caller, sql: string): Promise<void> => {
    await env.DB.prepare(`UPDATE users SET ${sql} WHERE id = ?`).bind(idOf(caller)).run();
  };
  const statusOf = async (caller: Caller): Promise<readonly number[]> => {
    const resources = [dataset(`${uniquePrefix("account")}a`)];
    const read = await caller.client.post("/resources/read", { identifiers: ["x"] });
    const write = await caller.client.post("/resources/create", { resources });
    const schema = { version: "1.0.0", json_schema: { type: "object" } };
    const registered = await caller.client.put("/schemas/account_type", schema);
    return [read.status, write.status, registered.status];
  };

  test.each([
    ["a role taken away", "role = 'user'", [200, 403, 403]],
    ["a role given", "role = 'admin'", [200, 200, 200]],
    ["deactivation", "is_active = 0", [401, 401, 401]],
    ["a new version of its credentials", "token_version = token_version + 1", [401, 401, 401]],
  ])("%s", async (what, sql, expected) => {
    const caller = await callerOf(`${what.replaceAll(" ", "-")}@example.org`, "editor");
    expect(await statusOf(caller)).toEqual([200, 200, 403]);
    await change(caller, sql);
    expect(await statusOf(caller)).toEqual(expected);
    await change(caller, "role = 'editor', is_active = 1");
    const isVoid = sql.startsWith("token_version");
    expect(await statusOf(caller)).toEqual(isVoid ? [401, 401, 401] : [200, 200, 403]);
  });

  test("a revoked role hides restricted resources at once, also in cached responses about the past", async () => {
    const prefix = uniquePrefix("fallen");
    const resources = [dataset(`${prefix}a`, { access_level: "restricted" })];
    await succeed(owner.client.post("/resources/create", { resources }));
    const asOf = String((await readOne(admin, `${prefix}a`))["updated_at"]);
    const fallen = await callerOf("fallen@example.org", "editor");
    await change(fallen, "role = 'admin'");
    const asAdmin = clientOf(workerFetch, await login(workerFetch, "fallen@example.org", PASSWORD));
    expect((await readOne(asAdmin, `${prefix}a`, asOf))["version"]).toBe(1);
    await change(fallen, "role = 'user'");
    expect(await readOne(asAdmin, `${prefix}a`, asOf)).toEqual({});
    expect(await readOne(asAdmin, `${prefix}a`)).toEqual({});
    await change(fallen, "is_active = 0");
    const dead = await asAdmin.post("/resources/read", { identifiers: ["x"], as_of: asOf });
    expect(dead.status).toBe(401);
  });

  test("a condition on parents uses the present role, not that of the token", async () => {
    const prefix = uniquePrefix("parents");
    const [closed, open] = [`${prefix}closed`, `${prefix}open`];
    const below = (name: string, parent: string): JsonObject =>
      dataset(`${prefix}${name}`, { parent_identifier: parent });
    const resources = [
      dataset(closed, { access_level: "restricted" }),
      dataset(open),
      below("a", closed),
      below("b", open),
    ];
    await succeed(owner.client.post("/resources/create", { resources }));
    const parents = [
      { eq: closed },
      { ne: closed },
      { eq: null },
      { ne: open },
      { in: [closed, open] },
      { gt: prefix },
      { starts_with: closed },
    ];
    const filters = parents.flatMap((parent): JsonObject[] => {
      const within = { identifier: { starts_with: prefix } };
      return [
        { and: [within, { parent_identifier: parent }] },
        { and: [within, { not: { parent_identifier: parent } }] },
      ];
    });
    const sorted = { sort_by: "identifier", sort_order: "asc" };
    const demoted = await callerOf("demoted@example.org", "user");
    const userId = idOf(demoted);
    for (const [number, filter] of filters.entries()) {
      for (const [part, path] of ["/query", "/query/count"].entries()) {
        // A new token each time, so that no isolate has cached its role.
        const issued = Date.now() - (2 * number + part) * 1000;
        const tokens = createTokens(parseSigningKeys(env.SIGNING_KEYS), () => issued);
        const token = await tokens.issue({ userId, role: "admin", tokenVersion: 1 });
        const body = path === "/query" ? { filters: filter, ...sorted } : { filters: filter };
        const answer = await clientOf(workerFetch, token).post(path, body);
        const expected = await reader.client.post(path, body);
        expect([answer.status, answer.body], JSON.stringify(filter)).toEqual([200, expected.body]);
      }
    }
  });
});
