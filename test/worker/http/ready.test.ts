import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { MIGRATIONS } from "../../../src/store/tables/readiness.ts";
import { appOver } from "../../support/servers/app.ts";
import { BASE, type Fetch } from "../../support/clients/http.ts";
import { workerFetch } from "../../support/fixtures/callers.ts";
import { aroundDatabase } from "../../support/databases/database.ts";

const ask = async (fetch: Fetch): Promise<readonly [number, unknown]> => {
  const answer = await fetch(new Request(`${BASE}/ready`));
  const body: { readonly status?: unknown; readonly code?: unknown } = await answer.json();
  return [answer.status, body.code ?? body.status];
};

test("GET /ready succeeds when every migration is applied", async () => {
  const { length } = env.TEST_MIGRATIONS;
  expect(MIGRATIONS).toEqual({ count: length, last: env.TEST_MIGRATIONS.at(-1)?.name });
  expect(await ask(workerFetch)).toEqual([200, "ready"]);
});

test("GET /ready fails without tables, or with those of an older version", async () => {
  const fetch = appOver(env.REPLICA);
  expect(await ask(fetch)).toEqual([503, "unavailable"]);
  await env.REPLICA.exec("CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY, name TEXT)");
  const names = env.TEST_MIGRATIONS.map(({ name }) => name);
  const add = env.REPLICA.prepare("INSERT INTO d1_migrations (name) VALUES (?)");
  // One missing migration, of any number, is enough to be unready.
  for (const name of names.toSpliced(3, 1)) await add.bind(name).run();
  expect(await ask(fetch)).toEqual([503, "unavailable"]);
  await add.bind(names[3]).run();
  expect(await ask(fetch)).toEqual([200, "ready"]);
});

test.each([
  "Network connection lost.",
  "internal error; reference = 9v94csgc23vj1icnnklb2rnh",
  "D1_ERROR: database or disk is full: SQLITE_FULL",
  "D1_ERROR: disk I/O error: SQLITE_IOERR",
  "D1_ERROR: attempt to write a readonly database: SQLITE_READONLY",
  "D1_ERROR: database disk image is malformed: SQLITE_CORRUPT",
])("GET /ready fails when the database returns %s", async (message) => {
  const lost = aroundDatabase(env.DB, () => Promise.reject(new Error(message)));
  expect(await ask(appOver(lost))).toEqual([503, "unavailable"]);
});
