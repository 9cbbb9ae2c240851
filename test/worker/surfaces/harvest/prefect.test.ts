import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { done, idOf } from "../../../support/fixtures/harvest.ts";
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

describe("a new schedule", () => {
  test("is deployed: a token, the flow, and a deployment of its own", async () => {
    const made = await schedule(scene, { timezone: "Europe/Berlin", enabled: false });
    const [csrf, flow, deployment, ...more] = scene.prefect.taken();
    expect(more).toEqual([]);
    expect(csrf?.line).toMatch(/^GET \/csrf-token\?client=[0-9a-f-]{36}$/);
    expect(flow).toMatchObject({ line: "POST /flows/", body: { name: "harvest-instrument" } });
    expect(deployment?.line).toBe("POST /deployments/");
    expect(deployment?.body).toEqual({
      name: `harvest-MR 3-${idOf(made)}`,
      flow_id: "b6a8a3a0-5f0b-4a0e-9d3c-000000000001",
      entrypoint: "app.flows.harvest:harvest_instrument_flow",
      parameters: { instrument_id: scene.instrument, schedule_id: idOf(made) },
      tags: ["instrument:MR 3"],
      schedules: [
        {
          schedule: { cron: CRON, timezone: "Europe/Berlin", day_or: true },
          active: false,
          max_scheduled_runs: null,
          parameters: {},
          slug: null,
          replaces: null,
        },
      ],
      work_pool_name: "streamweave-worker-pool",
      path: "/app",
      pull_steps: [],
    });
    for (const call of [flow, deployment]) {
      expect(call?.headers.get("prefect-csrf-token")).toMatch(UUID);
      expect(csrf?.line).toContain(call?.headers.get("prefect-csrf-client") ?? "nobody");
      expect(call?.headers.get("content-type")).toBe("application/json");
      expect(call?.headers.get("authorization")).toBe(`Bearer ${PREFECT_KEY}`);
      expect(call?.headers.get("user-agent")).toMatch(
        /^prefect\/3\.\d+\.\d+ \(API \d+\.\d+\.\d+\)$/,
      );
    }
    expect([...scene.prefect.deployments.keys()]).toEqual([deploymentOf(made)]);
    expect(await done(scene.admin, "GET", `/api/schedules/${idOf(made)}`)).toEqual(made);
    await schedule(scene);
    // The CSRF token is reused.
    expect(lines(scene)).toEqual(["POST /flows/", "POST /deployments/"]);
  });

  test.each([404, 422])(
    "is deployed without a CSRF token when Prefect responds %i",
    async (status) => {
      scene.prefect.guard(status);
      expect(deploymentOf(await schedule(scene))).toMatch(UUID);
      const [, flow, deployment] = scene.prefect.taken();
      for (const call of [flow, deployment]) {
        expect(call?.headers.get("prefect-csrf-token")).toBeNull();
        expect(call?.headers.get("prefect-csrf-client")).toBeNull();
      }
    },
  );

  test("is deployed with a new CSRF token when the old one has expired", async () => {
    await deployed(scene);
    scene.prefect.expire();
    expect(deploymentOf(await schedule(scene))).toMatch(UUID);
    expect(lines(scene).map((line) => line.split("?")[0])).toEqual([
      "POST /flows/",
      "GET /csrf-token",
      "POST /flows/",
      "POST /deployments/",
    ]);
  });

  test.each(FAILURES)("is stored without a deployment when Prefect fails (%s)", async (failure) => {
    for (const line of ["GET /csrf-token", "POST /flows/", "POST /deployments/"]) {
      // A GET needs no CSRF token; only the network can fail.
      if (line.startsWith("GET") && failure !== "down") continue;
      scene.prefect.fail(line, failure);
      const before = logged.length;
      const made = await schedule(scene);
      expect(made["prefect_deployment_id"]).toBeNull();
      expect(logged.slice(before).join("")).toContain('"event":"prefect deploy failed"');
      scene.prefect.fail();
      scene.prefect.taken();
      const path = `/api/schedules/${idOf(made)}`;
      expect(await done(scene.admin, "GET", path)).toEqual(made);
      // Prefect is not called about a deployment that it never had.
      await done(scene.admin, "PATCH", path, { cron_expression: "0 1 * * *" });
      const none = "Schedule has no Prefect deployment — cannot trigger harvest";
      expect(await refusal(scene, "POST", `${path}/trigger`)).toEqual([400, none]);
      const now = `/api/instruments/${scene.instrument}/harvest`;
      expect(await refusal(scene, "POST", now)).toEqual([502, "No Prefect deployment configured"]);
      await done(scene.admin, "DELETE", path);
      expect(scene.prefect.taken()).toEqual([]);
    }
  });

  test("has a deployment separate from others of its instrument", async () => {
    const [one, other] = [
      await deployed(scene),
      await deployed(scene, { cron_expression: "0 3 * * *" }),
    ];
    expect(deploymentOf(one)).not.toBe(deploymentOf(other));
    const kept = scene.prefect.deployments.get(deploymentOf(one));
    expect(kept).toMatchObject({ parameters: { schedule_id: idOf(one) } });
    expect(kept).toMatchObject({ schedules: [{ schedule: { cron: CRON } }] });
    await done(scene.admin, "DELETE", `/api/schedules/${idOf(other)}`);
    expect([...scene.prefect.deployments.keys()]).toEqual([deploymentOf(one)]);
    expect(await done(scene.admin, "POST", `/api/schedules/${idOf(one)}/trigger`)).toMatchObject({
      schedule_id: idOf(one),
    });
  });
});

describe("a changed schedule", () => {
  const patched = async (made: JsonObject, body: JsonObject) => {
    const shown = await done(scene.admin, "PATCH", `/api/schedules/${idOf(made)}`, body);
    return { shown, calls: scene.prefect.taken() };
  };
  const timing = (cron: string, active: boolean) => ({
    schedules: [{ schedule: { cron }, active }],
  });

  test("updates its deployment with what is stored, enabled or not", async () => {
    const made = await deployed(scene, { enabled: false });
    const at = `/deployments/${deploymentOf(made)}`;
    const { shown, calls } = await patched(made, { cron_expression: "0 5 * * *" });
    expect(calls.map(({ line }) => line)).toEqual([`GET ${at}`, `PATCH ${at}`]);
    // The call does not start a run.
    expect(calls[1]?.body).toEqual(timing("0 5 * * *", false));
    expect(shown).toMatchObject({ cron_expression: "0 5 * * *", enabled: false });
    const { calls: enabling } = await patched(made, { enabled: true });
    expect(enabling[1]?.body).toEqual(timing("0 5 * * *", true));
    const { calls: zoned } = await patched(made, { enabled: true, timezone: "Europe/Berlin" });
    expect(zoned[1]?.body).toEqual({
      schedules: [{ schedule: { cron: "0 5 * * *", timezone: "Europe/Berlin" }, active: true }],
    });
  });

  test("sends nothing to Prefect when its timing is not in the body", async () => {
    const made = await deployed(scene);
    const other = { name: "Other", type: "posix", base_path: "/other" };
    const place = idOf(await done(scene.admin, "POST", "/api/storage-locations", other));
    const { calls } = await patched(made, { default_storage_location_id: place });
    expect(calls).toEqual([]);
  });

  test.each(FAILURES)("is stored when Prefect fails (%s)", async (failure) => {
    const made = await deployed(scene);
    for (const [line, cron_expression] of [
      ["GET /deployments/", "1 5 * * *"],
      ["PATCH /deployments/", "2 5 * * *"],
    ] as const) {
      scene.prefect.fail(line, failure);
      const { shown, calls } = await patched(made, { cron_expression });
      expect(calls.some((call) => call.line.startsWith(line))).toBe(true);
      expect(shown).toMatchObject({ cron_expression });
      expect(await done(scene.admin, "GET", `/api/schedules/${idOf(made)}`)).toEqual(shown);
      scene.prefect.fail();
    }
  });
});

describe("a deleted schedule", () => {
  test("removes its deployment, and a restored one keeps the id without a new deployment", async () => {
    const made = await deployed(scene);
    const path = `/api/schedules/${idOf(made)}`;
    expect((await scene.admin.send("DELETE", path)).status).toBe(204);
    expect(lines(scene)).toEqual([`DELETE /deployments/${deploymentOf(made)}`]);
    expect(scene.prefect.deployments.size).toBe(0);
    const restored = await done(scene.admin, "POST", `${path}/restore`);
    expect(restored).toMatchObject({
      prefect_deployment_id: deploymentOf(made),
      enabled: false,
    });
    expect(scene.prefect.taken()).toEqual([]);
    expect(await refusal(scene, "POST", `${path}/trigger`)).toEqual([502, UNREACHED]);
  });

  test.each(FAILURES)("is deleted whatever Prefect responds (%s)", async (failure) => {
    const made = await deployed(scene);
    scene.prefect.fail("DELETE /deployments/", failure);
    const before = logged.length;
    expect((await scene.admin.send("DELETE", `/api/schedules/${idOf(made)}`)).status).toBe(204);
    expect(lines(scene)).toEqual([`DELETE /deployments/${deploymentOf(made)}`]);
    const isLogged = logged.slice(before).join("").includes("prefect delete failed");
    expect(isLogged).toBe(failure !== 404);
    expect((await scene.admin.get(`/api/schedules/${idOf(made)}`)).status).toBe(404);
  });
});
