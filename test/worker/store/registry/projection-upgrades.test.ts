// Projections of registered types that an earlier release created.
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { appOver } from "../../../support/servers/app.ts";
import { adminClient, callerOf, registerType } from "../../../support/fixtures/callers.ts";
import { succeed } from "../../../support/fixtures/restricted-tree.ts";

const TYPE = "older_sample";

/** Creates the projection as a release without visibility classes left it. */
const makeOlder = async (): Promise<void> => {
  const indexes = await env.DB.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
  )
    .bind(`x_${TYPE}`)
    .all<{ name: string }>();
  await env.DB.batch([
    ...indexes.results.map(({ name }) => env.DB.prepare(`DROP INDEX "${name}"`)),
    env.DB.prepare(`ALTER TABLE x_${TYPE} DROP COLUMN visibility`),
    env.DB.prepare(`CREATE INDEX "x_${TYPE}_created" ON x_${TYPE} (created_at DESC, identifier)`),
    env.DB.prepare("INSERT INTO projection_upgrades (payload_type) VALUES (?)").bind(TYPE),
  ]);
};

test("the first reader of the registry upgrades the projections, also with several at once", async () => {
  const admin = await adminClient();
  await registerType(admin, TYPE, { type: "object", properties: { size: { type: "integer" } } });
  const resources = [1, 2, 3].map((size) => ({
    identifier: `older/${size}`,
    payload_type: TYPE,
    size,
    ...(size === 3 ? { access_level: "restricted" } : {}),
  }));
  await succeed(admin.post("/resources/create", { resources }));
  const { client: user } = await callerOf("older@example.org", "user");
  await makeOlder();
  // Each app starts with an empty registry cache, like a new isolate.
  const body = { payload_type: TYPE, filters: { size: { gte: 1 } }, sort_by: "size" };
  const clients = await Promise.all([1, 2, 3].map(() => adminClient(appOver(env.DB))));
  const answers = await Promise.all(clients.map((client) => client.post("/query", body)));
  for (const answer of answers) {
    expect(answer.status, answer.text).toBe(200);
    const { results } = answer.body as unknown as { readonly results: readonly JsonObject[] };
    expect(results.map(({ identifier }) => identifier)).toHaveLength(3);
  }
  expect((await user.post("/query/count", { payload_type: TYPE })).body).toEqual({ count: 2 });
  const left = await env.DB.prepare("SELECT count(*) AS n FROM projection_upgrades").first("n");
  expect(left).toBe(0);
  await succeed(admin.post("/resources/update", { updates: { "older/3": { size: 30 } } }));
  expect((await user.post("/query/count", { payload_type: TYPE })).body).toEqual({ count: 2 });
});

const indexNames = async (type: string): Promise<readonly string[]> => {
  const found = await env.DB.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL ORDER BY name",
  )
    .bind(`x_${type}`)
    .all<{ name: string }>();
  return found.results.map(({ name }) => name);
};

test("indexes for one direction are taken away, also of a table without classes", async () => {
  const admin = await adminClient();
  for (const [type, isClassified] of [
    ["both_ways", true],
    ["both_ways_older", false],
  ] as const) {
    const properties = { size: { type: "integer" }, label: { type: "string" } };
    const schema = { type: "object", properties };
    const definition = { version: "1.0.0", json_schema: schema, indexes: ["size"] };
    await succeed(admin.put(`/schemas/${type}`, definition));
    const resources = [3, 1, 2, 2].map((size, at) => ({
      identifier: `${type}/${at}`,
      payload_type: type,
      size,
    }));
    await succeed(admin.post("/resources/create", { resources }));
    const made = await indexNames(type);
    const table = `x_${type}`;
    await env.DB.batch([
      env.DB.prepare(`CREATE INDEX "${table}_created_asc" ON ${table} (created_at, identifier)`),
      // An earlier version of the type had an index on the second field.
      ...["size", "label"].map((field) =>
        env.DB.prepare(
          `CREATE INDEX "${table}_${field}_desc" ON ${table} ("f_${field}" DESC, identifier)`,
        ),
      ),
      env.DB.prepare("INSERT INTO index_upgrades (payload_type) VALUES (?)").bind(type),
    ]);
    if (!isClassified) {
      await env.DB.batch([
        ...made.map((name) => env.DB.prepare(`DROP INDEX "${name}"`)),
        env.DB.prepare(`ALTER TABLE ${table} DROP COLUMN visibility`),
        env.DB.prepare("INSERT INTO projection_upgrades (payload_type) VALUES (?)").bind(type),
      ]);
    }
    const fresh = await Promise.all([1, 2].map(() => adminClient(appOver(env.DB))));
    const body = { payload_type: type, sort_by: "size", sort_order: "desc" };
    for (const answer of await Promise.all(fresh.map((client) => client.post("/query", body)))) {
      const { results } = answer.body as unknown as { readonly results: readonly JsonObject[] };
      const names = results.map(({ identifier }) => identifier);
      expect(names).toEqual([0, 2, 3, 1].map((at) => `${type}/${at}`));
    }
    expect(await indexNames(type)).toEqual(made);
  }
  expect(await env.DB.prepare("SELECT count(*) AS n FROM index_upgrades").first("n")).toBe(0);
});
