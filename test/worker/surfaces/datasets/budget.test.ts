// The database cost of calls on datasets: calls, statements and rows.
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { appOver } from "../../../support/servers/app.ts";
import { budgetedDatabase } from "../../../support/databases/budget.ts";
import { adminToken } from "../../../support/fixtures/callers.ts";
import { clientOf, type Client } from "../../../support/clients/http.ts";
import {
  byId,
  define,
  pathOf,
  tableOf,
  type Parameters,
} from "../../../support/clients/datasets.ts";
import { idsOf } from "../../../support/fixtures/scan-datasets.ts";
import { figure } from "../../../support/run/figures.ts";

const RECORDS = figure("DATASET_RECORDS");
const CALL = 2_000;

const budgeted = budgetedDatabase(env.DB);
let client: Client;

const spentOn = async (method: string, parameters: Parameters, body?: Json, dataset = "big") => {
  budgeted.start();
  const answer = await client.send(method, pathOf(dataset, parameters), body);
  expect([200, 201], answer.text.slice(0, 500)).toContain(answer.status);
  return { ...budgeted.spent(), records: answer.body as unknown as readonly JsonObject[] };
};

beforeAll(async () => {
  client = clientOf(appOver(budgeted.database), await adminToken());
  await define(client, "marks", { fields: [{ name: "text", type: "string" }] });
  await define(client, "parts_of", {
    fields: [{ name: "text", type: "string" }],
    relations: [{ dataset: "marks", cardinality: "one-to-many" }],
  });
  await define(client, "big", {
    fields: [
      { name: "code", type: "integer" },
      { name: "label", type: "string" },
    ],
    relations: [{ dataset: "parts_of", cardinality: "one-to-many" }],
    indexes: ["code", "label"],
  });
  const big = tableOf(client, "big");
  for (let from = 0; from < RECORDS; from += CALL) {
    const count = Math.min(CALL, RECORDS - from);
    const records = Array.from({ length: count }, (_, at) => ({
      code: (from + at) % 1_000,
      label: `label ${from + at}`,
    }));
    budgeted.start();
    await big.post(records, { outputs: ["id"] });
  }
}, 1_200_000);

test(
  `a page of a condition on an indexed field of ${RECORDS} records reads few rows`,
  { timeout: 60_000 },
  async () => {
    const cond = [{ field: "code" }, "=", 7];
    const range = { limit: 20 };
    const asks: readonly Parameters[] = [
      { cond, range },
      { cond, range, order: { fields: ["code"], direction: "desc" } },
      { cond: [{ field: "code" }, ">=", 500], range, order: { fields: ["code"] } },
      { cond: [{ field: "label" }, "like", "label 1%"], range, order: { fields: ["label"] } },
      { range, order: { fields: ["label"], direction: "desc" } },
      { range },
      { range: { limit: 20, offset: 40 }, order: { fields: ["code"] } },
      { cond, range, outputs: ["label", "parts_of.text", "parts_of.marks.text"] },
    ];
    for (const parameters of asks) {
      const { calls, rowsRead } = await spentOn("GET", parameters);
      expect(calls, JSON.stringify(parameters)).toEqual(["read"]);
      expect(rowsRead, JSON.stringify(parameters)).toBeLessThan(500);
    }
  },
);

test("every read is one call, also with relations, aggregates and as_of", async () => {
  const made = await spentOn("POST", {}, [
    { code: -1, parts_of: [{ text: "a", marks: [{ text: "x" }, { text: "y" }] }] },
    { code: -1 },
  ]);
  expect(made.calls).toEqual(["read", "write"]);
  const cond: Json = [{ field: "code" }, "=", -1];
  const as_of = made.records[0]?.["created_at"] ?? "";
  const outputs = ["parts_of.text", "parts_of.marks.text"];
  const asks: readonly Parameters[] = [
    { cond },
    { cond, outputs },
    { cond, outputs, as_of },
    { cond: [{ field: "parts_of.marks.text" }, "=", "x", "and", ...(cond as Json[])] },
    { cond: [{ field: "parts_of.marks.text" }, "=", "x", "and", ...(cond as Json[])], as_of },
    { cond, outputs: ["code", { n: "count(*)" }] },
    { cond, outputs: [{ top: "max(label)" }], as_of },
  ];
  for (const parameters of asks) {
    const { calls, records } = await spentOn("GET", parameters);
    expect(calls, JSON.stringify(parameters)).toEqual(["read"]);
    expect(records.length).toBeGreaterThan(0);
  }
});

test("every write is one read and one batch", async () => {
  const made = await spentOn("POST", {}, [
    { code: -2, parts_of: [{ text: "a", marks: [{ text: "x" }] }] },
    { code: -2 },
  ]);
  const cond = byId(...idsOf(made.records));
  const loose = await spentOn("POST", {}, { text: "loose" }, "parts_of");
  const link = {
    cond: byId(made.records[1]?.["id"] ?? ""),
    action_resource: "parts_of",
    action_cond: byId(loose.records[0]?.["id"] ?? ""),
  };
  const calls = async (method: string, parameters: Parameters, body?: Json) =>
    (await spentOn(method, parameters, body)).calls;
  expect(await calls("PATCH", { cond }, { label: "new" })).toEqual(["read", "write"]);
  expect(await calls("PATCH", { cond }, { label: "new" })).toEqual(["read"]);
  expect(await calls("PUT", { cond }, { code: -2 })).toEqual(["read", "write"]);
  expect(await calls("PUT", { ...link, action: "attach" }, {})).toEqual(["read", "write"]);
  expect(await calls("PUT", { ...link, action: "attach" }, {})).toEqual(["read"]);
  expect(await calls("PUT", { ...link, action: "detach" }, {})).toEqual(["read", "write"]);
  expect(await calls("DELETE", { cond })).toEqual(["read", "write"]);
});

test(
  "inserting ten thousand records with children is one batch of few statements",
  { timeout: 120_000 },
  async () => {
    const count = Math.min(10_000, RECORDS);
    const records = Array.from({ length: count }, (_, at) => ({
      code: -3,
      parts_of: [{ text: `p ${at}`, marks: [{ text: `m ${at}` }] }],
    }));
    const {
      calls,
      statements,
      records: made,
    } = await spentOn("POST", { outputs: ["code"] }, records);
    expect(calls).toEqual(["read", "write"]);
    expect(statements).toBeLessThan(40);
    expect(made).toHaveLength(count);
    const figures = await spentOn("GET", {
      cond: [
        { field: "parts_of.marks.text" },
        "=",
        `m ${count - 1}`,
        "and",
        { field: "code" },
        "=",
        -3,
      ],
      outputs: [{ n: "count(*)" }],
    });
    expect(figures.records).toEqual([{ n: 1 }]);
  },
);

test("a read without a limit is streamed, up to the bound", { timeout: 120_000 }, async () => {
  const more = 2;
  await tableOf(client, "big").post(
    Array.from({ length: more }, () => ({ code: -4 })),
    { outputs: ["id"] },
  );
  budgeted.start();
  const whole = await client.get(
    pathOf("big", { outputs: ["code"], cond: [{ field: "code" }, ">=", 0] }),
  );
  const codes = (whole.body as JsonObject[]).map(({ code }) => code);
  const ordered = Array.from({ length: RECORDS }, (_, at) => at % 1_000);
  expect(codes).toEqual(ordered);
  const range = { limit: RECORDS, offset: 1 };
  const part = await client.get(
    pathOf("big", { outputs: ["code"], range, cond: [{ field: "code" }, ">=", 0] }),
  );
  expect((part.body as JsonObject[]).map(({ code }) => code)).toEqual(ordered.slice(1));
  const all = await client.get(pathOf("big", { outputs: ["code"] }));
  expect(all.status).toBe(RECORDS < 100_000 ? 200 : 400);
});

test("a call reads only those of many links that it concerns", async () => {
  const many = await spentOn(
    "POST",
    {},
    Array.from({ length: 2_000 }, (_, at) => ({
      code: -5,
      label: `many ${at}`,
      parts_of: [{ text: "q", marks: [{ text: "r" }] }],
    })),
  );
  const [one, two] = idsOf(many.records);
  const loose = await spentOn("POST", {}, { text: "loose" }, "parts_of");
  const link = {
    cond: byId(one ?? ""),
    action_resource: "parts_of",
    action_cond: byId(loose.records[0]?.["id"] ?? ""),
  };
  const rows = async (method: string, parameters: Parameters, body?: Json) =>
    (await spentOn(method, parameters, body)).rowsRead;
  const outputs = ["parts_of.marks.text"];
  const along: Json = [
    { field: "parts_of.marks.text" },
    "=",
    "r",
    "and",
    { field: "label" },
    "=",
    "many 7",
  ];
  expect(await rows("GET", { cond: byId(one ?? "", two ?? ""), outputs })).toBeLessThan(300);
  expect(await rows("GET", { cond: along })).toBeLessThan(300);
  expect(await rows("PUT", { ...link, action: "attach" }, {})).toBeLessThan(300);
  expect(await rows("PUT", { ...link, action: "detach" }, {})).toBeLessThan(300);
  expect(await rows("PATCH", { cond: byId(one ?? ""), outputs }, { label: "x" })).toBeLessThan(300);
  expect(await rows("DELETE", { cond: byId(one ?? "") })).toBeLessThan(600);
});
