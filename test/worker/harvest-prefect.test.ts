import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { runScheduled } from "../../src/jobs/scheduled.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { appOver } from "../support/app.ts";
import { adminToken } from "../support/cast.ts";
import { clientOf, type Client } from "../support/client.ts";
import { done, idOf, scene, type Scene } from "../support/harvest.ts";

const URL_OF_PREFECT = "http://prefect.test/api";
const SETTINGS = { SCHEDULER: "prefect", PREFECT_API_URL: URL_OF_PREFECT };

let admin: Client;
let calls: string[] = [];
let bodies: JsonObject[] = [];
let isAway = false;
let runOf: Readonly<Record<string, JsonObject>> = {};

const answerOf = (method: string, path: string): Response => {
  if (path.startsWith("/csrf-token")) return Response.json({ detail: "disabled" }, { status: 422 });
  if (path.startsWith("/flow_runs/")) {
    const run = runOf[path.slice("/flow_runs/".length)];
    return run === undefined ? new Response(null, { status: 404 }) : Response.json(run);
  }
  if (method === "POST") return Response.json({ id: crypto.randomUUID() }, { status: 201 });
  if (method === "GET") return Response.json({});
  return new Response(null, { status: 204 });
};

beforeAll(async () => {
  const fetch = appOver(env.DB, SETTINGS);
  admin = clientOf(fetch, await adminToken(fetch));
});

beforeEach(() => {
  [calls, bodies, isAway] = [[], [], false];
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  vi.stubGlobal("fetch", async (input: unknown, init: RequestInit = {}) => {
    const path = String(input).slice(URL_OF_PREFECT.length);
    const method = init.method ?? "GET";
    calls.push(`${method} ${path.replace(/\?.*/, "")}`);
    if (isAway) throw new Error("connection refused");
    if (typeof init.body === "string") bodies.push(JSON.parse(init.body) as JsonObject);
    return answerOf(method, path);
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const scheduleIn = (made: Scene): Promise<JsonObject> =>
  done(admin, "GET", `/api/schedules/${made.schedule}`);

test("each schedule gets a deployment of its own, and tells Prefect what changes", async () => {
  const made = await scene(admin, "deployed");
  const schedule = await scheduleIn(made);
  const deployment = String(schedule["prefect_deployment_id"]);
  expect(deployment).toMatch(/^[0-9a-f-]{36}$/);
  expect(bodies.at(-1)).toMatchObject({ name: `harvest-deployed-${made.schedule}` });
  const path = `/api/schedules/${made.schedule}`;
  await done(admin, "PATCH", path, { enabled: false });
  expect(calls.at(-1)).toBe(`PATCH /deployments/${deployment}`);
  // A changed expression does not switch a disabled schedule on.
  await done(admin, "PATCH", path, { cron_expression: "0 1 * * *" });
  expect(bodies.at(-1)).toEqual({
    schedules: [{ schedule: { cron: "0 1 * * *" }, active: false }],
  });
  const before = calls.length;
  await done(admin, "PATCH", path, { default_storage_location_id: made.location });
  expect(calls.length).toBe(before);
  const run = await done(admin, "POST", `${path}/trigger`);
  expect(run).toMatchObject({ schedule_id: made.schedule });
  expect(calls.at(-1)).toBe(`POST /deployments/${deployment}/create_flow_run`);
  await done(admin, "DELETE", path);
  expect(calls.at(-1)).toBe(`DELETE /deployments/${deployment}`);
});

test("a failure of Prefect never loses a schedule, and is told where a run was asked for", async () => {
  const good = await scene(admin, "lucky");
  isAway = true;
  const made = await scene(admin, "unlucky");
  expect(await scheduleIn(made)).toMatchObject({ prefect_deployment_id: null });
  const nothing = await admin.post(`/api/schedules/${made.schedule}/trigger`, {});
  expect([nothing.status, nothing.text]).toEqual([
    400,
    '{"detail":"Schedule has no Prefect deployment — cannot trigger harvest"}',
  ]);
  const path = `/api/schedules/${good.schedule}`;
  expect(await done(admin, "PATCH", path, { enabled: true })).toMatchObject({ enabled: true });
  const away = await admin.post(`${path}/trigger`, {});
  expect([away.status, away.text]).toEqual([
    502,
    '{"detail":"Failed to trigger harvest — Prefect server may be unavailable"}',
  ]);
  const now = await admin.post(`/api/instruments/${good.instrument}/harvest`, {});
  expect([now.status, now.text]).toEqual([502, '{"detail":"Prefect server unavailable"}']);
  const none = await admin.post(`/api/instruments/${made.instrument}/harvest`, {});
  expect([none.status, none.text]).toEqual([502, '{"detail":"No Prefect deployment configured"}']);
  expect((await admin.send("DELETE", path)).status).toBe(204);
  const empty = await admin.post(`/api/instruments/${good.instrument}/harvest`, {});
  expect([empty.status, empty.text]).toEqual([
    400,
    '{"detail":"No active schedules configured for this instrument"}',
  ]);
});

test("a worker of Prefect claims the run that Prefect began", async () => {
  const made = await scene(admin, "flown");
  const run = crypto.randomUUID();
  const parameters = { instrument_id: made.instrument, schedule_id: made.schedule };
  runOf = { [run]: { id: run, parameters } };
  const claimed = await done(admin, "POST", "/api/harvest/runs/claim", { flow_run_id: run });
  expect(claimed).toMatchObject({ id: run, instrument: { name: "flown" } });
  expect(await done(admin, "POST", "/api/harvest/runs/claim", { flow_run_id: run })).toEqual(
    claimed,
  );
  const unknown = { flow_run_id: crypto.randomUUID() };
  expect((await admin.post("/api/harvest/runs/claim", unknown)).status).toBe(404);
  isAway = true;
  expect((await admin.post("/api/harvest/runs/claim", unknown)).status).toBe(502);
  isAway = false;
  await done(admin, "POST", `/api/harvest/runs/${run}/finish`, { summary: {} });
  expect((await admin.post("/api/harvest/runs/claim", { flow_run_id: run })).status).toBe(204);
});

test("where Prefect is the clock, ours makes no runs", async () => {
  const made = await scene(admin, "quiet");
  await done(admin, "PATCH", `/api/schedules/${made.schedule}`, { cron_expression: "* * * * *" });
  const spy = vi.spyOn(Date, "now").mockReturnValue(Date.now() + 300_000);
  await runScheduled({ ...env, ...SETTINGS }, 60_000);
  spy.mockRestore();
  const runs = await done(admin, "POST", "/query/count", {
    payload_type: "harvest_run",
    filters: { schedule_id: { eq: made.schedule } },
  });
  expect(runs).toEqual({ count: 0 });
  expect(idOf(await scheduleIn(made))).toBe(made.schedule);
});
