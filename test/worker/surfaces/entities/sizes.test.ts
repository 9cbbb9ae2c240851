import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { appOver } from "../../../support/servers/app.ts";
import { budgetedDatabase } from "../../../support/databases/budget.ts";
import { adminToken } from "../../../support/fixtures/callers.ts";
import { clientOf, type Answer, type Client } from "../../../support/clients/http.ts";
import { aroundDatabase, type SentStatement } from "../../../support/databases/database.ts";
import { bodyOf, dataErrorsOf, metadata } from "../../../support/clients/entities.ts";
import { planErrors } from "../../../support/checks/query-plan.ts";

let sent: SentStatement[] = [];
const watched = aroundDatabase(env.DB, (batch, call) => {
  sent.push(...batch.statements);
  return call();
});
const budgeted = budgetedDatabase(watched);
let admin: Client;

const FIELDS: JsonObject = {
  subject: { type: "string", constraints: { maxLength: 8 } },
  code: { type: "string" },
  slices: { type: "integer" },
  site: { type: "integer" },
  tags: { type: "array", items: { type: "string" } },
};

const INDEXES = [
  { name: "by_subject", fields: [{ field: "subject", dir: "$asc" }] },
  { name: "by_site", fields: [{ field: "site" }, { field: "slices" }] },
  { name: "by_code", unique: true, fields: [{ field: "code" }] },
];

beforeAll(async () => {
  admin = clientOf(appOver(budgeted.database), await adminToken());
  const info = { indexes: INDEXES };
  await bodyOf(admin.put("/metadata/large/1.0.0", metadata("large", FIELDS, { info })));
});

const spentOn = async (run: () => Promise<Answer>) => {
  budgeted.start();
  sent = [];
  const body = await bodyOf(run());
  return { body, ...budgeted.spent() };
};

test("an insert of 5,000 documents with 50 bad ones stores 4,950 in one batch and reports each of the 50", async () => {
  const data = Array.from({ length: 5_000 }, (_, at) => ({
    _id: `big${at}`,
    subject: at % 100 === 7 ? "far too long" : `P-${at}`,
    slices: at,
  }));
  const { body, calls } = await spentOn(() =>
    admin.put("/data/insert/large", { data, projection: { field: "_id" }, range: [0, 1] }),
  );
  expect(calls).toEqual(["read", "write"]);
  expect(body).toMatchObject({ status: "PARTIAL", modifiedCount: 4_950 });
  expect(body["processed"]).toEqual([{ _id: "big0" }, { _id: "big1" }]);
  expect(dataErrorsOf(body)).toEqual(Array.from({ length: 50 }, () => ["crud:TooLong subject"]));
  expect(await bodyOf(admin.post("/data/find/large", { range: [0, 0] }))).toMatchObject({
    matchCount: 4_950,
  });
  const again = await bodyOf(admin.put("/data/insert/large", { data: data.slice(0, 10) }));
  expect(again).toMatchObject({ modifiedCount: 0, status: "ERROR" });
});

test("every write is one read and one batch, whose statements do not grow with its rows", async () => {
  const writes = (count: number, prefix: string) => {
    const data = Array.from({ length: count }, (_, at) => ({
      _id: `${prefix}${at}`,
      code: `${prefix}${at}`,
      slices: 1,
    }));
    const query = { field: "_id", op: "$in", values: data.map(({ _id }) => _id) };
    return [
      () => admin.put("/data/insert/large", { data }),
      () => admin.post("/data/save/large", { data: data.map((each) => ({ ...each, slices: 2 })) }),
      () => admin.post("/data/update/large", { query, update: { $add: { slices: 1 } } }),
      () => admin.post("/data/delete/large", { query }),
      () => admin.post("/data/save/large", { data, upsert: true }),
    ];
  };
  const spentFor = async (count: number, prefix: string): Promise<readonly number[]> => {
    const statements: number[] = [];
    for (const write of writes(count, prefix)) {
      const spent = await spentOn(write);
      expect(spent.body).toMatchObject({ status: "COMPLETE", modifiedCount: count });
      expect(spent.calls).toEqual(["read", "write"]);
      statements.push(spent.statements);
    }
    return statements;
  };
  expect(await spentFor(1_000, "many")).toEqual(await spentFor(2, "few"));
});

/** Inserts documents directly into the tables: calls would take too long. */
const fill = async (count: number): Promise<void> => {
  const numbers = `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${count - 1})`;
  const first = "(SELECT max(rid) FROM resources)";
  await env.DB.batch([
    env.DB
      .prepare(`INSERT INTO resources (rid, identifier, payload_type, schema_version, version, access_level,
        owner, created_at, updated_at, tx_from, is_deleted, visibility, payload)
      ${numbers} SELECT ${first} + 1 + i, 'fill' || i, 'large', '1.0.0', 1, 'internal', 'user:x', i, i, 1, 0, 1,
        json_object('subject', 'S-' || (i % 1000), 'slices', i, 'site', i % 500, 'code', 'c' || i) FROM n`),
    env.DB
      .prepare(`INSERT INTO x_large (rid, identifier, created_at, tx_from, visibility, f_subject, f_slices,
        f_site, f_code)
      SELECT rid, identifier, created_at, tx_from, visibility, payload ->> 'subject', payload ->> 'slices',
        payload ->> 'site', payload ->> 'code' FROM resources WHERE identifier LIKE 'fill%'`),
  ]);
};

test("a find among 100,000 documents by an indexed field, sorted, with a range, reads fewer than 500 rows", async () => {
  await fill(100_000);
  const finds: readonly (readonly [JsonObject, number])[] = [
    [
      {
        query: { field: "subject", op: "=", rvalue: "S-7" },
        sort: { slices: "$desc" },
        range: [10, 29],
      },
      100,
    ],
    [
      { query: { field: "site", op: "=", rvalue: 7 }, sort: { slices: "$asc" }, range: [0, 9] },
      200,
    ],
    [{ query: { field: "code", op: "$in", values: ["c1", "c99999"] }, sort: { code: "$asc" } }, 2],
    [{ query: { field: "_id", op: "=", rvalue: "fill5" } }, 1],
  ];
  for (const [find, matched] of finds) {
    const projection = { field: "slices" };
    const spent = await spentOn(() => admin.post("/data/find/large", { ...find, projection }));
    expect(spent.calls).toEqual(["read"]);
    expect(spent.body).toMatchObject({ matchCount: matched });
    expect(spent.rowsRead, JSON.stringify(find)).toBeLessThan(500);
    expect(await planErrors(env.DB, sent, "index")).toEqual([]);
  }
  const [body] = [
    await bodyOf(
      admin.post("/data/find/large", { ...finds[0]?.[0], projection: { field: "slices" } }),
    ),
  ];
  const expected = Array.from({ length: 20 }, (_, at) => ({ slices: 99_007 - (at + 10) * 1_000 }));
  expect(body["processed"] as Json).toEqual(expected);
});

test("writes by query on an indexed field scan no table", async () => {
  const query = { field: "subject", op: "=", rvalue: "S-9" };
  for (const [path, body] of [
    ["/data/update/large", { query, update: { $set: { slices: 5 } } }],
    ["/data/delete/large", { query }],
  ] as const) {
    const spent = await spentOn(() => admin.post(path, body));
    expect(spent.body).toMatchObject({ modifiedCount: 100 });
    expect(spent.calls).toEqual(["read", "write"]);
    expect(await planErrors(env.DB, sent, "index")).toEqual([]);
  }
  const tooMany = await admin.post("/data/update/large", {
    query: { $and: [] },
    update: { $set: { slices: 1 } },
  });
  expect(tooMany.status).toBe(413);
});
