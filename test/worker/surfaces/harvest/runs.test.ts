import { env } from "cloudflare:workers";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { appOver } from "../../../support/servers/app.ts";
import {
  adminClient,
  adminToken,
  callerOf,
  workerFetch,
} from "../../../support/fixtures/callers.ts";
import { clientOf, type Client } from "../../../support/clients/http.ts";
import {
  claimed,
  complete,
  discover,
  done,
  idOf,
  scene,
  workerToken,
} from "../../../support/fixtures/harvest.ts";

let admin: Client;
let worker: Client;

beforeAll(async () => {
  admin = await adminClient();
  worker = clientOf(workerFetch, await workerToken(admin));
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const list = async (path: string): Promise<readonly JsonObject[]> =>
  (await done(admin, "GET", path)) as unknown as readonly JsonObject[];

const finish = (run: string): Promise<JsonObject> =>
  done(worker, "POST", `/api/harvest/runs/${run}/finish`, { summary: { transferred: 1 } });

const claim = async (name: string): Promise<string | null> => {
  const answer = await worker.post("/api/harvest/runs/claim", { worker: name });
  return answer.status === 204 ? null : idOf(answer.body as JsonObject);
};

test("a run belongs to its worker until that was silent for a quarter of an hour", async () => {
  const made = await scene(admin, "claims");
  const run = await claimed(admin, worker, made, "one");
  expect(await claim("one")).toBe(run);
  expect(await claim("two")).toBeNull();
  // A second run of the instrument waits while a worker has claimed the first.
  await done(admin, "POST", `/api/schedules/${made.schedule}/trigger`);
  expect(await claim("two")).toBeNull();
  const later = appOver(env.DB);
  const clock = vi.spyOn(Date, "now").mockReturnValue(Date.now() + 14 * 60_000);
  const ask = async (name: string): Promise<number> =>
    (
      await clientOf(later, await workerTokenNow()).post("/api/harvest/runs/claim", {
        worker: name,
      })
    ).status;
  const workerTokenNow = () => workerToken(admin);
  expect(await ask("two")).toBe(204);
  clock.mockReturnValue(Date.now() + 2 * 60_000);
  expect(await ask("two")).toBe(200);
  // Restore only the clock; the log watcher has to stay.
  clock.mockRestore();
  for (let open = await claim("two"); open !== null; open = await claim("two")) await finish(open);
});

test("a repeated discovery returns the same items, and leaves out finished files", async () => {
  const made = await scene(admin, "repeats");
  await done(admin, "POST", "/api/hooks", {
    name: "no temporary files",
    trigger: "pre_transfer",
    implementation: "builtin",
    builtin_name: "file_filter",
    config: {
      exclude_patterns: ["*.tmp"],
      redirect_rules: [{ pattern: "*.raw", destination: "/raw" }],
    },
    instrument_id: made.instrument,
  });
  const run = await claimed(admin, worker, made);
  const items = await discover(worker, run, "a/b", "c.tmp", "d.raw");
  expect(items).toMatchObject([
    { source_path: "a/b", decision: "proceed", destination_path: "/archive/repeats/a/b" },
    { source_path: "c.tmp", decision: "skip", message: "Excluded by pattern '*.tmp'" },
    { source_path: "d.raw", decision: "redirect", destination_path: "/raw/repeats/d.raw" },
  ]);
  expect(await discover(worker, run, "a/b", "c.tmp", "d.raw")).toEqual(items);
  for (const { persistent_id: ark } of items) {
    expect(ark).toMatch(/^ark:\/99999\/fk4[a-z2-7]{26}$/);
  }
  await complete(worker, run, items.slice(0, 1));
  expect(await discover(worker, run, "a/b", "d.raw")).toEqual(items.slice(2));
  await finish(run);
  // In another run, skipped files are not reported again, and open ones are returned again.
  const next = await claimed(admin, worker, made);
  expect(await discover(worker, next, "a/b", "c.tmp", "d.raw")).toEqual(items.slice(2));
  await finish(next);
  expect(await list(`/api/files?instrument_id=${made.instrument}`)).toHaveLength(3);
  const skipped = await list(`/api/transfers?file_id=${String(items[1]?.["file_id"])}`);
  expect(skipped).toMatchObject([
    {
      status: "skipped",
      error_message: "Excluded by pattern '*.tmp'",
      destination_path: null,
      started_at: null,
      completed_at: null,
      bytes_transferred: null,
    },
  ]);
});

test("a report stores whether the checksums agree, and one for a finished file changes nothing", async () => {
  const made = await scene(admin, "reports");
  const run = await claimed(admin, worker, made);
  const items = await discover(worker, run, "same", "other", "unknown", "broken");
  const [same, other, unknown, broken] = items.map((item) => item["file_id"] ?? null);
  const [one, two] = ["26c7827d889f6da3", "d24ec4f1a98c6e5b"];
  const report = (reports: readonly JsonObject[]) =>
    done(worker, "POST", `/api/harvest/runs/${run}/transfers`, { items: reports });
  const base = { status: "completed", bytes_transferred: 5 };
  await report([{ file_id: same ?? null, status: "in_progress" }]);
  expect(await list(`/api/transfers?file_id=${String(same)}`)).toMatchObject([
    { status: "in_progress", completed_at: null },
  ]);
  await report([
    { ...base, file_id: same ?? null, source_checksum: one, dest_checksum: one },
    { ...base, file_id: other ?? null, source_checksum: one, dest_checksum: two },
    { ...base, file_id: unknown ?? null, dest_checksum: two },
    { file_id: broken ?? null, status: "failed", error_message: "no room" },
  ]);
  const shown = async (): Promise<readonly JsonObject[]> => {
    const all = await list("/api/transfers");
    const ids = [same, other, unknown, broken];
    return ids.map((id) => all.find((each) => each["file_id"] === id) ?? {});
  };
  const before = await shown();
  expect(before.map((each) => each["checksum_verified"])).toEqual([true, false, null, null]);
  expect(before[3]).toMatchObject({ status: "failed", error_message: "no room" });
  expect(await done(admin, "GET", `/api/files/${String(broken)}`)).toMatchObject({ xxhash: null });
  await report([
    { ...base, file_id: broken ?? null },
    { file_id: same ?? null, status: "failed" },
  ]);
  expect(await shown()).toEqual(before);
  const foreign = await scene(admin, "foreign");
  const foreignRun = await claimed(admin, worker, foreign, "foreign");
  const answer = await worker.post(`/api/harvest/runs/${foreignRun}/transfers`, {
    items: [{ ...base, file_id: same ?? null }],
  });
  expect([answer.status, answer.text]).toEqual([404, '{"detail":"File not found"}']);
  await finish(run);
  await finish(foreignRun);
});

test("after a transfer metadata is extracted from the path, and opens the file to those it names", async () => {
  const made = await scene(admin, "enriched");
  const reader = await callerOf("glucose@example.org", "user");
  const hook = {
    trigger: "post_transfer",
    implementation: "builtin",
    instrument_id: made.instrument,
  };
  await done(admin, "POST", "/api/hooks", {
    ...hook,
    name: "who",
    builtin_name: "access_assignment",
    priority: 2,
    config: { grants: [{ grantee_type: "user", match_field: "owner" }] },
  });
  await done(admin, "POST", "/api/hooks", {
    ...hook,
    name: "what",
    builtin_name: "metadata_enrichment",
    priority: 1,
    config: { rules: [{ pattern: "^(?P<owner>[^/]+)/(?P<run>\\d+)" }] },
  });
  await done(admin, "POST", "/api/hooks", { ...hook, name: "odd", builtin_name: "unknown" });
  const run = await claimed(admin, worker, made);
  const items = await discover(worker, run, "Glucose@example.org/17/fid", "nobody@example.org/1/x");
  await complete(worker, run, items);
  await finish(run);
  const files = (await done(reader.client, "GET", "/api/files")) as unknown;
  expect(files).toMatchObject([
    { id: items[0]?.["file_id"] ?? "", metadata_: { owner: "Glucose@example.org", run: "17" } },
  ]);
});

test("two files with one destination: the second fails before anything is overwritten", async () => {
  const one = await scene(admin, "same name");
  const twin = idOf(
    await done(admin, "POST", "/api/instruments", {
      name: "same name",
      cifs_host: "h",
      cifs_share: "s",
    }),
  );
  const schedule = idOf(
    await done(admin, "POST", "/api/schedules", {
      instrument_id: twin,
      default_storage_location_id: one.location,
      cron_expression: "0 0 1 1 *",
    }),
  );
  const first = await claimed(admin, worker, one, "first");
  const second = await claimed(admin, worker, { ...one, schedule }, "second");
  expect(await discover(worker, first, "x", "y")).toMatchObject([
    { decision: "proceed" },
    { decision: "proceed" },
  ]);
  const [taken, free] = await discover(worker, second, "x", "z");
  expect(taken).toMatchObject({ decision: "skip", message: "Another file has this destination" });
  expect(free).toMatchObject({ decision: "proceed" });
  expect(await list(`/api/transfers?file_id=${String(taken?.["file_id"])}`)).toMatchObject([
    { status: "failed" },
  ]);
  await finish(first);
  await finish(second);
});

test("a webhook is called before and after a transfer, and a silent one is skipped", async () => {
  const seen: JsonObject[] = [];
  vi.stubGlobal("fetch", async (_input: unknown, init: RequestInit) => {
    const body = JSON.parse(String(init.body)) as JsonObject;
    seen.push({ ...body, signed: new Headers(init.headers).has("x-signature-256") });
    const { source_path: path } = body["file"] as JsonObject;
    if (path === "silent") throw new Error("timeout");
    if (body["event"] === "post_transfer")
      return Response.json({ metadata_updates: { callsBefore: true } });
    return Response.json(path === "unwanted" ? { action: "skip", message: "no" } : {});
  });
  const fetch = appOver(env.DB);
  const own = clientOf(fetch, await adminToken(fetch));
  const made = await scene(own, "asked");
  for (const trigger of ["pre_transfer", "post_transfer"]) {
    await done(own, "POST", "/api/hooks", {
      name: trigger,
      trigger,
      implementation: "http_webhook",
      webhook_url: "https://hooks.example.org/",
      config: { secret: "word" },
      instrument_id: made.instrument,
    });
  }
  const run = await claimed(own, own, made, "asked");
  const items = await discover(own, run, "wanted", "unwanted", "silent");
  expect(items.map(({ decision }) => decision)).toEqual(["proceed", "skip", "proceed"]);
  const callsBefore = seen.length;
  expect(await discover(own, run, "wanted", "unwanted", "silent")).toEqual(items);
  expect(seen.length).toBe(callsBefore);
  await complete(own, run, [items[0] ?? {}]);
  expect(seen.every(({ signed }) => signed === true)).toBe(true);
  expect(seen.at(-1)).toMatchObject({ event: "post_transfer", instrument_id: made.instrument });
  expect(await done(own, "GET", `/api/files/${String(items[0]?.["file_id"])}`)).toMatchObject({
    metadata_: { callsBefore: true },
  });
  await done(own, "POST", `/api/harvest/runs/${run}/finish`, {});
});

test("paths that leave their folder are refused, with the whole request", async () => {
  const made = await scene(admin, "paths");
  const run = await claimed(admin, worker, made, "paths");
  for (const source_path of ["../x", "/etc/passwd", "a/../../b", "a//b", "", "a\\b", "a\u0000b"]) {
    const entries: Json = [
      { source_path: "good", size_bytes: 1 },
      { source_path, size_bytes: 1 },
    ];
    const answer = await worker.post(`/api/harvest/runs/${run}/discovered`, { entries });
    expect(answer.status, source_path).toBe(422);
  }
  expect(await list(`/api/files?instrument_id=${made.instrument}`)).toEqual([]);
  await finish(run);
});
