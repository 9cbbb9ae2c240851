import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import type { Caller } from "../../../model/run.ts";
import { faultyDatabase } from "../../../support/databases/faulty.ts";
import { appOver } from "../../../support/servers/app.ts";
import {
  adminClient,
  adminToken,
  callerOf,
  workerFetch,
} from "../../../support/fixtures/callers.ts";
import { clientOf, uniquePrefix, type Answer, type Client } from "../../../support/clients/http.ts";
import { dataset, readOne, succeed } from "../../../support/fixtures/restricted-tree.ts";

interface Line {
  readonly transaction: number | null;
  readonly instant: string;
  readonly principal: string;
  readonly surface: string;
  readonly operation: string;
  readonly route: string;
  readonly request_id: string;
  readonly resources: number;
}

let admin: Client;
let owner: Caller;
let reader: Caller;

beforeAll(async () => {
  admin = await adminClient();
  owner = await callerOf("owner@example.org", "editor");
  reader = await callerOf("reader@example.org", "user");
});

const page = async (query = ""): Promise<{ transactions: readonly Line[]; next: string | null }> =>
  (await succeed(admin.get(`/admin/transactions${query}`))) as unknown as {
    transactions: readonly Line[];
    next: string | null;
  };

/** The newest audit record of a request; undefined when there is none. */
const lineOf = async (requestId: string | null): Promise<Line | undefined> =>
  (await page("?limit=50")).transactions.find((line) => line.request_id === requestId);

const secretOf = async (): Promise<string> => {
  const identifier = `${uniquePrefix("secret")}a`;
  const resources = [
    dataset(identifier, { access_level: "restricted" }),
    dataset(`${identifier}/below`, { parent_identifier: identifier }),
    dataset(`${identifier}/open`),
  ];
  await succeed(owner.client.post("/resources/create", { resources }));
  return identifier;
};

test("names the route that handled the request, also where another route's path matches", async () => {
  const data = { _id: "audit/route", name: "a" };
  const answer = await admin.put("/data/insert", { entity: "dataset", data });
  expect(answer.body).toMatchObject({ status: "COMPLETE" });
  const line = await lineOf(answer.headers.get("x-request-id"));
  expect(line).toMatchObject({ surface: "entities", route: "PUT /data/insert" });
});

test("records of every write: who, what, route, time and number of resources", async () => {
  const resources = [dataset(`${uniquePrefix("audit")}a`), dataset(`${uniquePrefix("audit")}b`)];
  const answer = await owner.client.post("/resources/create", { resources });
  const line = await lineOf(answer.headers.get("x-request-id"));
  expect(line).toMatchObject({
    transaction: Number(answer.headers.get("x-transaction")),
    principal: owner.actor.id,
    surface: "catalogue",
    operation: "create",
    route: "POST /resources/create",
    resources: 2,
  });
});

describe("of reads", () => {
  test("records those that disclosed restricted resources, for every reader", async () => {
    const identifier = await secretOf();
    const grants = [
      { identifier, grantee_type: "user", grantee_id: reader.actor.id.replace("user:", "") },
    ];
    await succeed(owner.client.post("/resources/grants/create", { grants }));
    const identifiers = [identifier, `${identifier}/below`, `${identifier}/open`];
    const filters = { identifier: { starts_with: identifier } };
    const reads: readonly (readonly [string, string, number, JsonObject?])[] = [
      ["POST", "/resources/read", 2, { identifiers }],
      ["POST", "/query", 2, { filters }],
      ["POST", "/query", 2, { filters, payload_type: "dataset", limit: 10 }],
      ["POST", "/resources/history", 1, { identifier }],
      ["POST", "/resources/diff", 1, { identifier, from: 1, to: 1 }],
    ];
    for (const { client, actor } of [reader, owner, { client: admin, actor: { id: "user:" } }]) {
      for (const [method, path, resources, body] of reads) {
        const answer = await client.send(method, path, body);
        const line = await lineOf(answer.headers.get("x-request-id"));
        const route = `${method} ${path}`;
        expect(line, route).toMatchObject({
          transaction: null,
          operation: "read",
          route,
          resources,
        });
        expect(line?.principal.startsWith(actor.id)).toBe(true);
      }
      const tree = `/children?parent_identifier=${encodeURIComponent(identifier)}`;
      const bare = await client.get(tree);
      expect(await lineOf(bare.headers.get("x-request-id"))).toBeUndefined();
      const whole = await client.get(`${tree}&with_payloads=true`);
      const line = await lineOf(whole.headers.get("x-request-id"));
      expect(line).toMatchObject({ operation: "read", route: "GET /children", resources: 1 });
    }
  });

  test("records each disclosure of a cached response about the past", async () => {
    const identifier = await secretOf();
    const as_of = String((await readOne(admin, identifier))["updated_at"]);
    const lines = new Set<string | undefined>();
    for (let count = 0; count < 3; count += 1) {
      const answer = await admin.post("/resources/read", { identifiers: [identifier], as_of });
      lines.add((await lineOf(answer.headers.get("x-request-id")))?.request_id);
    }
    expect(lines.has(undefined)).toBe(false);
    expect(lines.size).toBe(3);
  });

  test("records nothing about public, missing or refused resources", async () => {
    const identifier = await secretOf();
    const open = await admin.post("/resources/read", { identifiers: [`${identifier}/open`] });
    const hidden = await reader.client.post("/resources/read", { identifiers: [identifier] });
    const lost = await reader.client.post("/resources/history", { identifier });
    for (const answer of [open, hidden, lost]) {
      expect(await lineOf(answer.headers.get("x-request-id"))).toBeUndefined();
    }
  });

  test("discloses nothing restricted while the audit cannot be written", async () => {
    const identifier = await secretOf();
    const faulty = faultyDatabase(env.DB);
    const client = clientOf(appOver(faulty.database), await adminToken());
    await client.get("/schemas");
    faulty.arm({ call: 2, when: "before" });
    const refused = await client.post("/resources/read", { identifiers: [identifier] });
    expect([refused.status, faulty.struck()]).toEqual([503, true]);
    expect(refused.text).not.toContain(identifier);
    faulty.arm();
    expect((await client.post("/resources/read", { identifiers: [identifier] })).status).toBe(200);
  });
});

test("records changes of accounts, keys and policies, and no refused ones", async () => {
  const caller = await callerOf("changed@example.org", "user");
  const id = caller.actor.id.replace("user:", "");
  const made = await admin.post("/admin/api-keys", { description: "audited" });
  const key = String((made.body as JsonObject)["key"]);
  const policy = { subjects: [`apk:${key}`], payload_types: ["*"], actions: ["read"] };
  const granted = await admin.post("/admin/policies", policy);
  const registration = { email: "new@example.org", password: "correct horse battery" };
  const steps: readonly (readonly [string, () => Promise<Answer>])[] = [
    ["register", () => clientOf(workerFetch).post("/auth/register", registration)],
    ["create key", async () => made],
    ["create policy", async () => granted],
    ["change user", () => admin.send("PATCH", `/admin/users/${id}`, { role: "editor" })],
    [
      "change account",
      () => caller.client.send("PATCH", "/users/me", { email: "newer@example.org" }),
    ],
    ["delete key", () => admin.send("DELETE", `/admin/api-keys/${key}`)],
    ["log out", () => caller.client.send("POST", "/auth/jwt/logout")],
    ["delete user", () => admin.send("DELETE", `/users/${id}`)],
  ];
  for (const [operation, step] of steps) {
    const line = await lineOf((await step()).headers.get("x-request-id"));
    expect(line, operation).toMatchObject({ surface: "accounts", operation, resources: 1 });
  }
  const again = await admin.send("DELETE", `/admin/users/${id}`);
  const refused = await reader.client.send("DELETE", `/admin/users/${id}`);
  for (const answer of [again, refused]) {
    expect(await lineOf(answer.headers.get("x-request-id"))).toBeUndefined();
  }
});

test("pages through every record once, in both directions, and as of an instant", async () => {
  await secretOf();
  await admin.post("/query", { filters: { identifier: { contains: "secret" } } });
  const whole = async (order: string): Promise<readonly string[]> => {
    const found: string[] = [];
    let after = "";
    for (;;) {
      const { transactions, next } = await page(`?order=${order}&limit=7${after}`);
      found.push(
        ...transactions.map((line) => `${line.instant} ${line.request_id} ${line.operation}`),
      );
      if (next === null) return found;
      after = `&after=${next}`;
    }
  };
  const oldest = await whole("asc");
  expect(oldest.length).toBeGreaterThan(20);
  expect(await whole("desc")).toEqual([...oldest].toReversed());
  const instants = oldest.map((line) => line.slice(0, 27));
  expect(instants).toEqual([...instants].toSorted());
  const [middle = ""] = instants.slice(10);
  const { transactions } = await page(`?order=asc&limit=5000&as_of=${encodeURIComponent(middle)}`);
  expect(transactions.length).toBe(instants.filter((instant) => instant <= middle).length);
  for (const bad of ["after=x", "order=up", "limit=0", "after=1.2.3", "as_of=soon"]) {
    expect((await admin.get(`/admin/transactions?${bad}`)).status).toBe(400);
  }
});
