import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { runScheduled } from "../../../../src/jobs/scheduled.ts";
import { openSession } from "../../../../src/store/sql/session.ts";
import { refreshRollups } from "../../../../src/store/closure/refresh.ts";
import { appOver } from "../../../support/servers/app.ts";
import { budgetedDatabase } from "../../../support/databases/budget.ts";
import { adminToken, assemble, workerFetch } from "../../../support/fixtures/callers.ts";
import { BASE, clientOf, login, uniquePrefix, type Client } from "../../../support/clients/http.ts";
import { aroundDatabase, type SentStatement } from "../../../support/databases/database.ts";
import { planErrors } from "../../../support/checks/query-plan.ts";
import { succeed } from "../../../support/fixtures/restricted-tree.ts";
import { forget, rollupState } from "../../../unit/closure/rollup.ts";

let cast: Awaited<ReturnType<typeof assemble>>;

const PACE = { callsMax: 1_000, millisMax: 60_000, sliceRids: 1_000 };

const readerToken = (): Promise<string> =>
  login(workerFetch, "reader@example.org", "correct horse battery");

beforeAll(async () => {
  cast = await assemble();
});

describe("counts and statistics", () => {
  let sent: SentStatement[] = [];
  const budgeted = budgetedDatabase(
    aroundDatabase(env.DB, async (call, run) => {
      sent.push(...call.statements);
      return run();
    }),
  );
  const prefix = uniquePrefix("many");
  let client: Client;

  const cost = async (path: string): Promise<ReturnType<typeof budgeted.spent>> => {
    budgeted.start();
    await succeed(client.get(path));
    return budgeted.spent();
  };

  const image = (index: number): JsonObject => ({
    identifier: `${prefix}image-${index}`,
    payload_type: "image",
    parent_identifier: `${prefix}patient-${index % 500}`,
    modality: ["CT", "MR", "DX"][index % 3] ?? "",
    patient_age_years: index % 97,
    size_bytes: index,
  });

  beforeAll(async () => {
    client = clientOf(appOver(budgeted.database), await adminToken());
    const name = (word: string): string => `${prefix}${word}`;
    const source = { identifier: name("source"), payload_type: "datasource", name: "many" };
    const patients = Array.from({ length: 500 }, (_, index) => ({
      identifier: name(`patient-${index}`),
      payload_type: "patient",
      parent_identifier: name("source"),
    }));
    const images = Array.from({ length: 5_000 }, (_, index) => image(index));
    await succeed(client.post("/resources/create", { resources: [source, ...patients] }));
    await succeed(client.post("/resources/create", { resources: images }));
  }, 60_000);

  beforeEach(() => forget(env.DB));

  const PATHS = ["/datasources/stats", "/datasources/detailed-stats"] as const;

  test("read few rows once they are computed, and a few more for later changes", async () => {
    const direct = await cost(PATHS[0]);
    expect(direct.rowsRead).toBeGreaterThan(5_000);
    await runScheduled({ ...env, DB: budgeted.database });
    for (const path of PATHS) {
      const { calls, rowsRead } = await cost(path);
      expect(calls).toEqual(["read"]);
      expect(rowsRead, path).toBeLessThan(500);
    }
    const updates = { [`${prefix}image-7`]: { modality: "US" } };
    await succeed(client.post("/resources/update", { updates }));
    for (const path of PATHS) expect((await cost(path)).rowsRead, path).toBeLessThan(700);
  });

  test("are computed in slices of one call each, which read none when nothing changed", async () => {
    budgeted.start();
    const session = openSession(budgeted.database, "first-primary");
    expect(await refreshRollups(session, PACE)).toMatchObject({ isComplete: true });
    const { calls, rowsRead } = budgeted.spent();
    expect(calls.length).toBeGreaterThan(6);
    expect(rowsRead / calls.length).toBeLessThan(40_000);
    budgeted.start();
    await refreshRollups(session, PACE);
    expect(budgeted.spent().calls).toEqual(["read"]);
    expect(budgeted.spent().rowsRead).toBeLessThan(20);
  });

  test("need no index that SQLite would have to build first", async () => {
    const asOf = await env.DB.prepare("SELECT strftime('%Y-%m-%dT%H:%M:%SZ', 'now') AS at").first(
      "at",
    );
    sent = [];
    const reader = clientOf(appOver(budgeted.database), await readerToken());
    for (const each of [client, reader]) {
      for (const path of [...PATHS, `${PATHS[0]}?as_of=${String(asOf)}`]) {
        await succeed(each.get(path));
      }
    }
    await refreshRollups(openSession(budgeted.database, "first-primary"), PACE);
    expect(sent.length).toBeGreaterThan(20);
    expect(await planErrors(env.DB, sent, "table")).toEqual([]);
  });

  test("come from a generation only when it is complete", async () => {
    const before = await succeed(client.get(PATHS[1]));
    const session = openSession(env.DB, "first-primary");
    for (let calls = 0; (await rollupState(env.DB))["generation"] === 0; calls += 1) {
      expect(calls).toBeLessThan(100);
      expect(await succeed(client.get(PATHS[1]))).toEqual(before);
      await refreshRollups(session, { callsMax: 2, millisMax: 60_000, sliceRids: 700 });
    }
    expect((await rollupState(env.DB))["building"]).toBeNull();
    expect(await succeed(client.get(PATHS[1]))).toEqual(before);
  });
});

describe("a refresh", () => {
  const PATH = "/admin/materialized-views/refresh";

  test("is for admins, and reports what it did", async () => {
    await forget(env.DB);
    for (const { client } of [cast.editor, cast.reader]) {
      expect((await client.send("POST", PATH)).status).toBe(403);
    }
    expect((await clientOf(appOver(env.DB)).send("POST", PATH)).status).toBe(401);
    const answer = (await succeed(cast.admin.client.send("POST", PATH))) as JsonObject;
    const last = await env.DB.prepare("SELECT max(id) AS id FROM transactions").first("id");
    const upTo = `up to date with transaction ${String(last)}\\.`;
    expect(answer["message"]).toMatch(new RegExp(`^Refreshed \\d+ resources in \\d+ ms: ${upTo}$`));
    const full = (await succeed(
      cast.admin.client.send("POST", PATH, { full: true }),
    )) as JsonObject;
    expect(full["message"]).toMatch(
      new RegExp(`^Recomputed \\d+ resources in \\d+ ms: ${upTo} 0 rows differed\\.$`),
    );
    for (const body of [{ full: "yes" }, { all: true }]) {
      expect((await cast.admin.client.send("POST", PATH, body)).status).toBe(400);
    }
  });

  test.each(["application/json", "text/plain"])(
    "accepts an empty body of type %s",
    async (type) => {
      const headers = { authorization: `Bearer ${await adminToken()}`, "content-type": type };
      const request = new Request(`${BASE}${PATH}`, { method: "POST", headers, body: "" });
      expect((await workerFetch(request)).status).toBe(200);
    },
  );

  test("removes older generations", async () => {
    const resources = [{ identifier: uniquePrefix("new"), payload_type: "dataset", name: "x" }];
    await succeed(cast.admin.client.post("/resources/create", { resources }));
    await succeed(cast.admin.client.send("POST", PATH, { full: true }));
    const { generation } = await rollupState(env.DB);
    for (const table of ["rollup_statistics", "rollup_counts"]) {
      const old = env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE generation <> ?`);
      expect(await old.bind(generation).first("n"), table).toBe(0);
    }
  });
});

test("replaces a generation of other rules without reading it", async () => {
  await refreshRollups(openSession(env.DB, "first-primary"), PACE);
  const before = await succeed(cast.admin.client.get("/datasources/stats"));
  await env.DB.batch([
    env.DB.prepare(
      "UPDATE rollup_state SET rules = 'other', building_rules = 'other', building = 99",
    ),
    env.DB.prepare("UPDATE rollup_statistics SET count = count + 1"),
  ]);
  expect(await succeed(cast.admin.client.get("/datasources/stats"))).toEqual(before);
  await refreshRollups(openSession(env.DB, "first-primary"), PACE);
  expect((await rollupState(env.DB))["rules"]).not.toBe("other");
  expect(await succeed(cast.admin.client.get("/datasources/stats"))).toEqual(before);
});
