// Further guarantees of the protocol of harvest workers.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { appOver } from "../../../support/servers/app.ts";
import { adminToken, workerFetch } from "../../../support/fixtures/callers.ts";
import { clientOf, type Client } from "../../../support/clients/http.ts";
import { turnClock } from "../../../support/run/clock.ts";
import {
  claimed,
  complete,
  discover,
  done,
  idOf,
  scene,
  workerToken,
  ownBucket,
} from "../../../support/fixtures/harvest.ts";
import { interleavedDatabase } from "../../../support/databases/interleaved.ts";
import { keyClient } from "../../../support/clients/keys.ts";

const MINUTE = 60_000;
const CLAIM = "/api/harvest/runs/claim";

let admin: Client;
let worker: Client;
let token = "";

beforeAll(async () => {
  admin = clientOf(workerFetch, await adminToken());
  token = await workerToken(admin);
  worker = clientOf(workerFetch, token);
});

const claim = async (name: string, by: Client = worker): Promise<string | null> => {
  const answer = await by.post(CLAIM, { worker: name });
  expect([200, 204], answer.text).toContain(answer.status);
  return answer.status === 204 ? null : idOf(answer.body as JsonObject);
};

const trigger = async (schedule: string): Promise<string> =>
  String((await done(admin, "POST", `/api/schedules/${schedule}/trigger`))["flow_run_id"]);

const finish = (run: string, summary: JsonObject = {}): Promise<JsonObject> =>
  done(worker, "POST", `/api/harvest/runs/${run}/finish`, { summary });

const listed = async (path: string): Promise<readonly JsonObject[]> =>
  (await done(admin, "GET", path)) as unknown as readonly JsonObject[];

describe("concurrent claims", () => {
  test("give each run to one worker, and nothing to the others", async () => {
    const runs: string[] = [];
    for (const name of ["crowd 1", "crowd 2", "crowd 3"]) {
      runs.push(await trigger((await scene(admin, name)).schedule));
    }
    const names = Array.from({ length: 8 }, (_, at) => `crowd ${at}`);
    const got = await Promise.all(names.map((name) => claim(name)));
    expect(got.filter((run) => run !== null).toSorted()).toEqual(runs.toSorted());
    for (const [at, name] of names.entries()) expect(await claim(name)).toBe(got[at]);
    await Promise.all(runs.map((run) => finish(run)));
  });

  test("do not both get a run when one commits between the other's plan and write", async () => {
    const { schedule } = await scene(admin, "overtaken");
    const run = await trigger(schedule);
    let fast: string | null = null;
    const database = interleavedDatabase(env.DB, async () => {
      fast = await claim("fast");
    });
    const slow = await claim("slow", clientOf(appOver(database), token));
    expect(fast).toBe(run);
    expect(slow).toBeNull();
    await finish(run);
  });

  test("of one instrument wait for each other, in the order of the runs", async () => {
    const { schedule } = await scene(admin, "queue");
    const [first, second] = [await trigger(schedule), await trigger(schedule)];
    expect(await claim("a")).toBe(first);
    expect(await claim("b")).toBeNull();
    await finish(first);
    expect(await claim("b")).toBe(second);
    await finish(second);
    expect(await claim("a")).toBeNull();
  });
});

test("a claim returns all that a worker needs: hooks in their order, and no secret", async () => {
  const made = await scene(admin, "needs", {
    type: "cifs",
    base_path: "/archive",
    connection_config: { host: "h", share: "s", username: "u", password: "unspeakable-needs" },
  });
  const other = await scene(admin, "needs other");
  const hook = async (name: string, members: JsonObject): Promise<string> =>
    idOf(
      await done(admin, "POST", "/api/hooks", {
        name,
        trigger: "pre_transfer",
        implementation: "builtin",
        builtin_name: "file_filter",
        config: {},
        instrument_id: made.instrument,
        ...members,
      }),
    );
  const late = await hook("late", { priority: 9 });
  const global = await hook("global", { priority: 5, instrument_id: null });
  const after = await hook("after", { trigger: "post_transfer", priority: -1 });
  const early = await hook("early", { priority: -3 });
  await hook("of another", { instrument_id: other.instrument });
  await hook("off", { enabled: false });
  const gone = await hook("gone", {});
  await done(admin, "DELETE", `/api/hooks/${gone}`);
  await trigger(made.schedule);
  const answer = await worker.post(CLAIM, { worker: "needs" });
  expect(answer.text).not.toContain("unspeakable-needs");
  const body = answer.body as JsonObject;
  expect(body).toMatchObject({
    instrument: { id: made.instrument, name: "needs" },
    schedule: { id: made.schedule },
    storage_location: { id: made.location, connection_config: { password: "****" } },
  });
  expect((body["hooks"] as readonly JsonObject[]).map(idOf)).toEqual([early, global, late, after]);
  await finish(idOf(body));
  await done(admin, "DELETE", `/api/hooks/${global}`);
});

test("hooks of all instruments run with those of the instrument, by priority", async () => {
  const made = await scene(admin, "priorities");
  const filter = async (config: JsonObject, members: JsonObject): Promise<string> =>
    idOf(
      await done(admin, "POST", "/api/hooks", {
        name: "f",
        trigger: "pre_transfer",
        implementation: "builtin",
        builtin_name: "file_filter",
        config,
        ...members,
      }),
    );
  const rules = [{ pattern: "*.raw", destination: "/raw" }];
  await filter({ redirect_rules: rules }, { instrument_id: made.instrument, priority: 5 });
  const global = await filter({ exclude_patterns: ["*.raw"] }, { priority: 4 });
  const run = await claimed(admin, worker, made, "priorities");
  const decisionOf = async (path: string) =>
    (await discover(worker, run, path)).map(({ decision }) => decision);
  expect(await decisionOf("1.raw")).toEqual(["skip"]);
  await done(admin, "PATCH", `/api/hooks/${global}`, { priority: 6 });
  expect(await decisionOf("2.raw")).toEqual(["redirect"]);
  await done(admin, "DELETE", `/api/hooks/${global}`);
  expect(await decisionOf("3.raw")).toEqual(["redirect"]);
  expect(await decisionOf("4.txt")).toEqual(["proceed"]);
  await finish(run);
});

describe("a location in the server's own bucket", () => {
  test("gets a URL for each file to copy, and is read by the server itself", async () => {
    const made = await scene(admin, "own bucket", ownBucket());
    await done(admin, "POST", "/api/hooks", {
      name: "f",
      trigger: "pre_transfer",
      implementation: "builtin",
      builtin_name: "file_filter",
      config: {
        exclude_patterns: ["*.tmp"],
        redirect_rules: [{ pattern: "*.raw", destination: "raw" }],
      },
      instrument_id: made.instrument,
    });
    const run = await claimed(admin, worker, made, "own bucket");
    const paths = ["a b/ü.dcm", "x.raw", "y.tmp", "short", "absent", "other"];
    const items = await discover(worker, run, ...paths);
    const keys = ["archive/own bucket/a b/ü.dcm", "raw/own bucket/x.raw"];
    for (const [at, key] of keys.entries()) {
      const url = new URL(String(items[at]?.["upload_url"]));
      expect(decodeURIComponent(url.pathname).endsWith(`/vxdata/${key}`)).toBe(true);
      expect(url.searchParams.get("X-Amz-Signature")).toMatch(/^[0-9a-f]{64}$/);
      expect(items[at]?.["upload_headers"]).toEqual({
        "content-type": "application/octet-stream",
        "if-none-match": "*",
      });
      expect(url.searchParams.get("X-Amz-SignedHeaders")).toBe("content-type;host;if-none-match");
      await env.BUCKET.put(key, "hello");
    }
    expect(items[2]).toMatchObject({ decision: "skip" });
    expect(items[2]).not.toHaveProperty("upload_url");
    await env.BUCKET.put("archive/own bucket/short", "123");
    await env.BUCKET.put("archive/own bucket/other", "jello");
    const report = await complete(
      worker,
      run,
      [0, 1, 3, 4, 5].map((at) => items[at] ?? {}),
    );
    expect((report["items"] as readonly JsonObject[]).map(({ status }) => status)).toEqual([
      "completed",
      "completed",
      // The report claims five bytes at the destination, equal to the source; there is no such object.
      "failed",
      "failed",
      "failed",
    ]);
    const transferOf = async (at: number) =>
      (await listed(`/api/transfers?file_id=${String(items[at]?.["file_id"])}`))[0];
    const seen = await Promise.all([0, 3, 4, 5].map(transferOf));
    expect(seen.map((each) => [each?.["checksum_verified"], each?.["error_message"]])).toEqual([
      [true, null],
      [false, expect.stringContaining("3 bytes")],
      [false, "The file did not arrive at its destination"],
      [false, expect.stringContaining("unlike its source")],
    ]);
    await finish(run);
  });

  test.each([
    ["another bucket", { bucket: "elsewhere" }],
    ["another server", { endpoint_url: "https://s3.example.org" }],
  ])("cannot be %s", async (name, members) => {
    const made = await scene(admin, name, ownBucket("/archive", members));
    const run = await claimed(admin, worker, made, name);
    const [item] = await discover(worker, run, "x");
    expect(item).toMatchObject({ decision: "proceed" });
    expect(item).not.toHaveProperty("upload_url");
    await finish(run);
  });
});

test("the end of a run stores its summary, and the instrument's last harvest", async () => {
  const made = await scene(admin, "ended");
  const path = `/api/instruments/${made.instrument}`;
  expect(await done(admin, "GET", path)).toMatchObject({ last_harvested_at: null });
  const early = await trigger(made.schedule);
  const refused = await worker.post(`/api/harvest/runs/${early}/finish`, { summary: {} });
  expect([refused.status, refused.text]).toEqual([409, '{"detail":"The run is not claimed"}']);
  expect(await claim("ended")).toBe(early);
  // The run found nothing, but it counts as a harvest.
  const summary = { total_discovered: 0, new_files: 0, transferred: 0, skipped: 0, failed: 0 };
  expect(await finish(early, summary)).toEqual({ id: early, status: "finished" });
  const { last_harvested_at: at } = await done(admin, "GET", path);
  expect(String(at)).toMatch(/^20\d\d-\d\d-\d\dT[\d:]{8}\.\d{6}Z$/);
  const read = async () =>
    (await admin.post("/resources/read", { identifiers: [early] })).body as unknown;
  const stored = await read();
  expect(stored).toMatchObject([{ status: "finished", summary }]);
  // Ending it a second time changes nothing.
  expect(await finish(early, { failed: 7 })).toEqual({ id: early, status: "finished" });
  expect(await read()).toEqual(stored);
  expect(await done(admin, "GET", path)).toMatchObject({ last_harvested_at: at ?? "" });
  expect(await claim("ended")).toBeNull();
});

test("a caller without permission to harvest is refused by every call, and nothing is written", async () => {
  const made = await scene(admin, "refused");
  const run = await claimed(admin, worker, made, "refused");
  const [item] = await discover(worker, run, "x");
  const { client } = await keyClient(admin, [
    { payload_types: ["*"], actions: ["create", "read", "update", "delete"] },
  ]);
  const entries = [{ source_path: "y", size_bytes: 1 }];
  const items = [{ file_id: item?.["file_id"] ?? "", status: "completed" }];
  for (const [path, body] of [
    [CLAIM, { worker: "refused" }],
    [`/api/harvest/runs/${run}/discovered`, { entries }],
    [`/api/harvest/runs/${run}/transfers`, { items }],
    [`/api/harvest/runs/${run}/finish`, { summary: {} }],
  ] as const) {
    expect((await client.post(path, body)).status, path).toBe(403);
    expect((await clientOf(workerFetch).post(path, body)).status, path).toBe(401);
  }
  expect(await listed(`/api/files?instrument_id=${made.instrument}`)).toHaveLength(1);
  expect(await listed(`/api/transfers?file_id=${String(item?.["file_id"])}`)).toEqual([]);
  expect(await claim("refused")).toBe(run);
  await finish(run);
});

// The last test of the file, because the store's clock does not go back.
test("every call of a worker keeps its run, until it is silent for a quarter of an hour", async () => {
  const made = await scene(admin, "silence");
  const run = await claimed(admin, worker, made, "one");
  const clock = turnClock(Date.now());
  try {
    clock.turn(14 * MINUTE);
    const items = await discover(worker, run, "x");
    clock.turn(28 * MINUTE);
    expect(await claim("two")).toBeNull();
    await complete(worker, run, items);
    clock.turn(42 * MINUTE);
    expect(await claim("two")).toBeNull();
    clock.turn(43 * MINUTE + 1_000);
    expect(await claim("two")).toBe(run);
    // The former worker has lost the run.
    expect(await claim("one")).toBeNull();
    expect(await claim("two")).toBe(run);
    await finish(run);
  } finally {
    clock.restore();
  }
});
