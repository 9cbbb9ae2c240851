// Conditions of datasets that compare with an object ignore the order of its members.
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { adminClient } from "../../../support/fixtures/callers.ts";
import type { Table } from "../../../support/clients/datasets.ts";
import { freshTable } from "../../../support/fixtures/scan-datasets.ts";

let table: Table;

const field = (name: string): JsonObject => ({ field: name });
const DOC = field("doc");

beforeAll(async () => {
  table = await freshTable(await adminClient(), "objects", [
    { name: "n", type: "integer" },
    { name: "doc", type: "json" },
  ]);
  await table.post([
    { n: 0 },
    { n: 1, doc: { maker: "Acme", coils: 8 } },
    { n: 2, doc: ["Acme", 8], free: { maker: "Acme" } },
    { n: 3, doc: { maker: "Acme" } },
    { n: 4, doc: { deep: { a: [1, { b: null }] }, field: 1 } },
    { n: 5, doc: {} },
  ]);
});

const cases: readonly (readonly [Json, readonly number[]])[] = [
  [[DOC, "=", { maker: "Acme", coils: 8 }], [1]],
  [[DOC, "=", { coils: 8, maker: "Acme" }], [1]],
  [
    [DOC, "!=", { coils: 8, maker: "Acme" }],
    [0, 2, 3, 4, 5],
  ],
  [[{ coils: 8, maker: "Acme" }, "=", DOC], [1]],
  [[DOC, "=", { maker: "Acme" }], [3]],
  [[DOC, "=", { field: 1, deep: { a: [1, { b: null }] } }], [4]],
  [[DOC, "=", { field: 1, deep: { a: [1, {}] } }], []],
  [[DOC, "=", {}], [5]],
  [[field("free"), "=", { maker: "Acme" }], [2]],
  [[field("doc.deep"), "=", { a: [1, { b: null }] }], [4]],
  [
    [field("nowhere"), "!=", {}],
    [0, 1, 2, 3, 4, 5],
  ],
];

describe("an object constant in a condition", () => {
  test.each(cases)("%j finds equal values", async (cond, expected) => {
    const found = await table.get({ cond, outputs: ["n"] });
    expect(found.map(({ n }) => n)).toEqual(expected);
  });

  const refused: readonly Json[] = [
    [{ maker: "Acme" }, "=", { maker: "Acme" }],
    [field("n"), "=", { maker: "Acme" }],
    [field("n"), "<", { maker: "Acme" }],
    [DOC, "<", { maker: "Acme" }],
    [DOC, "in", [{ maker: "Acme" }]],
    [DOC, "=", { maker: "a\u0000" }],
    [{ field: "n", of: "doc" }, "=", 1],
  ];

  test.each(refused)(
    "%j is refused: objects cannot be ordered, listed or compared with fields",
    async (cond) => {
      expect(await table.refused("GET", { cond })).toContain("400");
    },
  );
});
