// Expired temporary data is removed faster than one caller can create it, and the quota counters always
// match the rows.
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { runScheduled } from "../../../src/jobs/scheduled.ts";
import { LIMITS } from "../../../src/model/limits.ts";
import { adminClient, setting } from "../../support/fixtures/callers.ts";
import { uniquePrefix } from "../../support/clients/http.ts";
import { seedOf } from "../../support/run/clock.ts";
import { defineEntity } from "../../support/clients/entities.ts";
import {
  beginTask,
  count,
  createKeyed,
  ENTITY,
  expectCounted,
  HOUR,
  KINDS,
  now,
  orderExport,
  presign,
  run,
  seed,
  somebody,
  type Kind,
} from "../../support/fixtures/quota-records.ts";
import { registerFaultType } from "../../support/fixtures/catalogue-writes.ts";

const SEED = seedOf(setting("FC_SEED"));
const TURNS_A_DAY = (24 * 60) / 5;

beforeAll(async () => {
  const admin = await adminClient();
  await registerFaultType(admin);
  await defineEntity(admin, ENTITY, { n: { type: "integer" } });
});

describe("the counters", () => {
  test("equal the rows, whatever is created, finished, repeated, swept and expired", async () => {
    const { id, client } = await somebody("counted");
    const prefix = uniquePrefix("counted");
    let made = 0;
    const acts = {
      create: () => createKeyed(client, `${prefix}${(made += 1)}`, `key-${made}`),
      repeat: () => createKeyed(client, `${prefix}${made}`, `key-${made}`),
      presign: () => presign(client, 3),
      refuse: () =>
        run(
          "UPDATE uploads SET state = 'refused' WHERE path IN (SELECT path FROM uploads WHERE principal = ? LIMIT 1)",
          id,
        ),
      finish: () =>
        run(
          "UPDATE uploads SET state = 'finished' WHERE path IN (SELECT path FROM uploads WHERE principal = ? AND state <> 'finished' LIMIT 2)",
          id,
        ),
      reopen: () =>
        run(
          "UPDATE uploads SET state = 'promised' WHERE path IN (SELECT path FROM uploads WHERE principal = ? AND state = 'finished' LIMIT 1)",
          id,
        ),
      export: () => orderExport(client),
      task: () => beginTask(client),
      late: () =>
        env.DB.batch([
          env.DB.prepare(
            "UPDATE idempotency SET recorded_at = 1 WHERE principal = ? AND key LIKE '%1'",
          ).bind(id),
          env.DB.prepare(
            "UPDATE uploads SET created_at = 1, expires_at = 1 WHERE principal = ?",
          ).bind(id),
          env.DB.prepare("UPDATE tasks SET recorded_at = 1 WHERE principal = ?").bind(id),
          env.DB.prepare(
            "UPDATE exports SET expires_at = 1 WHERE principal = ? AND state = 'succeeded'",
          ).bind(id),
        ]),
      upkeep: () => runScheduled(env),
      forget: () =>
        run("UPDATE exports SET finished_at = 1 WHERE principal = ? AND state = 'expired'", id),
    };
    const names = Object.keys(acts) as (keyof typeof acts)[];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...names), { minLength: 3, maxLength: 12 }),
        async (steps) => {
          for (const step of steps) await acts[step]();
          await expectCounted();
        },
      ),
      { seed: SEED, numRuns: 8, endOnFailure: true },
    );
  }, 120_000);
});

describe("one run of the Cron Trigger removes more than one caller may create until the next", () => {
  const EXPIRED: Readonly<Record<Kind, number>> = {
    idempotency: LIMITS.idempotencyHours * HOUR,
    uploads: 24 * HOUR,
    exports: LIMITS.exportKeptHours * HOUR,
    tasks: LIMITS.taskHours * HOUR,
  };

  /** How many rows one caller can create per day before the first of them expires. */
  const MADE_A_DAY: Readonly<Record<Kind, number>> = {
    idempotency: LIMITS.idempotencyKeysMax,
    uploads: LIMITS.uploadsOpenMax,
    exports: LIMITS.exportsKeptMax,
    tasks: LIMITS.tasksKeptMax,
  };

  const left: Readonly<Record<Kind, string>> = {
    idempotency: "SELECT count(*) AS n FROM idempotency WHERE principal = ?",
    uploads: "SELECT count(*) AS n FROM uploads WHERE principal = ?",
    exports: "SELECT count(*) AS n FROM exports WHERE principal = ? AND path IS NOT NULL",
    tasks: "SELECT count(*) AS n FROM tasks WHERE principal = ?",
  };

  test.each(KINDS)("of %s", async (kind) => {
    const principal = `user:${uniquePrefix(kind)}`;
    const needed = Math.ceil(MADE_A_DAY[kind] / TURNS_A_DAY);
    // More rows would take too long to create.
    const rows = kind === "idempotency" ? 20_000 : 1_000;
    expect(rows).toBeGreaterThan(needed);
    // First remove the expired rows of other tests, which would use a part of the run.
    await runScheduled(env, 0);
    await seed(kind, principal, now() - EXPIRED[kind] - HOUR, rows);
    expect(await count(left[kind], principal)).toBe(rows);
    await runScheduled(env, 0);
    expect(await count(left[kind], principal)).toBe(0);
    await expectCounted();
  });

  test("and their objects with them", async () => {
    const principal = `user:${uniquePrefix("objects")}`;
    const tasks = await seed("tasks", principal, now() - EXPIRED.tasks - HOUR, 2);
    const exported = await seed("exports", principal, now() - EXPIRED.exports - HOUR, 2);
    const keys = [`_tasks/seed/${tasks}1`, `exports/seed/${exported}2`];
    for (const key of keys) await env.BUCKET.put(key, "x");
    await runScheduled(env, 0);
    expect(await Promise.all(keys.map((key) => env.BUCKET.head(key)))).toEqual([null, null]);
  });

  test("records of exports are removed two weeks after their end, but not of those that are kept", async () => {
    const principal = `user:${uniquePrefix("rows")}`;
    await seed("exports", principal, now() - 2 * EXPIRED.exports - HOUR, 3);
    await seed("exports", principal, now() - EXPIRED.exports + HOUR, 4);
    await runScheduled(env, 0);
    await runScheduled(env, 0);
    expect(await count("SELECT count(*) AS n FROM exports WHERE principal = ?", principal)).toBe(4);
  });
});
