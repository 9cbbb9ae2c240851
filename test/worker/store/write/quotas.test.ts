// Quotas of temporary data per caller, also with concurrent calls.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { LIMITS } from "../../../../src/model/limits.ts";
import type { JsonObject } from "../../../../src/model/json.ts";
import { appOver } from "../../../support/servers/app.ts";
import { adminClient } from "../../../support/fixtures/callers.ts";
import { clientOf, uniquePrefix } from "../../../support/clients/http.ts";
import { defineEntity } from "../../../support/clients/entities.ts";
import {
  beginTask,
  count,
  COUNTED,
  createKeyed,
  ENTITY,
  HOUR,
  now,
  orderExport,
  PASSWORD,
  presign,
  run,
  SERIES,
  somebody,
  type Kind,
} from "../../../support/fixtures/quota-records.ts";
import { FAULT_TYPE, registerFaultType } from "../../../support/fixtures/catalogue-writes.ts";

beforeAll(async () => {
  const admin = await adminClient();
  await registerFaultType(admin);
  await defineEntity(admin, ENTITY, { n: { type: "integer" } });
});

describe("one caller has at most", () => {
  const AT_ONCE = 8;
  const ROOM = 3;

  const together = async (send: (at: number) => Promise<{ readonly status: number }>) =>
    (await Promise.all(Array.from({ length: AT_ONCE }, (_, at) => send(at)))).map(
      ({ status }) => status,
    );

  /** Sets the counters: creating a million rows would take too long. */
  const pretend = (kind: Kind, principal: string, items: number, bytes = 0) =>
    run(
      `INSERT INTO quota_usage (principal, kind, items, bytes) VALUES (?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET items = excluded.items, bytes = excluded.bytes`,
      principal,
      kind,
      items,
      bytes,
    );

  const held = (kind: Kind, principal: string): Promise<number> =>
    count("SELECT items AS n FROM quota_usage WHERE kind = ? AND principal = ?", kind, principal);

  const restore = (): Promise<unknown> =>
    run("DELETE FROM quota_usage").then(() =>
      env.DB.batch(
        Object.entries(COUNTED).map(([kind, sql]) =>
          env.DB.prepare(
            `INSERT INTO quota_usage (principal, kind, items, bytes)
              SELECT principal, ?, items, bytes FROM (${sql} GROUP BY principal)`,
          ).bind(kind),
        ),
      ),
    );

  test.each([
    ["idempotency", LIMITS.idempotencyKeysMax, 200],
    ["uploads", LIMITS.uploadsOpenMax, 200],
    ["exports", LIMITS.exportsKeptMax, 202],
    ["tasks", LIMITS.tasksKeptMax, 202],
  ] as const)(
    "as many %s as its bound, also by concurrent calls: %i",
    async (kind, bound, good) => {
      const { id, client } = await somebody(kind);
      const prefix = uniquePrefix(kind);
      await pretend(kind, id, bound - ROOM);
      const send = {
        idempotency: (at: number) => createKeyed(client, `${prefix}${at}`, `key-${at}`),
        uploads: () => presign(client, 1),
        exports: () => orderExport(client),
        tasks: () => beginTask(client),
      }[kind];
      const statuses = await together(send);
      expect(statuses.toSorted((one, other) => one - other)).toEqual([
        ...Array.from({ length: ROOM }, () => good),
        ...Array.from({ length: AT_ONCE - ROOM }, () => 429),
      ]);
      expect(await held(kind, id)).toBe(bound);
      const refused = await send(99);
      expect(refused.text).toContain(`at most ${bound}`);
      expect(refused.headers.get("retry-after")).not.toBeNull();
      await restore();
    },
  );

  test("so many bytes of each", async () => {
    const { id, client } = await somebody("bytes");
    await pretend("idempotency", id, 1, LIMITS.idempotencyBytesMax);
    await pretend("exports", id, 1, LIMITS.exportBytesMax);
    await pretend("tasks", id, 1, LIMITS.taskBytesMax);
    const answers = [
      await createKeyed(client, `${uniquePrefix("bytes")}a`, "bytes"),
      await orderExport(client),
      await beginTask(client),
    ];
    expect(answers.map(({ status }) => status)).toEqual([429, 429, 429]);
    // Without an Idempotency-Key or a task nothing is stored.
    expect((await client.post("/data/find/kept", {})).status).toBe(200);
    await restore();
  });

  test("a batch of uploads fits completely or not at all", async () => {
    const { id, client } = await somebody("whole");
    await pretend("uploads", id, LIMITS.uploadsOpenMax - 5);
    expect((await presign(client, 6)).status).toBe(429);
    expect((await presign(client, 5)).status).toBe(200);
    expect(await held("uploads", id)).toBe(LIMITS.uploadsOpenMax);
    await restore();
  });

  test("the replay of a stored response needs no room", async () => {
    const { id, client } = await somebody("replay");
    const identifier = `${uniquePrefix("replay")}a`;
    expect((await createKeyed(client, identifier, "one")).status).toBe(200);
    await pretend("idempotency", id, LIMITS.idempotencyKeysMax);
    const again = await createKeyed(client, identifier, "one");
    expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([200, "true"]);
    await restore();
  });

  test("sessions: one more ends the oldest", async () => {
    const { id, email } = await somebody("sessions");
    await run(
      `INSERT INTO sessions (id, principal, token_version, refresh_digest, started_at, expires_at)
        SELECT 'seed-' || value, ?1, 0, '', value, ?2 FROM ${SERIES} WHERE ?3 = ''`,
      id,
      now() + HOUR,
      "",
      LIMITS.sessionsMax,
    );
    const signed = await clientOf(appOver(env.DB)).post("/auth", {
      method: "ums",
      email,
      password: PASSWORD,
    });
    expect(signed.status, signed.text).toBe(200);
    expect(await count("SELECT count(*) AS n FROM sessions WHERE principal = ?", id)).toBe(
      LIMITS.sessionsMax,
    );
    expect(await count("SELECT count(*) AS n FROM sessions WHERE id = 'seed-1'")).toBe(0);
    expect(await count("SELECT count(*) AS n FROM sessions WHERE id = 'seed-2'")).toBe(1);
  });
});

test("a long query of an export is kept until it has ended, and a short one with its row", async () => {
  const { client } = await somebody("query");
  const values = Array.from({ length: 3_000 }, (_, at) => `${"identifier".repeat(3)}${at}`);
  const filters: JsonObject = { identifier: { in: values } };
  const ordered = await client.post("/exports", {
    query: { payload_type: FAULT_TYPE, filters },
    format: "csv",
  });
  expect(ordered.status, ordered.text).toBe(202);
  const { id } = ordered.body as { readonly id: string };
  const [long, short] = [id, ((await orderExport(client)).body as { readonly id: string }).id];
  const bytesOf = (of: string) =>
    count("SELECT octet_length(task) AS n FROM exports WHERE id = ?", of);
  expect((await client.get(`/exports/${id}`)).body).toMatchObject({ state: "succeeded", rows: 0 });
  expect(await bytesOf(long)).toBeLessThan(LIMITS.exportTaskBytesMax);
  expect(await bytesOf(short)).toBeGreaterThan(200);
});
