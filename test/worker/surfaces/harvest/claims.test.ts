// A claimed run belongs to the key that claimed it, until it sends nothing for a quarter of an hour.
import { beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { adminClient, workerFetch } from "../../../support/fixtures/callers.ts";
import { clientOf, type Client } from "../../../support/clients/http.ts";
import { turnClock } from "../../../support/run/clock.ts";
import { keyClient } from "../../../support/clients/keys.ts";
import {
  claimed,
  complete,
  discover,
  done,
  idOf,
  scene,
  workerToken,
} from "../../../support/fixtures/harvest.ts";

const MINUTE = 60_000;
const CLAIM = "/api/harvest/runs/claim";

let admin: Client;
let first: Client;
let second: Client;

beforeAll(async () => {
  admin = await adminClient();
  first = clientOf(workerFetch, await workerToken(admin));
  second = clientOf(workerFetch, await workerToken(admin));
});

const stored = async (identifier: string): Promise<JsonObject> => {
  const { body } = await admin.post("/resources/read", { identifiers: [identifier] });
  return (body as unknown as readonly JsonObject[])[0] ?? {};
};

const trigger = async (schedule: string): Promise<string> =>
  String((await done(admin, "POST", `/api/schedules/${schedule}/trigger`))["flow_run_id"]);

const finish = (by: Client, run: string) =>
  by.post(`/api/harvest/runs/${run}/finish`, { summary: { transferred: 0 } });

/** Every call about a run, with its body. */
const sayings = (run: string, file: string): readonly (readonly [string, object])[] =>
  [
    ["discovered", { entries: [{ source_path: "stray", size_bytes: 1 }] }],
    ["transfers", { items: [{ file_id: file, status: "completed" }] }],
    ["finish", { summary: {} }],
  ].map(([path, body]) => [`/api/harvest/runs/${run}/${String(path)}`, body as object]);

const HELD = '{"detail":"The run belongs to another until that is silent for 15 minutes"}';

describe("a claimed harvest run", () => {
  test("accepts no report of another key, and is unchanged", async () => {
    const made = await scene(admin, "held");
    const run = await claimed(admin, first, made);
    const items = await discover(first, run, "x", "y");
    const file = String(items[0]?.["file_id"]);
    const before = await stored(run);
    expect(before["claimed_by"]).toMatch(/^apk:/);
    for (const by of [second, admin]) {
      for (const [path, body] of sayings(run, file).slice(0, by === admin ? 2 : 3)) {
        const answer = await by.send("POST", path, body as JsonObject);
        expect([answer.status, answer.text], path).toEqual([409, HELD]);
      }
    }
    expect(await stored(run)).toEqual(before);
    const files = await done(admin, "GET", `/api/files?instrument_id=${made.instrument}`);
    expect(files).toHaveLength(2);
    const transfers = await done(admin, "GET", `/api/transfers?file_id=${file}`);
    expect(transfers).toEqual([]);
    // Also under the same worker name, which proves nothing.
    expect((await second.post(CLAIM, { worker: "w" })).status).toBe(204);
    expect((await finish(first, run)).status).toBe(200);
    expect((await finish(first, run)).status).toBe(200);
    expect((await finish(second, run)).status).toBe(409);
  });

  test("accepts no report after its end, not even of its own key", async () => {
    const made = await scene(admin, "over");
    const run = await claimed(admin, first, made);
    const [open, late] = await discover(first, run, "open", "late");
    await complete(first, run, [open ?? {}]);
    await finish(first, run);
    const next = await claimed(admin, second, made);
    await discover(second, next, "late");
    const file = String(late?.["file_id"]);
    const report = { items: [{ file_id: file, status: "in_progress" }] };
    await done(second, "POST", `/api/harvest/runs/${next}/transfers`, report);
    for (const [path, body] of sayings(run, file).slice(0, 2)) {
      const answer = await first.send("POST", path, body as JsonObject);
      expect([answer.status, answer.text]).toEqual([409, '{"detail":"The run has ended"}']);
    }
    expect(await done(admin, "GET", `/api/transfers?file_id=${file}`)).toMatchObject([
      { status: "in_progress", prefect_flow_run_id: next },
    ]);
    await finish(second, next);
  });

  test("cannot be claimed by a key with limited permission, whatever else is wrong", async () => {
    const { schedule } = await scene(admin, "limited");
    const run = await trigger(schedule);
    const limited = [
      ...["harvest_run", "file", "dataset"].map((type) => ({ payload_types: [type] })),
      { payload_types: ["*"], owner_only: true },
    ];
    for (const policy of limited) {
      const { client } = await keyClient(admin, [{ ...policy, actions: ["harvest"] }]);
      for (const body of [{ worker: "w" }, { worker: 1 }]) {
        expect((await client.post(CLAIM, body)).status, JSON.stringify(policy)).toBe(403);
      }
      expect((await finish(client, run)).status).toBe(403);
    }
    expect(await stored(run)).toMatchObject({ status: "scheduled" });
    expect((await finish(admin, run)).status).toBe(200);
  });

  test("is ended by an admin, and so is a waiting one", async () => {
    const made = await scene(admin, "stopped");
    const run = await claimed(admin, first, made);
    const waiting = await trigger(made.schedule);
    expect((await finish(second, waiting)).status).toBe(409);
    for (const each of [run, waiting]) {
      expect((await finish(admin, each)).status).toBe(200);
      expect(await stored(each)).toMatchObject({ status: "finished" });
    }
    expect((await first.post(CLAIM, { worker: "w" })).status).toBe(204);
  });
});

// The last test of the file, because the store's clock does not go back.
test("the run of a silent key goes to the next claimant, and its old key has lost it", async () => {
  const made = await scene(admin, "silent");
  const run = await claimed(admin, first, made);
  const other = await scene(admin, "silent too");
  const taken = await claimed(admin, first, other, "v");
  const clock = turnClock(Date.now());
  try {
    clock.turn(14 * MINUTE);
    expect((await finish(second, taken)).status).toBe(409);
    expect((await second.post(CLAIM, { worker: "w" })).status).toBe(204);
    clock.turn(15 * MINUTE + 1_000);
    expect(idOf(await done(second, "POST", CLAIM, { worker: "w" }))).toBe(run);
    expect(await discover(second, run, "x")).toHaveLength(1);
    const answer = await finish(first, run);
    expect([answer.status, answer.text]).toEqual([409, HELD]);
    // A report about a lost run takes it over too.
    expect(await discover(second, taken, "x")).toHaveLength(1);
    expect((await finish(first, taken)).status).toBe(409);
    for (const each of [run, taken]) expect((await finish(second, each)).status).toBe(200);
  } finally {
    clock.restore();
  }
});
