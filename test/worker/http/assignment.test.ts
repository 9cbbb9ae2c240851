import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { isJsonObject, type Json, type JsonObject } from "../../../src/model/json.ts";
import type { Caller } from "../../model/run.ts";
import { adminClient, callerOf, workerFetch } from "../../support/fixtures/callers.ts";
import { BASE, clientOf, type Client } from "../../support/clients/http.ts";
import { bodyOf, exampleOf, operationsOf } from "../../support/checks/openapi-document.ts";
import type { OpenApiDocument } from "../../support/checks/openapi-document.ts";

/** Members that only the product sets, or that would grant rights. */
const FORBIDDEN: JsonObject = {
  role: "admin",
  is_superuser: true,
  is_verified: true,
  is_admin: true,
  admin: true,
  id: "0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10",
  password_hash: "$scrypt$",
  token_version: 0,
  owner: "user:0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10",
  created_by: "system:x",
  created_at: "2020-01-01T00:00:00Z",
  updated_at: "2020-01-01T00:00:00Z",
  version: 99,
  schema_version: "9.9.9",
  principal: "system:x",
  secret: "known",
  secret_digest: "known",
  children: [],
  transaction: 1,
};

/** Endpoints that ignore unknown members, because their clients send some. */
const IGNORING = new Set([
  "POST /auth/register",
  "PATCH /users/me",
  "PATCH /users/{id}",
  "POST /auth",
  "POST /auth/refresh",
]);

/**
 * Surfaces that accept unknown members: the entity surface and the harvest surface ignore those of their
 * clients, records of a dataset may have any members, and a source specification is stored unchanged.
 */
const isLenient = (path: string): boolean => /^\/(?:data|metadata|ds|source|api)\b/.test(path);

/** Members whose own members are named by the caller: filters and fields of a type. */
const FREE = new Set(["filters", "json_schema"]);

let admin: Client;
let caller: Caller;
let document: OpenApiDocument;

beforeAll(async () => {
  admin = await adminClient();
  caller = await callerOf("assigner@example.org", "user");
  document = await (await workerFetch(new Request(`${BASE}/openapi.json`))).json();
});

/** The body with a forbidden member in each of its objects in turn. */
const spoilt = (body: Json, name: string): readonly Json[] => {
  if (Array.isArray(body)) {
    const items = body as readonly Json[];
    return items.flatMap((item, index) =>
      spoilt(item, name).map((changed) => items.map((each, at) => (at === index ? changed : each))),
    );
  }
  if (!isJsonObject(body)) return [];
  const own = name in body ? [] : [{ ...body, [name]: FORBIDDEN[name] ?? null }];
  const inner = Object.entries(body).flatMap(([member, value]) =>
    spoilt(FREE.has(member) ? null : value, name).map((changed) => ({
      ...body,
      [member]: changed,
    })),
  );
  return [...own, ...inner];
};

const ledger = async (): Promise<unknown> => {
  const tables = ["transactions", "users", "api_keys", "policies", "sessions"];
  const counts = tables.map((table) => `(SELECT count(*) FROM ${table}) AS ${table}`);
  return env.DB.prepare(`SELECT ${counts.join(", ")}`).first();
};

test("members that the store sets are refused in every body at any depth, and nothing is written", async () => {
  const effective: string[] = [];
  let tried = 0;
  const operations = operationsOf(document).filter(
    ({ name, path }) => !IGNORING.has(name) && !isLenient(path),
  );
  for (const operation of operations) {
    const [type, media] = bodyOf(operation) ?? [];
    if (media === undefined || type !== "application/json") continue;
    const example = exampleOf(document, media) ?? {};
    const path = operation.path.replace("{id}", crypto.randomUUID()).replace(/\{\w+\}/, "assigned");
    for (const name of Object.keys(FORBIDDEN)) {
      for (const body of spoilt(example, name)) {
        const before = await ledger();
        const answer = await admin.send(operation.method, path, body);
        tried += 1;
        const isSame = JSON.stringify(before) === JSON.stringify(await ledger());
        if (answer.status < 400 || answer.status >= 500 || !isSame) {
          effective.push(`${operation.name} ${JSON.stringify(body)}: ${answer.status}`);
        }
      }
    }
  }
  expect(effective).toEqual([]);
  expect(tried).toBeGreaterThan(300);
});

test("extra members around and inside of a document set no owner, version or history", async () => {
  const entity = { entity: "dataset", entityVersion: "1.0.0" };
  const around = { ...FORBIDDEN, ...entity, data: { _id: "forged/around", name: "a" } };
  expect((await admin.put("/data/insert", around)).body).toMatchObject({ status: "COMPLETE" });
  for (const name of Object.keys(FORBIDDEN).filter((each) => each !== "version")) {
    const body = { _id: `forged/${name}`, name: "a", [name]: FORBIDDEN[name] ?? null };
    const answer = await admin.put("/data/insert", { ...entity, data: body });
    expect(answer.body, name).toMatchObject({ status: "ERROR" });
  }
  const found = await admin.post("/resources/history", { identifier: "forged/around" });
  const [version] = found.body as unknown as readonly JsonObject[];
  expect(version).toMatchObject({ version: 1, schema_version: "1.0.0" });
  expect(String(version?.["created_at"]) > "2026").toBe(true);
  const count = { filters: { identifier: { starts_with: "forged/" } } };
  expect((await admin.post("/query/count", count)).body).toEqual({ count: 1 });
});

test("endpoints that ignore unknown members give no rights for them", async () => {
  const register = await clientOf(workerFetch).post("/auth/register", {
    ...FORBIDDEN,
    email: "forger@example.org",
    password: "correct horse battery",
    is_active: false,
  });
  expect(register.status).toBe(201);
  expect(register.body).toMatchObject({ role: "user", is_superuser: false, is_active: true });
  expect((register.body as JsonObject)["id"]).not.toBe(FORBIDDEN["id"]);
  const self = await caller.client.send("PATCH", "/users/me", {
    ...FORBIDDEN,
    email: "assigned@example.org",
    is_active: false,
  });
  expect(self.status, self.text).toBe(200);
  const me = await caller.client.get("/users/me");
  expect(me.body).toMatchObject({ email: "assigned@example.org", role: "user", is_active: true });
  const id = String((me.body as JsonObject)["id"]);
  const { role: _role, ...others } = FORBIDDEN;
  const changed = await admin.send("PATCH", `/users/${id}`, { ...others, email: "x@example.org" });
  expect(changed.body).toMatchObject({ id, email: "assigned@example.org", role: "user" });
  const row = await env.DB.prepare("SELECT * FROM users WHERE id = ?").bind(id).first();
  expect(row).toMatchObject({ role: "user", token_version: 1, is_active: 1 });
  expect(String(row?.["password_hash"])).toMatch(/^\$scrypt\$ln=\d+,/);
  const key = await admin.post("/admin/api-keys", {});
  const { key: name, secret } = key.body as { readonly key: string; readonly secret: string };
  const entered = await clientOf(workerFetch).post("/auth", {
    ...FORBIDDEN,
    method: "apk",
    key: name,
    secret,
  });
  const { access_token: token = "" } = entered.body as { readonly access_token?: string };
  expect((await clientOf(workerFetch, token).get("/admin/users")).status).toBe(403);
});
