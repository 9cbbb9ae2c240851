import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { runScheduled } from "../../../src/jobs/scheduled.ts";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { appOver } from "../../support/servers/app.ts";
import { adminClient, adminToken, callerOf, workerFetch } from "../../support/fixtures/callers.ts";
import { clientOf, uniquePrefix, type Client } from "../../support/clients/http.ts";
import { below, createMany, identifiersIn, readFile } from "../../support/fixtures/export-files.ts";
import { rowsOf, succeed } from "../../support/fixtures/restricted-tree.ts";

let admin: Client;
let owner: Client;
let reader: Client;

beforeAll(async () => {
  admin = await adminClient();
  owner = (await callerOf("exporter@example.org", "editor")).client;
  reader = (await callerOf("reading@example.org", "user")).client;
});

const create = (count: number, prefix: string, members: JsonObject = {}): Promise<Json> =>
  createMany(owner, count, prefix, members);

/** Creates an export and waits until it is complete. */
const exportOf = async (client: Client, query: JsonObject, format: string): Promise<JsonObject> => {
  const ordered = await client.post("/exports", { query, format });
  expect(ordered.status, ordered.text).toBe(202);
  const id = String((ordered.body as JsonObject)["id"]);
  expect(ordered.headers.get("location")).toBe(`/exports/${id}`);
  for (let tries = 0; tries < 100; tries += 1) {
    const shown = (await succeed(client.get(`/exports/${id}`))) as JsonObject;
    if (shown["state"] !== "pending" && shown["state"] !== "running") return shown;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the export does not end");
};

const get = (url: Json | undefined, headers: Record<string, string> = {}, method = "GET") =>
  workerFetch(new Request(String(url), { method, headers }));

const setExport = (id: Json | undefined, change: string): Promise<unknown> =>
  env.DB.prepare(`UPDATE exports SET ${change} WHERE id = ?`).bind(String(id)).run();

describe("an export", () => {
  test("is a file of what its owner sees, in the state of its order", async () => {
    const prefix = uniquePrefix("export");
    await create(12, prefix);
    await create(2, `${prefix}hidden`, { access_level: "restricted" });
    const answered = await rowsOf(reader, below(prefix));
    const done = await exportOf(reader, below(prefix), "ndjson");
    expect(done).toMatchObject({ state: "succeeded", format: "ndjson", rows: 12, fault: null });
    const response = await get(done["url"]);
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    const text = await response.text();
    expect(done["size_bytes"]).toBe(text.length);
    const lines = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as JsonObject);
    expect(lines).toEqual(answered);
    const csv = await (await get((await exportOf(admin, below(prefix), "csv"))["url"])).text();
    expect(csv.split("\r\n")).toHaveLength(1 + 14 + 1);
    const parquet = await exportOf(reader, below(prefix), "parquet");
    const rows = await readFile(await (await get(parquet["url"])).arrayBuffer());
    expect(identifiersIn(rows)).toEqual(identifiersIn(answered));
  });

  test("supports ranges, HEAD and entity tags, and requires a valid signature", async () => {
    const prefix = uniquePrefix("export");
    await create(3, prefix);
    const { url, id, size_bytes: size } = await exportOf(owner, below(prefix), "parquet");
    const head = await get(url, {}, "HEAD");
    expect([
      head.status,
      head.headers.get("content-length"),
      head.headers.get("accept-ranges"),
    ]).toEqual([200, String(size), "bytes"]);
    const whole = await (await get(url)).arrayBuffer();
    const part = await get(url, { range: "bytes=4-11" });
    expect([part.status, part.headers.get("content-range")]).toEqual([
      206,
      `bytes 4-11/${String(size)}`,
    ]);
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(new Uint8Array(whole.slice(4, 12)));
    const tail = await get(url, { range: "bytes=-4" });
    expect(await tail.text()).toBe("PAR1");
    const beyond = await get(url, { range: `bytes=${String(size)}-` });
    expect([beyond.status, beyond.headers.get("content-range")]).toEqual([
      416,
      `bytes */${String(size)}`,
    ]);
    await beyond.text();
    const etag = head.headers.get("etag") ?? "";
    expect((await get(url, { "if-none-match": etag })).status).toBe(304);
    const address = new URL(String(url));
    const expires = Number(address.searchParams.get("expires"));
    const changed = (name: string, value: string): string => {
      const copy = new URL(address);
      copy.searchParams.set(name, value);
      return copy.toString();
    };
    const others = [
      changed("expires", String(expires + 1)),
      changed("expires", "1"),
      changed("signature", "0".repeat(64)),
      String(url).replace(String(id), "0199c4a0-0000-7000-8000-000000000000"),
    ];
    for (const other of others) expect((await get(other)).status).toBe(404);
  });

  test("is visible only to its owner and admins", async () => {
    const { id } = await exportOf(owner, below("nothing"), "csv");
    const statuses = await Promise.all(
      [owner, admin, reader].map(async (c) => (await c.get(`/exports/${String(id)}`)).status),
    );
    expect(statuses).toEqual([200, 200, 404]);
    const unknown = await owner.get("/exports/0199c4a0-0000-7000-8000-000000000000");
    expect(unknown.status).toBe(404);
  });

  test("is ordered once under one Idempotency-Key", async () => {
    const body = { query: below("idempotent"), format: "csv" };
    const headers = { "idempotency-key": "export-1" };
    const first = await owner.post("/exports", body, headers);
    const second = await owner.post("/exports", body, headers);
    expect((second.body as JsonObject)["id"]).toBe((first.body as JsonObject)["id"]);
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect((await owner.post("/exports", { ...body, format: "ndjson" }, headers)).status).toBe(422);
  });

  test("that was interrupted is restarted in the same state, and fails after three attempts", async () => {
    const prefix = uniquePrefix("export");
    await create(4, prefix);
    const { id } = await exportOf(owner, below(prefix), "ndjson");
    await create(4, `${prefix}later`);
    await setExport(id, "state = 'running', path = NULL, touched_at = 1, finished_at = NULL");
    await runScheduled(env);
    const again = (await succeed(owner.get(`/exports/${String(id)}`))) as JsonObject;
    expect(again).toMatchObject({ state: "succeeded", rows: 4 });
    await setExport(id, "state = 'running', path = NULL, touched_at = 1, attempts = 3");
    await runScheduled(env);
    const given = (await succeed(owner.get(`/exports/${String(id)}`))) as JsonObject;
    expect(given).toMatchObject({
      state: "failed",
      url: null,
      fault: expect.stringContaining("stopped"),
    });
  });

  test("with a lease of another worker is skipped", async () => {
    const { id } = await exportOf(owner, below("busy"), "csv");
    await setExport(id, `state = 'running', touched_at = ${Date.now() * 1_000}`);
    await runScheduled(env);
    expect(await succeed(owner.get(`/exports/${String(id)}`))).toMatchObject({ state: "running" });
    await setExport(id, "state = 'failed'");
  });

  test("of an account that was deactivated meanwhile fails, and discloses nothing", async () => {
    const { client, actor } = await callerOf("leaving@example.org", "user");
    const { id } = await exportOf(client, below("leaving"), "csv");
    await setExport(id, "state = 'pending', path = NULL, touched_at = 1");
    await env.DB.prepare("UPDATE users SET is_active = 0 WHERE id = ?")
      .bind(actor.id.slice(5))
      .run();
    await runScheduled(env);
    expect(await succeed(admin.get(`/exports/${String(id)}`))).toMatchObject({
      state: "failed",
      url: null,
    });
  });

  test("expires with its file", async () => {
    const { id, url } = await exportOf(owner, below("expiring"), "csv");
    const path = await env.DB.prepare("SELECT path FROM exports WHERE id = ?")
      .bind(String(id))
      .first<string>("path");
    expect(await env.BUCKET.head(path ?? "")).not.toBeNull();
    await setExport(id, "expires_at = 1");
    await runScheduled(env);
    expect(await env.BUCKET.head(path ?? "")).toBeNull();
    expect(await succeed(owner.get(`/exports/${String(id)}`))).toMatchObject({
      state: "expired",
      url: null,
    });
    expect((await get(url)).status).toBe(404);
  });

  test("is refused while ten others of the caller are unfinished", async () => {
    const { client, actor } = await callerOf("many@example.org", "user");
    const { id } = await exportOf(client, below("many"), "csv");
    const columns = "principal, task, created_at";
    await env.DB.prepare(
      `INSERT INTO exports (id, state, attempts, touched_at, ${columns})
       SELECT value, 'running', 1, ${Date.now() * 1_000}, ${columns} FROM exports, json_each(?) WHERE exports.id = ?`,
    )
      .bind(
        JSON.stringify(Array.from({ length: 10 }, (_, at) => `${String(id)}-${at}`)),
        String(id),
      )
      .run();
    const refused = await client.post("/exports", { query: below("many") });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "10"]);
    await env.DB.prepare("DELETE FROM exports WHERE principal = ?").bind(actor.id).run();
  });

  test("is refused without a token, also where the public may read", async () => {
    const client = clientOf(appOver(env.DB, { PUBLIC_READ: "true" }));
    expect((await client.post("/query/parquet", { limit: 1 })).status).toBe(200);
    expect((await client.post("/exports", { query: {} })).status).toBe(401);
    expect((await client.get("/exports/0199c4a0-0000-7000-8000-000000000000")).status).toBe(404);
  });

  test("can be ordered from a new isolate", async () => {
    const app = appOver(env.DB);
    const client = clientOf(app, await adminToken());
    const done = await exportOf(client, below("fresh"), "csv");
    expect(done).toMatchObject({ state: "succeeded", rows: 0 });
  });
});
