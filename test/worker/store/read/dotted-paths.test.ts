// Dotted paths with integer names address members of objects and elements of lists.
import { beforeAll, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { adminClient } from "../../../support/fixtures/callers.ts";
import { succeed } from "../../../support/fixtures/restricted-tree.ts";
import type { Client } from "../../../support/clients/http.ts";

let admin: Client;

const METRICS: Readonly<Record<string, JsonObject>> = {
  "dotted/object": { classes: { 0: "background", 1: "lesion", unknown: "rest" } },
  "dotted/list": { classes: ["background", "tissue"] },
  "dotted/deep": { classes: { 1: ["x", { 2: "lesion" }] } },
  "dotted/scalar": { classes: "lesion" },
};

beforeAll(async () => {
  admin = await adminClient();
  const resources = Object.entries(METRICS).map(([identifier, metrics]) => ({
    identifier,
    payload_type: "model",
    name: identifier,
    metrics,
  }));
  await succeed(admin.post("/resources/create", { resources }));
});

const query = async (body: JsonObject): Promise<readonly string[]> => {
  const within = { identifier: { starts_with: "dotted/" } };
  const filters = { and: [within, (body["filters"] ?? {}) as JsonObject] };
  const answer = await admin.post("/query", { payload_type: "model", ...body, filters });
  expect(answer.status, answer.text).toBe(200);
  const { results } = answer.body as unknown as { readonly results: readonly JsonObject[] };
  return results.map(({ identifier }) => String(identifier).slice("dotted/".length));
};

const find = async (filters: JsonObject): Promise<readonly string[]> =>
  (await query({ filters })).toSorted();

const ALL = ["deep", "list", "object", "scalar"];

const cases: readonly (readonly [JsonObject, readonly string[]])[] = [
  [{ "metrics.classes.1": "lesion" }, ["object"]],
  [{ "metrics.classes.1": { in: ["lesion", "tissue"] } }, ["list", "object"]],
  [{ "metrics.classes.1": { ne: "lesion" } }, ["deep", "list", "scalar"]],
  [{ "metrics.classes.1": { exists: true } }, ["deep", "list", "object"]],
  [{ "metrics.classes.1": null }, ["scalar"]],
  [{ "metrics.classes.2": { exists: false } }, ALL],
  [{ "metrics.classes.1.0": "x" }, ["deep"]],
  [{ "metrics.classes.1.1.2": "lesion" }, ["deep"]],
  [{ "metrics.classes.0": { contains: "back" } }, ["list", "object"]],
  [{ "metrics.classes.0": { regex: "^back" } }, ["list", "object"]],
  [{ "metrics.classes.01": { exists: true } }, []],
];

test.each(cases)("%j finds members and elements", async (filters, expected) => {
  expect(await find(filters)).toEqual(expected);
  const counted = await admin.post("/query/count", {
    payload_type: "model",
    filters: { and: [{ identifier: { starts_with: "dotted/" } }, filters] },
  });
  expect(counted.body).toEqual({ count: expected.length });
});

test("a sort by such a path orders members and elements together", async () => {
  expect(await query({ sort_by: "metrics.classes.1", sort_order: "asc" })).toEqual([
    "object",
    "list",
    "deep",
    "scalar",
  ]);
});

test("conditions of datasets resolve such paths in the same way", async () => {
  const table = {
    fields: [
      { name: "n", type: "integer" },
      { name: "doc", type: "json" },
    ],
  };
  expect((await admin.put("/admin/datasets/dotted", table)).status).toBeLessThan(300);
  const records = [
    { n: 1, doc: { 0: "a" }, free: ["x", { 1: "y" }] },
    { n: 2, doc: ["a"], free: { 1: ["z", "y"] } },
    { n: 3, doc: ["b"] },
  ];
  expect((await admin.post("/ds/dotted", records)).status).toBeLessThan(300);
  const numbers = async (name: string, value: Json): Promise<readonly Json[]> => {
    const cond = encodeURIComponent(JSON.stringify([{ field: name }, "=", value]));
    const { body, text } = await admin.get(`/ds/dotted?outputs=["n"]&cond=${cond}`);
    expect(Array.isArray(body), text).toBe(true);
    return (body as readonly JsonObject[]).map(({ n }) => Number(n)).toSorted((a, b) => a - b);
  };
  expect(await numbers("doc.0", "a")).toEqual([1, 2]);
  expect(await numbers("free.1.1", "y")).toEqual([1, 2]);
});
