// The database cost of the sources surface: calls, rows and indexes.
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { runScheduled } from "../../../../src/jobs/scheduled.ts";
import { appOver } from "../../../support/servers/app.ts";
import { createTables } from "../../../support/databases/tables.ts";
import { budgetedDatabase } from "../../../support/databases/budget.ts";
import type { Fetch } from "../../../support/clients/http.ts";
import { aroundDatabase, type SentStatement } from "../../../support/databases/database.ts";
import { planErrors } from "../../../support/checks/query-plan.ts";
import {
  fresh,
  scene,
  SERVICE,
  setScene,
  uploaded,
} from "../../../support/fixtures/pipelines-service.ts";
import { report, specOf, statusOf, tableOf, upload } from "../../../support/fixtures/sources.ts";

setScene();

/** A minute of the cycle in which no other job reads more. */
const MINUTE = 3 * 60_000;
const OTHERS = 10;

let sent: SentStatement[] = [];
const budgeted = budgetedDatabase(
  aroundDatabase(env.DB, async (call, run) => {
    sent.push(...call.statements);
    return run();
  }),
);
const settings = { DPP_URL: SERVICE };
let fetch: Fetch;

beforeAll(async () => {
  fetch = appOver(budgeted.database, settings as object);
  // Other flows: their number must not matter.
  for (let other = 0; other < OTHERS; other += 1) {
    await uploaded(specOf(scene.owner.id, fresh(), [tableOf("slices")], { schedule: "every 1d" }));
  }
  await statusOf(fetch, "a/b/1");
});

const spentOn = async (run: () => Promise<unknown>) => {
  sent = [];
  budgeted.start();
  await run();
  const { calls, rowsRead } = budgeted.spent();
  expect(await planErrors(env.DB, sent, "none")).toEqual([]);
  return { calls: [...calls], rowsRead, statements: sent.length };
};

const wide = (tables: number) => Array.from({ length: tables }, (_, at) => tableOf(`t${at}`));

test("a status is one call, and reads a few rows", async () => {
  const flowId = await uploaded(specOf(scene.owner.id, fresh()));
  for (const path of [flowId, flowId.replace(/1$/, "latest"), flowId.replace(/1$/, "successful")]) {
    const { calls, rowsRead } = await spentOn(() => statusOf(fetch, path));
    expect(calls).toEqual(["read"]);
    expect(rowsRead).toBeLessThan(20);
  }
});

test("an upload is one read and one batch, whose statements do not grow with its pipelines", async () => {
  const dataset = fresh();
  const send = (tables: number) =>
    spentOn(() =>
      upload(fetch, specOf(scene.owner.id, dataset, wide(tables)), {
        "auth-token": scene.owner.token,
      }),
    );
  await send(1);
  const [small, large] = [await send(1), await send(30)];
  expect([small.calls, large.calls]).toEqual([
    ["read", "write"],
    ["read", "write"],
  ]);
  expect(large.statements).toBe(small.statements);
});

test("an event is one read and one batch, whatever fails with it", async () => {
  const flowId = await uploaded(specOf(scene.owner.id, fresh(), wide(20)));
  const send = (artifact: string) =>
    spentOn(() =>
      report(fetch, { pipeline_id: `${flowId}/${artifact}`, event: "finish", success: false }),
    );
  const first = await send("t0_csv");
  expect(first.calls).toEqual(["read", "write"]);
  expect(first.rowsRead).toBeLessThan(600);
  expect((await send("t1_json")).calls).toEqual(["read", "write"]);
});

test("an event costs the same after one of another, empty database", async () => {
  await createTables(env.REPLICA);
  const other = appOver(env.REPLICA, settings as object);
  await report(other, { pipeline_id: "a/b/1/c_csv", event: "queue" });
  const flowId = await uploaded(specOf(scene.owner.id, fresh()));
  const { calls } = await spentOn(() =>
    report(fetch, { pipeline_id: `${flowId}/slices_csv`, event: "queue" }),
  );
  expect(calls).toEqual(["read", "write"]);
});

test("due schedules and waiting flows are found by their indexes", async () => {
  const bindings = { ...env, DB: budgeted.database };
  const { rowsRead } = await spentOn(() => runScheduled({ ...bindings, ...settings }, MINUTE));
  // The account of each waiting flow is read.
  expect(rowsRead).toBeLessThan(20 + 4 * (OTHERS + 3));
  // With the embedded runner it runs flows until its statements are used up.
  const { statements } = await spentOn(() => runScheduled(bindings, MINUTE));
  expect(statements).toBeGreaterThan(500);
  expect(statements).toBeLessThan(700);
});
