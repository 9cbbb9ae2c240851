import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { appOver } from "../../../support/servers/app.ts";
import { budgetedDatabase } from "../../../support/databases/budget.ts";
import { adminToken } from "../../../support/fixtures/callers.ts";
import { clientOf, uniquePrefix, type Client } from "../../../support/clients/http.ts";
import {
  FAULT_TYPE,
  registerFaultType,
  WRITE_CASES,
} from "../../../support/fixtures/catalogue-writes.ts";

const budgeted = budgetedDatabase(env.DB);
let client: Client;

beforeAll(async () => {
  client = clientOf(appOver(budgeted.database), await adminToken());
  await registerFaultType(client);
  // The isolate caches the payload types; further calls do not load them.
  await client.post("/resources/read", { identifiers: [] });
});

const spentOn = async (
  method: string,
  path: string,
  body?: Json,
): Promise<ReturnType<typeof budgeted.spent>> => {
  budgeted.start();
  const answer = await client.send(method, path, body);
  expect(answer.status, answer.text).toBe(200);
  const spent = budgeted.spent();
  return { ...spent, calls: [...spent.calls] };
};

const notes = (prefix: string, count: number): readonly JsonObject[] =>
  Array.from({ length: count }, (_, at) => ({
    identifier: `${prefix}${at}`,
    payload_type: FAULT_TYPE,
    text: `text ${at}`,
    ...(at > 0 ? { parent_identifier: `${prefix}0` } : {}),
  }));

test("every read is one call of the database", async () => {
  const prefix = uniquePrefix("budget");
  const identifier = `${prefix}0`;
  await spentOn("POST", "/resources/create", { resources: notes(prefix, 30) });
  const history = await client.post("/resources/history", { identifier });
  const [version] = history.body as unknown as readonly {
    transaction: { id: number; instant: string };
  }[];
  const as_of = version?.transaction.instant ?? "";
  const reads: readonly (readonly [string, string, Json?])[] = [
    ["POST", "/resources/read", { identifiers: [identifier, `${prefix}7`] }],
    ["POST", "/resources/read", { identifiers: [identifier], as_of }],
    ["POST", "/resources/history", { identifier }],
    ["POST", "/resources/diff", { identifier, from: 1, to: 1 }],
    ["POST", "/query", { payload_type: FAULT_TYPE, filters: { text: "text 3" }, limit: 2 }],
    ["POST", "/query", { filters: { identifier: { starts_with: prefix } }, as_of }],
    ["POST", "/query", { parent_identifier: identifier, include_indirect_parents: true }],
    ["POST", "/query/count", { payload_type: FAULT_TYPE }],
    ["GET", "/changes?limit=5"],
    ["GET", `/transactions/${version?.transaction.id ?? 0}`],
    ["GET", "/schemas"],
    ["GET", `/schemas/${FAULT_TYPE}`],
  ];
  for (const [method, path, body] of reads) {
    const { calls } = await spentOn(method, path, body);
    expect(calls, `${method} ${path} ${JSON.stringify(body)}`).toEqual(["read"]);
  }
});

test.each(WRITE_CASES.filter(({ name }) => !name.startsWith("register")))(
  "$name is one read and one batch",
  async (one) => {
    const prefix = uniquePrefix("budget");
    await one.prepare(client, prefix);
    const { method, path, body } = one.request(prefix);
    const { calls } = await spentOn(method, path, body);
    const idle = one.name === "an update that changes nothing";
    expect(calls).toEqual(idle ? ["read"] : ["read", "write"]);
  },
);

test("the number of statements of a write does not depend on its number of rows", async () => {
  const statementsFor = async (count: number): Promise<readonly number[]> => {
    const prefix = uniquePrefix("budget");
    const resources = notes(prefix, count);
    const created = await spentOn("POST", "/resources/create", { resources });
    const edits = resources.map(({ identifier }) => [String(identifier), { text: "edited" }]);
    const updates = Object.fromEntries(edits) as JsonObject;
    const updated = await spentOn("POST", "/resources/update", { updates });
    const identifiers = [`${prefix}0`];
    const deleted = await spentOn("POST", "/resources/delete", { identifiers });
    return [created, updated, deleted].map((spent) => spent.statements);
  };
  expect(await statementsFor(2_000)).toEqual(await statementsFor(2));
});

test("moving, closing or deleting a subtree of 10,000 takes one atomic call each, with as many statements as a small one", async () => {
  const statementsFor = async (count: number): Promise<readonly number[]> => {
    const prefix = uniquePrefix("subtree");
    const [root, ...below] = notes(prefix, count) as [JsonObject, ...JsonObject[]];
    const deep = below.map((each, at) =>
      at < 2 ? each : { ...each, parent_identifier: `${prefix}${Math.floor(at / 2)}` },
    );
    const home = { identifier: `${prefix}home`, payload_type: FAULT_TYPE };
    await spentOn("POST", "/resources/create", { resources: [root, ...deep] });
    await spentOn("POST", "/resources/create", { resources: [home] });
    const change = (members: JsonObject) =>
      spentOn("POST", "/resources/update", { updates: { [`${prefix}0`]: members } });
    const moved = await change({ parent_identifier: `${prefix}home` });
    const under = { parent_identifier: `${prefix}home`, include_indirect_parents: true };
    expect((await client.post("/query/count", under)).body).toEqual({ count });
    const closed = await change({ access_level: "restricted" });
    const identifiers = [`${prefix}0`];
    const deleted = await spentOn("POST", "/resources/delete", { identifiers });
    expect((await client.post("/query/count", under)).body).toEqual({ count: 0 });
    const last = (await client.post("/resources/history", { identifier: `${prefix}${count - 1}` }))
      .body as unknown as readonly { transaction: { id: number } }[];
    const record = await client.get(`/transactions/${last.at(-1)?.transaction.id ?? 0}`);
    expect(record.body).toMatchObject({ operation: "delete", resources: count });
    for (const spent of [moved, closed, deleted]) expect(spent.calls).toEqual(["read", "write"]);
    return [moved, closed, deleted].map((spent) => spent.statements);
  };
  expect(await statementsFor(10_000)).toEqual(await statementsFor(3));
}, 60_000);

test("a page of a hundred reads few rows, whatever the size of the table", async () => {
  const prefix = uniquePrefix("budget");
  await spentOn("POST", "/resources/create", { resources: notes(prefix, 3_000) });
  // One of them has all others as children: that list is long.
  const page: JsonObject = { payload_type: FAULT_TYPE, limit: 100, select_columns: ["text"] };
  const first = await spentOn("POST", "/query", page);
  expect(first.rowsRead).toBeLessThan(400);
  const second = (await client.post("/query", page)).body as JsonObject;
  const next = await spentOn("POST", "/query", { ...page, cursor: second["next_cursor"] ?? null });
  expect(next.rowsRead).toBeLessThan(400);
});
