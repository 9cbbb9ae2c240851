// The selected members of records, and aggregates over them.
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { adminClient } from "../../../support/fixtures/callers.ts";
import type { Client } from "../../../support/clients/http.ts";
import { byId, define, tableOf, type Table } from "../../../support/clients/datasets.ts";
import { defineScans, freshTable } from "../../../support/fixtures/scan-datasets.ts";

let admin: Client;
let scans: Table;

beforeAll(async () => {
  admin = await adminClient();
  scans = await defineScans(admin);
});

describe("outputs", () => {
  test("contain the id always, timestamps on request, and dotted names of json as flat keys", async () => {
    const [made] = await scans.post({ title: "o", about: { author: { name: "Tom" } } });
    const id = made?.["id"] ?? "";
    const cond = byId(id);
    expect(await scans.get({ cond, outputs: ["title", "title"] })).toEqual([{ id, title: "o" }]);
    expect(await scans.get({ cond, outputs: ["created_at"] })).toEqual([
      { id, created_at: made?.["created_at"] },
    ]);
    expect(await scans.get({ cond, outputs: ["about.author.name"] })).toEqual([
      { id, "about.author.name": "Tom" },
    ]);
    expect(await scans.get({ cond, outputs: [] })).toEqual([made]);
  });

  test("aggregates of all records and of groups", async () => {
    const table = await freshTable(admin, "figures", [
      { name: "author", type: "string" },
      { name: "likes", type: "integer" },
      { name: "rate", type: "float" },
      { name: "good", type: "boolean" },
      { name: "at", type: "datetime" },
      { name: "doc", type: "json" },
    ]);
    await table.post([
      { author: "a", likes: 18, rate: 0.5, good: true, at: "2026-01-01T00:00:00Z", extra: 1 },
      { author: "a", likes: 24, good: false },
      { author: "b", likes: 33 },
      { author: "b", likes: 42, at: "2026-03-01T00:00:00.5Z" },
      { likes: null, doc: {} },
    ]);
    const ask = (outputs: Json, more: JsonObject = {}) => table.get({ outputs, ...more });
    expect(await ask([{ count: "count(id)" }])).toEqual([{ count: 5 }]);
    expect(await ask([{ count: "count(*)" }, { n: "count(likes)" }, { d: "count(doc)" }])).toEqual([
      { count: 5, n: 4, d: 1 },
    ]);
    expect(await ask([{ max: "max(likes)" }])).toEqual([{ max: 42 }]);
    expect(await ask([{ avg: "avg(likes)" }, { sum: "sum(likes)" }])).toEqual([
      { avg: 29.25, sum: 117 },
    ]);
    expect(await ask([{ low: "min(author)" }, { good: "max(good)" }, { at: "max(at)" }])).toEqual([
      { low: "a", good: true, at: "2026-03-01T00:00:00.5Z" },
    ]);
    expect(await ask(["author", { top: "max(likes)" }])).toEqual([
      { author: "a", top: 24 },
      { author: "b", top: 42 },
      { author: null, top: null },
    ]);
    expect(
      await ask(["author", { n: "count(*)" }], {
        order: { fields: ["author"], direction: "desc" },
        range: { limit: 1, offset: 1 },
      }),
    ).toEqual([{ author: "a", n: 2 }]);
    expect(
      await ask([{ n: "count(id)" }, { s: "sum(likes)" }], {
        cond: [{ field: "author" }, "=", "nobody"],
      }),
    ).toEqual([{ n: 0, s: null }]);
    const regex = { cond: [{ field: "author" }, "regex", "^[ab]$"] };
    expect(await ask(["author", { top: "max(likes)" }, { mean: "avg(likes)" }], regex)).toEqual([
      { author: "a", top: 24, mean: 21 },
      { author: "b", top: 42, mean: 37.5 },
    ]);
    for (const outputs of [
      [{ n: "max(extra)" }],
      [{ n: "sum(author)" }],
      [{ n: "median(likes)" }],
      [{ n: "max(doc)" }],
      ["extra", { n: "count(id)" }],
      [{ a: "max(likes)" }, { a: "min(likes)" }],
    ]) {
      expect(await table.refused("GET", { outputs }), JSON.stringify(outputs)).toContain("400");
    }
    expect(await table.refused("POST", { outputs: [{ n: "count(id)" }] }, {})).toContain("400");
  });
});

describe("circular relations", () => {
  const along = (count: number): string =>
    Array.from({ length: count }, (_, at) => (at % 2 === 0 ? "wives" : "husbands")).join(".");

  test("are followed ten levels deep, in outputs and conditions, and no further", async () => {
    const named = { fields: [{ name: "name", type: "string" }] };
    await define(admin, "wives", named);
    const relation = (dataset: string) => [{ dataset, cardinality: "one-to-one" }];
    await define(admin, "husbands", { ...named, relations: relation("wives") });
    await define(admin, "wives", { ...named, relations: relation("husbands") });
    const husbands = tableOf(admin, "husbands");
    const [made] = await husbands.post({ name: "h", wives: { name: "w" } });
    const id = made?.["id"] ?? "";
    const [wife] = await tableOf(admin, "wives").get();
    await tableOf(admin, "wives").put(
      {},
      {
        cond: byId(wife?.["id"] ?? ""),
        action: "attach",
        action_resource: "husbands",
        action_cond: byId(id),
      },
    );
    for (const [field, word, value] of [
      [`${along(10)}.name`, "=", "h"],
      [`${along(9)}.name`, "regex", "^w$"],
    ] as const) {
      expect(await husbands.get({ cond: [{ field }, word, value], outputs: ["name"] })).toEqual([
        { id, name: "h" },
      ]);
      const past = { as_of: made?.["created_at"] ?? "" };
      expect(await husbands.get({ cond: [{ field }, word, value], ...past })).toEqual([]);
    }
    const [deep] = await husbands.get({ outputs: [`${along(10)}.name`] });
    expect(JSON.stringify(deep).split('"id"')).toHaveLength(12);
    expect(await husbands.refused("GET", { outputs: [`${along(11)}.name`] })).toContain("400");
    expect(
      await husbands.refused("GET", { cond: [{ field: `${along(11)}.name` }, "=", 1] }),
    ).toContain("400");
    expect(await husbands.remove({ cond: byId(id), outputs: ["name"] })).toEqual([
      { id, name: "h" },
    ]);
  });
});
