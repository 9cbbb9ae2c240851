// The disclosure of restricted files to webhooks is recorded before the call.
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { appOver } from "../../../support/servers/app.ts";
import { adminToken, workerFetch } from "../../../support/fixtures/callers.ts";
import { clientOf, type Answer, type Client } from "../../../support/clients/http.ts";
import { aroundDatabase } from "../../../support/databases/database.ts";
import { LOST } from "../../../support/databases/faulty.ts";
import { claimed, discover, done, scene, type Scene } from "../../../support/fixtures/harvest.ts";
import { interceptFetch, type Intercepted } from "../../../support/servers/intercepted-fetch.ts";
import { succeed } from "../../../support/fixtures/restricted-tree.ts";

const ADDRESS = "https://hooks.example.org/a";

let token = "";
let admin: Client;
let outside: Intercepted;
/** The number of audit records about webhooks at each call. */
let recorded: number[] = [];

const recordedSoFar = async (): Promise<number> =>
  (await env.DB.prepare(
    "SELECT count(*) AS n FROM audit WHERE operation = 'webhook'",
  ).first<number>("n")) ?? 0;

beforeAll(async () => {
  token = await adminToken();
  admin = clientOf(workerFetch, token);
  outside = interceptFetch(async () => {
    recorded.push(await recordedSoFar());
    return Response.json({});
  });
});
afterAll(() => outside.end());
beforeEach(() => {
  recorded = [];
  outside.seen.length = 0;
});

let scenes = 0;

/** A claimed run of a new instrument with a hook. */
const begin = async (trigger: string, hook: JsonObject = {}): Promise<Scene & { run: string }> => {
  scenes += 1;
  const name = `told ${scenes}`;
  const made = await scene(admin, name);
  await done(admin, "POST", "/api/hooks", {
    name,
    trigger,
    implementation: "http_webhook",
    webhook_url: ADDRESS,
    instrument_id: made.instrument,
    ...hook,
  });
  return { ...made, run: await claimed(admin, admin, made, name) };
};

const report = (client: Client, run: string, items: readonly JsonObject[]): Promise<Answer> =>
  client.post(`/api/harvest/runs/${run}/transfers`, {
    items: items.map(({ file_id = null }) => ({ file_id, status: "completed" })),
  });

const entries = (...paths: readonly string[]): JsonObject => ({
  entries: paths.map((source_path) => ({ source_path, size_bytes: 1 })),
});

/** The audit records about the webhooks of a request. */
const auditOf = async ({ headers }: Answer): Promise<readonly JsonObject[]> => {
  const page = (await succeed(admin.get("/admin/transactions?limit=50"))) as JsonObject;
  const id = headers.get("x-request-id");
  return (page["transactions"] as unknown as readonly JsonObject[]).filter(
    (line) => line["request_id"] === id && line["operation"] === "webhook",
  );
};

const namedIn = (line: JsonObject | undefined): readonly string[] =>
  ((line?.["identifiers"] ?? []) as readonly string[]).toSorted();

const idsOf = (items: readonly JsonObject[]): readonly string[] =>
  items.map(({ file_id: id }) => String(id));

test("files of a discovery are recorded before a webhook is called about the first of them", async () => {
  const { run } = await begin("pre_transfer");
  const before = await recordedSoFar();
  const path = `/api/harvest/runs/${run}/discovered`;
  const answer = await admin.post(path, entries("a", "b"));
  expect(recorded).toEqual([before + 1, before + 1]);
  const { items } = answer.body as unknown as { readonly items: readonly JsonObject[] };
  const [line, ...more] = await auditOf(answer);
  expect(more).toEqual([]);
  expect(line).toMatchObject({ route: "POST /api/harvest/runs/:id/discovered", resources: 2 });
  expect(namedIn(line)).toEqual(idsOf(items).toSorted());
});

test("copied files are recorded before a webhook is called about them", async () => {
  const { run } = await begin("post_transfer");
  const items = await discover(admin, run, "a", "b");
  const before = await recordedSoFar();
  const answer = await report(admin, run, items);
  expect(answer.status, answer.text).toBe(200);
  expect(recorded).toEqual([before + 1, before + 1]);
  const [line] = await auditOf(answer);
  expect(line).toMatchObject({ resources: 2 });
  expect(namedIn(line)).toEqual(idsOf(items).toSorted());
  // A completed file is not reported to webhooks again.
  expect(await auditOf(await report(admin, run, items))).toEqual([]);
});

test("webhooks of an instrument are told nothing about files of another one", async () => {
  const [{ run }, other] = [await begin("post_transfer"), await begin("post_transfer")];
  const own = await discover(admin, run, "own");
  const foreign = await discover(admin, other.run, "foreign");
  const before = await recordedSoFar();
  for (const items of [foreign, [...own, ...foreign]]) {
    const answer = await report(admin, run, items);
    expect([answer.status, answer.text]).toEqual([404, '{"detail":"File not found"}']);
  }
  expect(outside.seen).toEqual([]);
  expect(await recordedSoFar()).toBe(before);
  const transfers = await done(admin, "GET", `/api/transfers?file_id=${idsOf(foreign)[0]}`);
  expect(transfers).toEqual([]);
});

test("hooks without a webhook leave no record", async () => {
  const builtin = { implementation: "builtin", builtin_name: "file_filter", webhook_url: null };
  const { run } = await begin("pre_transfer", { ...builtin, config: {} });
  const answer = await admin.post(`/api/harvest/runs/${run}/discovered`, entries("a"));
  expect(answer.status, answer.text).toBe(200);
  expect(await auditOf(answer)).toEqual([]);
});

test("no webhook is called when the disclosure cannot be recorded", async () => {
  const { run } = await begin("post_transfer");
  const items = await discover(admin, run, "a");
  const broken = appOver(
    aroundDatabase(env.DB, async ({ statements }, call) => {
      if (statements.some(({ text }) => text.includes("INSERT INTO audit"))) throw new Error(LOST);
      return call();
    }),
  );
  const answer = await report(clientOf(broken, token), run, items);
  expect(answer.status).toBe(503);
  expect(outside.seen).toEqual([]);
});
