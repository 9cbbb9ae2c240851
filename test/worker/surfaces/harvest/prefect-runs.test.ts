import { env } from "cloudflare:workers";
import { describe, expect, test, vi } from "vitest";
import { runScheduled } from "../../../../src/jobs/scheduled.ts";
import { clientOf } from "../../../support/clients/http.ts";
import { workerFetch } from "../../../support/fixtures/callers.ts";
import { discover, done, idOf, workerToken } from "../../../support/fixtures/harvest.ts";
import { logged } from "../../../support/checks/log.ts";
import {
  CRON,
  deployed,
  deploymentOf,
  FAILURES,
  lines,
  PREFECT_KEY,
  refusal,
  schedule,
  UNREACHED,
  UUID,
  usePrefect,
} from "../../../support/fixtures/prefect.ts";

const scene = usePrefect();

describe("POST .../trigger", () => {
  test("starts a run, also of a disabled schedule", async () => {
    const made = await deployed(scene, { enabled: false });
    const run = await done(scene.admin, "POST", `/api/schedules/${idOf(made)}/trigger`);
    expect(Object.keys(run).toSorted()).toEqual(["flow_run_id", "schedule_id"]);
    expect(run["flow_run_id"]).toMatch(UUID);
    const [call, ...more] = scene.prefect.taken();
    expect(more).toEqual([]);
    expect(call?.line).toBe(`POST /deployments/${deploymentOf(made)}/create_flow_run`);
    expect(call?.body).toEqual({
      state: { type: "SCHEDULED", name: "Scheduled" },
      parameters: { instrument_id: scene.instrument, schedule_id: idOf(made) },
      context: {},
      tags: [],
      name: null,
    });
  });

  test.each(FAILURES)("gets 502 when Prefect fails (%s)", async (failure) => {
    const made = await deployed(scene);
    scene.prefect.fail("POST /deployments/", failure);
    expect(await refusal(scene, "POST", `/api/schedules/${idOf(made)}/trigger`)).toEqual([
      502,
      UNREACHED,
    ]);
    const now = `/api/instruments/${scene.instrument}/harvest`;
    expect(await refusal(scene, "POST", now)).toEqual([502, "Prefect server unavailable"]);
  });

  test("of an instrument starts its enabled schedules, and reports which could not be started", async () => {
    const now = `/api/instruments/${scene.instrument}/harvest`;
    const nothing = "No active schedules configured for this instrument";
    expect(await refusal(scene, "POST", now)).toEqual([400, nothing]);
    const good = await deployed(scene);
    await deployed(scene, { enabled: false });
    const dead = await deployed(scene);
    await done(scene.admin, "DELETE", `/api/schedules/${idOf(dead)}`);
    scene.prefect.fail("POST /flows/");
    const bare = await schedule(scene);
    scene.prefect.fail();
    expect(await done(scene.admin, "POST", now)).toEqual({
      triggered: [{ flow_run_id: expect.stringMatching(UUID) as string, schedule_id: idOf(good) }],
      errors: [{ schedule_id: idOf(bare), error: "No Prefect deployment configured" }],
    });
  });
});

describe("a worker started by Prefect", () => {
  test("claims the run that Prefect began, repeatedly, until it is finished", async () => {
    const made = await deployed(scene);
    const run = await done(scene.admin, "POST", `/api/schedules/${idOf(made)}/trigger`);
    const flow_run_id = String(run["flow_run_id"]);
    scene.prefect.taken();
    for (const name of ["a", "b"]) {
      const body = { worker: name, flow_run_id };
      const claimed = await done(scene.worker, "POST", "/api/harvest/runs/claim", body);
      expect(claimed).toMatchObject({ id: flow_run_id, schedule: { id: idOf(made) } });
      expect(lines(scene)).toEqual([`GET /flow_runs/${flow_run_id}`]);
    }
    expect(await discover(scene.worker, flow_run_id, "x")).toHaveLength(1);
    await done(scene.worker, "POST", `/api/harvest/runs/${flow_run_id}/finish`, { summary: {} });
    const again = await scene.worker.post("/api/harvest/runs/claim", { flow_run_id });
    expect(again.status).toBe(204);
  });

  test("gets neither another key's run, nor another run of its instrument", async () => {
    const made = await deployed(scene);
    const trigger = () => done(scene.admin, "POST", `/api/schedules/${idOf(made)}/trigger`);
    const runs = [await trigger(), await trigger()].map((run) => String(run["flow_run_id"]));
    const other = scene.other(await workerToken(scene.admin));
    const claim = "/api/harvest/runs/claim";
    const [taken = "", waiting = ""] = runs;
    await done(scene.worker, "POST", claim, { flow_run_id: taken });
    for (const flow_run_id of [taken, waiting]) {
      expect((await other.post(claim, { flow_run_id })).status).toBe(409);
    }
    await done(scene.worker, "POST", `/api/harvest/runs/${taken}/finish`, { summary: {} });
    expect(await done(other, "POST", claim, { flow_run_id: waiting })).toMatchObject({
      id: waiting,
    });
    expect((await scene.worker.post(claim, { flow_run_id: waiting })).status).toBe(409);
    await done(other, "POST", `/api/harvest/runs/${waiting}/finish`, { summary: {} });
  });

  test("gets an error when there is no such run, or Prefect cannot be reached", async () => {
    const flow_run_id = crypto.randomUUID();
    const claim = () => scene.worker.post("/api/harvest/runs/claim", { flow_run_id });
    expect((await claim()).status).toBe(404);
    for (const failure of ["down", 401, 500] as const) {
      scene.prefect.fail("GET /flow_runs/", failure);
      const { status, text } = await claim();
      expect([status, text]).toEqual([502, '{"detail":"Prefect server unavailable"}']);
    }
    const embedded = clientOf(workerFetch, scene.tokens.worker);
    const refused = await embedded.post("/api/harvest/runs/claim", { flow_run_id });
    expect([refused.status, refused.text]).toEqual([
      400,
      '{"detail":"No Prefect server is configured"}',
    ]);
  });
});

test("the key of Prefect is in no line of the log", () => {
  expect(logged.length).toBeGreaterThan(0);
  expect(logged.join("\n")).not.toContain(PREFECT_KEY);
});

test("without a Prefect server no request is sent", async () => {
  const own = clientOf(workerFetch, scene.tokens.admin);
  const body = {
    instrument_id: scene.instrument,
    default_storage_location_id: scene.location,
    cron_expression: CRON,
  };
  const made = await done(own, "POST", "/api/schedules", body);
  const path = `/api/schedules/${idOf(made)}`;
  await done(own, "PATCH", path, { enabled: false });
  await done(own, "POST", `${path}/trigger`);
  await done(own, "DELETE", path);
  expect(scene.prefect.taken()).toEqual([]);
});

test("with Prefect as scheduler the Cron Trigger makes no runs", async () => {
  const made = await schedule(scene, { cron_expression: "* * * * *" });
  const spy = vi.spyOn(Date, "now").mockReturnValue(Date.now() + 300_000);
  await runScheduled({ ...env, SCHEDULER: "prefect" } as unknown as Env, 60_000);
  spy.mockRestore();
  const filters = { schedule_id: { eq: idOf(made) } };
  const runs = await done(scene.admin, "POST", "/query/count", {
    payload_type: "harvest_run",
    filters,
  });
  expect(runs).toEqual({ count: 0 });
});
