import { env } from "cloudflare:workers";
import { beforeAll, expect, test, vi } from "vitest";
import { runScheduled } from "../../../../src/jobs/scheduled.ts";
import type { JsonObject } from "../../../../src/model/json.ts";
import { adminClient, workerFetch } from "../../../support/fixtures/callers.ts";
import { clientOf, type Client } from "../../../support/clients/http.ts";
import { done, idOf, scene, workerToken } from "../../../support/fixtures/harvest.ts";

let admin: Client;
let worker: Client;

beforeAll(async () => {
  admin = await adminClient();
  worker = clientOf(workerFetch, await workerToken(admin));
});

const finish = (run: string): Promise<JsonObject> =>
  done(worker, "POST", `/api/harvest/runs/${run}/finish`, { summary: { transferred: 1 } });

const claim = async (name: string): Promise<string | null> => {
  const answer = await worker.post("/api/harvest/runs/claim", { worker: name });
  return answer.status === 204 ? null : idOf(answer.body as JsonObject);
};

test("a due schedule becomes one run, however often the Cron Trigger runs", async () => {
  const made = await scene(admin, "clock");
  const path = `/api/schedules/${made.schedule}`;
  await done(admin, "PATCH", path, { cron_expression: "* * * * *" });
  const runs = async (): Promise<number> => {
    const row = await env.DB.prepare(
      "SELECT count(*) AS runs FROM x_harvest_run WHERE f_schedule_id = ?",
    )
      .bind(made.schedule)
      .first<{ runs: number }>();
    return row?.runs ?? -1;
  };
  const strike = (minutes: number): Promise<void> => {
    const spy = vi.spyOn(Date, "now").mockReturnValue(Date.now() + minutes * 60_000);
    return runScheduled(env, 60_000).finally(() => spy.mockRestore());
  };
  await strike(2);
  expect(await runs()).toBe(1);
  await Promise.all([strike(2), strike(3)]);
  expect(await runs()).toBe(1);
  const run = await claim("clock");
  await finish(String(run));
  await strike(4);
  expect(await runs()).toBe(2);
  await done(admin, "PATCH", path, { enabled: false });
  await finish(String(await claim("clock")));
  await strike(60);
  expect(await runs()).toBe(2);
});
