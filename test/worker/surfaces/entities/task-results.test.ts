// Answers of tasks: their storage, access to them, and their quota.
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { createApp } from "../../../../src/app.ts";
import { type JsonObject } from "../../../../src/model/json.ts";
import { LIMITS } from "../../../../src/model/limits.ts";
import { isAddressable } from "../../../../src/objects/key.ts";
import { appOver } from "../../../support/servers/app.ts";
import {
  adminClient,
  adminToken,
  callerOf,
  workerFetch,
} from "../../../support/fixtures/callers.ts";
import { clientOf, login, type Answer, type Client } from "../../../support/clients/http.ts";
import { bodyOf, codesOf, metadata } from "../../../support/clients/entities.ts";
import { metadataOf, SCANS } from "../../../support/fixtures/scan-entity.ts";

let admin: Client;

beforeAll(async () => {
  admin = await adminClient();
  await bodyOf(admin.put("/metadata/scan/1.0.0", metadataOf("scan")));
  await bodyOf(admin.put("/data/insert/scan", { data: [...SCANS] }));
});

const LATER = { execution: { asynchronous: 0 } };

/** The handle of a started task. */
const handleOf = async (answer: Promise<Answer>): Promise<string> =>
  String((await bodyOf(answer, 202))["taskHandle"]);

/** A client whose requests continue after their responses until `done` is called. */
const working = async (given?: string) => {
  const app = createApp(env);
  const context = createExecutionContext();
  const token = given ?? (await adminToken());
  const payload = JSON.parse(atob(token.split(".")[1] ?? "")) as { readonly sub: string };
  return {
    client: clientOf((request) => Promise.resolve(app.fetch(request, env, context)), token),
    done: () => waitOnExecutionContext(context),
    id: `user:${payload.sub}`,
  };
};

test("documents of any length are returned as they were found, and none of them is stored", async () => {
  const { client, done } = await working();
  await bodyOf(client.put("/metadata/wordy/1.0.0", metadata("wordy", { t: { type: "string" } })));
  const t = "𝒳".repeat(200_000);
  const data = ["a", "b", "c", "d"].map((_id) => ({ _id: `wordy-${_id}`, t }));
  await bodyOf(client.put("/data/insert/wordy", { data }));
  const find = { projection: { field: "t" }, sort: { _id: "$desc" }, ...LATER };
  const handle = await handleOf(client.post("/data/find/wordy", find));
  await done();
  // Later writes do not change the stored result.
  await bodyOf(client.post("/data/save/wordy", { data: [{ _id: "wordy-b", t: "new" }] }));
  const direct = await bodyOf(
    client.post("/data/find/wordy", { projection: { field: "t" }, sort: { _id: "$desc" } }),
  );
  const answer = await bodyOf(client.get(`/data/task/${handle}`));
  expect(answer["processed"]).toEqual(data.map(() => ({ t })));
  expect(answer["resultMetadata"]).toEqual(
    ["d", "c", "b", "a"].map((id) => ({ documentVersion: `wordy-${id}:1` })),
  );
  const shape = (body: JsonObject) => Object.keys(body).toSorted();
  expect(shape(answer)).toEqual(shape(direct));
  const kept = await env.DB.prepare(
    "SELECT octet_length(text) AS bytes, size_bytes, object FROM tasks WHERE id = ?",
  )
    .bind(handle)
    .first<{ bytes: number; size_bytes: number; object: string }>();
  expect(kept?.bytes).toBe(3);
  const object = await (await env.BUCKET.get(kept?.object ?? ""))?.text();
  expect(object?.length).toBe(kept?.size_bytes);
  expect(object?.length).toBeLessThan(400);
  expect(object).not.toContain("𝒳");
});

test("the results are returned to callers who may see all of them now, and recorded", async () => {
  const { client: owner } = await callerOf("task-owner@example.org", "editor");
  const { actor } = await callerOf("task-reader@example.org", "user");
  const { client: reader, done } = await working(
    await login(workerFetch, "task-reader@example.org", "correct horse battery"),
  );
  await bodyOf(admin.put("/metadata/hidden/1.0.0", metadata("hidden", { t: { type: "string" } })));
  const resources = ["a", "b"].map((name) => ({
    identifier: `hidden-${name}`,
    payload_type: "hidden",
    t: name,
    access_level: "restricted",
  }));
  await bodyOf(owner.post("/resources/create", { resources }));
  const grants = resources.map(({ identifier }) => ({
    identifier,
    grantee_type: "user",
    grantee_id: actor.id.slice("user:".length),
  }));
  await bodyOf(owner.post("/resources/grants/create", { grants }));
  const find = { projection: { field: "t" }, ...LATER };
  const handle = await handleOf(reader.post("/data/find/hidden", find));
  await done();
  const audited = () =>
    env.DB.prepare(
      "SELECT coalesce(sum(resources), 0) AS n FROM audit WHERE principal = ? AND route = ?",
    )
      .bind(actor.id, "GET /data/task/:taskHandle")
      .first<number>("n");
  expect((await bodyOf(reader.get(`/data/task/${handle}`)))["processed"]).toEqual([
    { t: "a" },
    { t: "b" },
  ]);
  expect(await audited()).toBe(2);
  await bodyOf(owner.post("/resources/grants/delete", { grants: grants.slice(1) }));
  const refused = await reader.get(`/data/task/${handle}`);
  expect([refused.status, codesOf(refused.body as JsonObject)]).toEqual([
    404,
    ["crud:UnknownEntity"],
  ]);
  expect(refused.text).not.toContain("hidden-");
});

test("a caller without a token gets no task, and nothing is started", async () => {
  const nobody = clientOf(appOver(env.DB, { PUBLIC_READ: "true" }));
  const before = await env.DB.prepare("SELECT count(*) AS n FROM tasks").first<number>("n");
  const refused = await nobody.post("/data/find/scan", LATER);
  expect([refused.status, codesOf(refused.body as JsonObject)]).toEqual([401, ["crud:NoAccess"]]);
  expect(refused.text).toContain("send a bearer token");
  expect((await nobody.post("/data/find/scan", {})).status).toBe(200);
  expect(await env.DB.prepare("SELECT count(*) AS n FROM tasks").first<number>("n")).toBe(before);
});

test("a result cannot be named by a path, a source or a preview", async () => {
  const { client, done } = await working();
  const handle = await handleOf(client.post("/data/find/scan", LATER));
  await done();
  const object =
    (await env.DB.prepare("SELECT object FROM tasks WHERE id = ?")
      .bind(handle)
      .first<string>("object")) ?? "";
  expect(object).toMatch(/^_tasks\/[0-9a-f-]{36}\/[0-9a-f-]{36}$/);
  const group = { direction: "upload", filename: "a", group: "_tasks" };
  expect((await client.post("/s3/presign", group)).status).toBe(400);
  const named = {
    resources: [{ identifier: "task-namer", payload_type: "table", s3_path: object }],
  };
  await bodyOf(admin.post("/resources/create", named));
  const download = { direction: "download", path: object };
  expect((await admin.post("/s3/presign", download)).status).toBe(404);
  const preview = await admin.get(`/s3/parquet?path=${encodeURIComponent(object)}`);
  expect(preview.status).toBe(404);
  expect(isAddressable(object)).toBe(false);
});

test("a write that can get no task is returned when it is done; a read is refused", async () => {
  const { client, actor } = await callerOf("task-full@example.org", "editor");
  await bodyOf(admin.put("/metadata/full/1.0.0", metadata("full", { n: { type: "integer" } })));
  await env.DB.prepare(
    `INSERT INTO quota_usage (principal, kind, items, bytes) VALUES (?, 'tasks', ?, 0)
      ON CONFLICT DO UPDATE SET items = excluded.items`,
  )
    .bind(actor.id, LIMITS.tasksKeptMax)
    .run();
  const written = await client.send("PUT", "/data/insert/full", { data: [{ n: 1 }], ...LATER });
  expect([written.status, written.body]).toMatchObject([200, { modifiedCount: 1 }]);
  const refused = await client.post("/data/find/full", LATER);
  expect([refused.status, codesOf(refused.body as JsonObject)]).toEqual([
    429,
    ["crud:DataSourceTimeout"],
  ]);
  expect(refused.headers.get("retry-after")).toBe("300");
});

test("a result that exceeds the quota says so", async () => {
  const { client, done, id } = await working();
  const handle = await handleOf(client.post("/data/find/scan", LATER));
  await env.DB.prepare("UPDATE quota_usage SET bytes = ? WHERE principal = ? AND kind = 'tasks'")
    .bind(LIMITS.taskBytesMax, id)
    .run();
  await done();
  const answer = await client.get(`/data/task/${handle}`);
  expect([answer.status, codesOf(answer.body as JsonObject)]).toEqual([
    429,
    ["crud:DataSourceTimeout"],
  ]);
  await env.DB.prepare("UPDATE quota_usage SET bytes = 0 WHERE principal = ? AND kind = 'tasks'")
    .bind(id)
    .run();
});

test("interrupted work is reported as such, once it cannot continue", async () => {
  const { client, done } = await working();
  const handle = await handleOf(client.post("/data/find/scan", LATER));
  await done();
  const change = (sql: string) =>
    env.DB.prepare(`UPDATE tasks SET ${sql} WHERE id = ?`).bind(handle).run();
  await change("text = NULL");
  expect((await client.get(`/data/task/${handle}`)).status).toBe(202);
  await change(`recorded_at = recorded_at - ${LIMITS.taskSecondsMax * 1_000_000}`);
  const stopped = await client.get(`/data/task/${handle}`);
  expect([stopped.status, stopped.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(stopped.text).toContain("stopped");
});
