// Concurrent calls over a database with network latency: with one Idempotency-Key exactly one of them
// does the work, and quotas hold.
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { createApp } from "../../../../src/app.ts";
import { LIMITS } from "../../../../src/model/limits.ts";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { appOver } from "../../../support/servers/app.ts";
import { adminClient, adminToken, callerOf } from "../../../support/fixtures/callers.ts";
import {
  clientOf,
  login,
  uniquePrefix,
  type Answer,
  type Client,
  type Fetch,
} from "../../../support/clients/http.ts";
import { pathOf } from "../../../support/clients/datasets.ts";
import { defineEntity } from "../../../support/clients/entities.ts";
import { ownerOf, specOf } from "../../../support/fixtures/sources.ts";
import { create as createTable, table, upload } from "../../../support/fixtures/uploads.ts";
import { distantDatabase } from "../../../support/databases/distant.ts";
import {
  FAULT_TYPE,
  registerFaultType,
  WRITE_CASES,
} from "../../../support/fixtures/catalogue-writes.ts";

const AT_ONCE = 12;

/** A separate isolate with latency to the database. */
const distant = (variables: Readonly<Record<string, unknown>> = {}): Fetch =>
  appOver(distantDatabase(env.DB), variables);

let admin: Client;
/** Two isolates without shared memory. */
let isolates: readonly Client[];

beforeAll(async () => {
  admin = await adminClient();
  await registerFaultType(admin);
  const token = await adminToken();
  isolates = [clientOf(distant(), token), clientOf(distant(), token)];
});

const isolateOf = (at: number): Client => isolates[at % isolates.length] as Client;

/** Sends the same call several times at once, through both isolates. */
const together = (send: (client: Client) => Promise<Answer>): Promise<readonly Answer[]> =>
  Promise.all(Array.from({ length: AT_ONCE }, (_, at) => send(isolateOf(at))));

const VOLATILE = /"(?:session|hostname)":"[^"]*",?/g;

const expectOneWork = (answers: readonly Answer[], status: number): void => {
  expect(
    answers.map((answer) => answer.status),
    answers[0]?.text,
  ).toEqual(answers.map(() => status));
  const fresh = answers.filter((answer) => answer.headers.get("idempotency-replayed") === null);
  expect(fresh).toHaveLength(1);
  const texts = new Set(answers.map(({ text }) => text.replaceAll(VOLATILE, "")));
  expect([...texts]).toHaveLength(1);
};

const countOf = async (sql: string, ...values: readonly unknown[]): Promise<number> =>
  (await env.DB.prepare(sql)
    .bind(...values)
    .first<number>("n")) ?? 0;

const transactions = (): Promise<number> => countOf("SELECT count(*) AS n FROM transactions");

describe(`${AT_ONCE} concurrent calls under one Idempotency-Key do the work once`, () => {
  test.each(WRITE_CASES.map((one) => [one.name, one] as const))("%s", async (_, one) => {
    const prefix = uniquePrefix("equal");
    await one.prepare(admin, prefix);
    const { method, path, body } = one.request(prefix);
    const before = await transactions();
    const headers = { "idempotency-key": `key-${prefix}` };
    expectOneWork(await together((client) => client.send(method, path, body, headers)), 200);
    expect(await transactions()).toBeLessThanOrEqual(before + 1);
  });

  const note = (identifier: string): JsonObject => ({
    identifier,
    payload_type: FAULT_TYPE,
    access_level: "restricted",
  });

  test("grants created and revoked", async () => {
    const prefix = uniquePrefix("grants");
    const { actor } = await callerOf(`${prefix.slice(0, -1)}@example.org`, "user");
    await admin.post("/resources/create", { resources: [note(`${prefix}a`)] });
    const grants = [
      { identifier: `${prefix}a`, grantee_type: "user", grantee_id: actor.id.slice(5) },
    ];
    for (const word of ["create", "delete"]) {
      const headers = { "idempotency-key": `${word}-${prefix}` };
      const send = (client: Client) =>
        client.post(`/resources/grants/${word}`, { grants }, headers);
      expectOneWork(await together(send), 200);
    }
  });

  test("insert, save, update and delete of documents, alone and in bulk", async () => {
    const entity = `equal_${uniquePrefix("entity").replaceAll(/\W/g, "_")}`;
    await defineEntity(admin, entity, { n: { type: "integer" } });
    const calls: readonly (readonly [string, string, JsonObject])[] = [
      ["PUT", "/data/insert", { data: [{ _id: `${entity}1`, n: 1 }], projection: { field: "*" } }],
      ["POST", "/data/save", { data: [{ _id: `${entity}1`, n: 2 }] }],
      [
        "POST",
        "/data/update",
        { query: { field: "n", op: "=", rvalue: 2 }, update: { $set: { n: 3 } } },
      ],
      ["POST", "/data/delete", { query: { field: "n", op: "=", rvalue: 3 } }],
      ["PUT", `/metadata/${entity}/2.0.0`, metadataOf(entity)],
    ];
    for (const [method, path, body] of calls) {
      const headers = { "idempotency-key": `${method}${path}` };
      const sent = path.startsWith("/data") ? { entity, ...body } : body;
      expectOneWork(await together((client) => client.send(method, path, sent, headers)), 200);
    }
    const before = await transactions();
    const requests = [1, 2, 3].map((seq) => ({
      seq,
      op: "insert",
      request: { entity, data: { _id: `${entity}b${seq}` } },
    }));
    const headers = { "idempotency-key": `bulk-${entity}` };
    const answers = await together((client) => client.post("/data/bulk", { requests }, headers));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(await transactions()).toBe(before + 3);
  });

  const metadataOf = (name: string): JsonObject => ({
    entityInfo: { name },
    schema: {
      name,
      version: { value: "2.0.0" },
      status: { value: "active" },
      fields: { n: { type: "integer" }, m: { type: "string" } },
    },
  });

  test("definitions, inserts, changes and deletions of datasets", async () => {
    const name = `equal_${uniquePrefix("ds").replaceAll(/\W/g, "_")}`;
    const definition = { fields: [{ name: "title", type: "string" }] };
    const first = { "idempotency-key": `define-${name}` };
    const defined = (client: Client) =>
      client.send("PUT", `/admin/datasets/${name}`, definition, first);
    expectOneWork(await together(defined), 200);
    const titled = (title: string) => pathOf(name, { cond: [{ field: "title" }, "in", [title]] });
    const calls: readonly (readonly [string, string, Json | undefined, number])[] = [
      ["POST", pathOf(name), { title: "a" }, 200],
      ["PATCH", titled("a"), [{ title: "b" }], 201],
      ["DELETE", titled("b"), undefined, 200],
    ];
    for (const [method, path, body, status] of calls) {
      const headers = { "idempotency-key": `${method}-${name}` };
      expectOneWork(await together((client) => client.send(method, path, body, headers)), status);
    }
    const headers = { "idempotency-key": `erase-${name}` };
    const erase = (client: Client) =>
      client.send("DELETE", `/admin/datasets/${name}`, undefined, headers);
    expectOneWork(await together(erase), 204);
  });

  test("finished uploads and source specifications", async () => {
    const prefix = uniquePrefix("objects");
    const path = await upload(admin, "bytes");
    await createTable(admin, table(`${prefix}t`, path));
    const finish = { "idempotency-key": `finish-${prefix}` };
    expectOneWork(await together((client) => client.post("/s3/finalize", { path }, finish)), 200);
    const owner = await ownerOf("equal-owner@example.org", distant());
    const headers = { "auth-token": owner.token, "idempotency-key": `source-${prefix}` };
    const spec = specOf(owner.id, "equal");
    expectOneWork(await together((client) => client.post("/source/upload", spec, headers)), 200);
  });

  test("exports: one is created, and the other calls return it", async () => {
    const body = { query: { payload_type: FAULT_TYPE }, format: "csv" };
    const headers = { "idempotency-key": "export-together" };
    const answers = await together((client) => client.post("/exports", body, headers));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    const ids = new Set(answers.map((answer) => (answer.body as JsonObject)["id"]));
    expect(ids.size).toBe(1);
    const made = "SELECT count(*) AS n FROM exports WHERE id = ?";
    expect(await countOf(made, [...ids][0])).toBe(1);
    expect(await countOf("SELECT count(*) AS n FROM exports")).toBe(1);
  });
});

/** A bucket whose uploads wait until they are released. */
const waitingBucket = () => {
  let letGo = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    letGo = () => resolve();
  });
  const bucket = new Proxy(env.BUCKET, {
    get: (target, name) => {
      if (name === "createMultipartUpload") {
        return async (...sent: [string, R2MultipartOptions?]) => {
          await gate;
          return target.createMultipartUpload(...sent);
        };
      }
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
  return { bucket, letGo };
};

describe("bounds hold for concurrent calls", () => {
  test(`of 40 orders of exports ${LIMITS.exportsOpenMax} are accepted`, async () => {
    const { actor } = await callerOf("forty@example.org", "user");
    const token = await login(distant(), "forty@example.org", "correct horse battery");
    const { bucket, letGo } = waitingBucket();
    const bindings = { ...env, DB: distantDatabase(env.DB), BUCKET: bucket } as unknown as Env;
    const app = createApp(bindings);
    const waiting: Promise<unknown>[] = [];
    const fetch: Fetch = async (request) => {
      const context = createExecutionContext();
      context.waitUntil = (work: Promise<unknown>) => {
        waiting.push(work);
      };
      return app.fetch(request, bindings, context);
    };
    const client = clientOf(fetch, token);
    const body = { query: { payload_type: FAULT_TYPE }, format: "csv" };
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => client.post("/exports", body)),
    );
    const open = await countOf("SELECT count(*) AS n FROM exports WHERE principal = ?", actor.id);
    letGo();
    await Promise.all(waiting);
    const statuses = answers.map(({ status }) => status);
    expect(open).toBe(LIMITS.exportsOpenMax);
    expect(statuses.filter((status) => status === 202)).toHaveLength(LIMITS.exportsOpenMax);
    expect(statuses.filter((status) => status !== 202 && status !== 429 && status !== 409)).toEqual(
      [],
    );
  });
});
