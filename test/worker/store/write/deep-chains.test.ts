// A chain from a release without a depth limit does not slow down other calls.
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { appOver } from "../../../support/servers/app.ts";
import { budgetedDatabase } from "../../../support/databases/budget.ts";
import { adminClient, callerOf } from "../../../support/fixtures/callers.ts";
import type { Client } from "../../../support/clients/http.ts";
import { dataset, succeed } from "../../../support/fixtures/restricted-tree.ts";
import { visibilityErrors } from "../../../support/checks/visibility.ts";
import { forget } from "../../../unit/closure/rollup.ts";

const LENGTH = 5_000;
const FEED_ROWS = 500;

const budgeted = budgetedDatabase(env.DB);
const fetch = appOver(budgeted.database);

/** The chain as the migration leaves it. Its first resource is restricted, and so are the others. */
const CHAIN = [
  `INSERT INTO transactions (recorded_at, principal, surface, operation, request_id, resources,
      first_rid, created, changed)
    SELECT max(recorded_at) + 1, 'user:other', 'catalogue', 'create', 'chain', ${LENGTH},
      (SELECT max(rid) + 1 FROM resources), ${LENGTH}, '[]' FROM transactions`,
  `INSERT INTO resources (rid, identifier, payload_type, schema_version, version, parent_identifier,
      access_level, owner, created_at, updated_at, tx_from, is_deleted, payload, visibility)
    WITH RECURSIVE n(at) AS (SELECT 0 UNION ALL SELECT at + 1 FROM n WHERE at < ${LENGTH - 1})
    SELECT t.first_rid + n.at, 'chain/' || n.at, iif(n.at = 0, 'datasource', 'dataset'), '1.0.0', 1,
      iif(n.at = 0, NULL, 'chain/' || (n.at - 1)), iif(n.at = 0, 'restricted', 'internal'),
      'user:other', t.recorded_at, t.recorded_at, t.id, 0, json_object('name', 'chain'), 2
    FROM n CROSS JOIN transactions t WHERE t.request_id = 'chain'`,
  `INSERT INTO restricted
      (rid, parent, top, owner, payload_type, created_at, identifier, parent_owner)
    SELECT r.rid, p.rid, t.first_rid, r.owner, r.payload_type, r.created_at, r.identifier, p.owner
    FROM transactions t
    JOIN resources r ON r.tx_from = t.id LEFT JOIN resources p ON p.identifier = r.parent_identifier
    WHERE t.request_id = 'chain'`,
  ...["datasource", "dataset"].map(
    (type) => `INSERT INTO x_${type} (rid, identifier, created_at, tx_from, visibility, f_name)
      SELECT r.rid, r.identifier, r.created_at, r.tx_from, r.visibility, 'chain'
      FROM transactions t JOIN resources r ON r.tx_from = t.id
      WHERE t.request_id = 'chain' AND r.payload_type = '${type}'`,
  ),
];

type Ask = (client: Client) => ReturnType<Client["get"]>;

const READS: Readonly<Record<string, Ask>> = {
  "the newest": (client) => client.post("/query", { limit: 5 }),
  "the newest of a type": (client) => client.post("/query", { payload_type: "dataset", limit: 5 }),
  "a count": (client) => client.post("/query/count", { payload_type: "dataset" }),
  "a count of all": (client) => client.post("/query/count", {}),
  roots: (client) => client.get("/children?limit=5"),
  statistics: (client) => client.get("/datasources/stats"),
  changes: (client) => client.get("/changes?limit=5"),
};

let admin: Client;
let reader: Client;

beforeAll(async () => {
  admin = await adminClient(fetch);
  reader = (await callerOf("reader@example.org", "user", fetch)).client;
  const open: readonly JsonObject[] = [
    { identifier: "open", payload_type: "datasource", name: "open" },
    ...Array.from({ length: 10 }, (_, at) => dataset(`open/${at}`, { parent_identifier: "open" })),
  ];
  await succeed(admin.post("/resources/create", { resources: open }));
  await forget(env.DB);
});

const rowsOfEach = async (): Promise<Readonly<Record<string, number>>> => {
  const found: Record<string, number> = {};
  for (const [name, ask] of Object.entries(READS)) {
    await ask(reader);
    budgeted.start();
    await succeed(ask(reader));
    found[name] = budgeted.spent().rowsRead;
  }
  return found;
};

const refreshRows = async (): Promise<number> => {
  budgeted.start();
  await succeed(admin.send("POST", "/admin/materialized-views/refresh"));
  return budgeted.spent().rowsRead;
};

test("a restricted chain of thousands costs other readers nothing, and its closure is computed in linear time", async () => {
  const before = await rowsOfEach();
  await env.DB.batch(CHAIN.map((text) => env.DB.prepare(text)));
  expect(await visibilityErrors(env.DB)).toEqual([]);
  const after = await rowsOfEach();
  // Walking up from each resource would read 25 million rows.
  expect(await refreshRows()).toBeLessThan(LENGTH * 1_000);
  const refreshed = await rowsOfEach();
  for (const [name, rows] of Object.entries(before)) {
    // The feed skips hidden changes in batches of this size.
    const most = name === "changes" ? FEED_ROWS : rows * 1.5 + 10;
    expect(after[name], name).toBeLessThan(most);
    expect(refreshed[name], `${name}, refreshed`).toBeLessThan(most);
  }
});
