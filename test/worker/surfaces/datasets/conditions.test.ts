// Conditions of datasets: null with each comparator, the grammar, and both interpreters.
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { adminClient } from "../../../support/fixtures/callers.ts";
import type { Client } from "../../../support/clients/http.ts";
import { tableOf, type Table } from "../../../support/clients/datasets.ts";
import { defineScans, freshTable } from "../../../support/fixtures/scan-datasets.ts";

let admin: Client;
let table: Table;

/** Labels of the records that a condition finds. */
const find = async (cond: Json): Promise<readonly Json[]> =>
  (await table.get({ cond, outputs: ["label"] })).map(({ label }) => label ?? null);

const field = (name: string): JsonObject => ({ field: name });

beforeAll(async () => {
  admin = await adminClient();
  table = await freshTable(admin, "nulls", [
    { name: "label", type: "string" },
    { name: "n", type: "integer" },
    { name: "s", type: "string" },
    { name: "b", type: "boolean" },
    { name: "d", type: "date" },
    { name: "t", type: "datetime" },
    { name: "u", type: "uuid" },
    { name: "doc", type: "json" },
  ]);
  const at = (day: number) => `2026-01-0${day}`;
  await table.post([
    { label: "null" },
    ...[1, 2, 3, 4].map((n) => ({
      label: `r${n}`,
      n,
      s: `${n}th`,
      b: n % 2 === 0,
      d: at(n),
      t: `${at(n)}T08:00:00Z`,
      u: `5F0C7A1E-8F0E-4B7C-9A39-0C5B7A1F2D1${n}`,
      doc: { list: [n, "x"], half: n / 2 },
      free: n,
    })),
  ]);
});

const ROWS = ["null", "r1", "r2", "r3", "r4"];
const NOT = (...gone: readonly string[]) => ROWS.filter((each) => !gone.includes(each));

describe("of null, 1, 2, 3 and 4", () => {
  const cases: readonly (readonly [Json, readonly string[]])[] = [
    [[field("n"), "=", 2], ["r2"]],
    [[field("n"), "!=", 2], NOT("r2")],
    [[field("s"), "!=", "2th"], NOT("r2")],
    [[field("b"), "!=", true], NOT("r2", "r4")],
    [[field("d"), "!=", "2026-01-02"], NOT("r2")],
    [[field("n"), "=", null], ["null"]],
    [[field("n"), "!=", null], NOT("null")],
    [[field("n"), "null", true], ["null"]],
    [[field("n"), "null", false], NOT("null")],
    [
      [field("n"), "in", [2, 4]],
      ["r2", "r4"],
    ],
    [
      [field("n"), "not in", [2, 4]],
      ["r1", "r3"],
    ],
    [[field("n"), "not in", []], NOT("null")],
    [[field("n"), "in", []], []],
    [[field("n"), "in", [null, 1]], ["r1"]],
    [
      [field("n"), "<", 3],
      ["r1", "r2"],
    ],
    [
      [field("n"), "<=", 3],
      ["r1", "r2", "r3"],
    ],
    [[field("n"), ">", null], []],
    [
      [field("n"), ">=", 3],
      ["r3", "r4"],
    ],
    [
      [field("n"), "between", [2, 4]],
      ["r2", "r3", "r4"],
    ],
    [[field("n"), "between", [1.5, "2.5"]], ["r2"]],
    [
      [field("d"), "between", ["2026-01-02", "2026-01-04"]],
      ["r2", "r3", "r4"],
    ],
    [
      [field("n"), "in", ["1", "2"]],
      ["r1", "r2"],
    ],
    [[field("n"), "=", "3"], ["r3"]],
    [[field("n"), ">", "0"], NOT("null")],
    [[field("s"), "like", "%th"], NOT("null")],
    [[field("s"), "like", "%TH"], []],
    [[field("s"), "like", "_th"], NOT("null")],
    [[field("s"), "like", "th"], []],
    [
      [field("s"), "regex", "^[34]"],
      ["r3", "r4"],
    ],
    [
      [field("n"), "regex", "^[34]$"],
      ["r3", "r4"],
    ],
    [[field("n"), "like", "%"], []],
    [[field("b"), "like", "t%"], []],
    [
      [field("b"), "<", true],
      ["r1", "r3"],
    ],
    [[field("b"), "between", [false, true]], NOT("null")],
    [
      [field("b"), "=", "true"],
      ["r2", "r4"],
    ],
    [[field("t"), "=", "2026-01-02T09:00:00+01:00"], ["r2"]],
    [
      [field("t"), ">", "2026-01-03"],
      ["r3", "r4"],
    ],
    [[field("u"), "=", "5f0c7a1e-8f0e-4b7c-9a39-0c5b7a1f2d11"], ["r1"]],
    [[field("doc.list.0"), "=", 3], ["r3"]],
    [[field("doc.half"), "<", 1], ["r1"]],
    [[field("doc.list"), "=", [4, "x"]], ["r4"]],
    [[field("free"), "!=", 2], NOT("r2")],
    [
      [field("free"), "not in", [2]],
      ["r1", "r3", "r4"],
    ],
    [[field("nowhere"), "null", true], ROWS],
    [[3, "=", field("n")], ["r3"]],
    [[3, "<", field("n")], ["r4"]],
    [[field("n"), "=", field("free")], ROWS],
    [[field("n"), "<", field("free")], []],
    [[field("created_at"), "=", field("updated_at")], ROWS],
    [[field("created_at"), ">", "2020-01-01"], ROWS],
    [[field("created_at"), "like", "2%"], []],
    [[1, "=", 1, "and", field("n"), "=", 1], ["r1"]],
    [[1, ">", 2, "or", field("n"), "=", 1], ["r1"]],
  ];

  test.each(cases)("%j finds the right ones", async (cond, expected) => {
    expect(await find(cond)).toEqual(expected);
  });
});

describe("the grammar", () => {
  const [a, b, c] = [1, 2, 3].map((n) => [field("n"), "=", n]) as [Json[], Json[], Json[]];
  const cases: readonly (readonly [Json, readonly string[]])[] = [
    [
      [...a, "or", ...b],
      ["r1", "r2"],
    ],
    [[...a, "||", ...b, "&&", field("s"), "=", "9th"], ["r1"]],
    [
      [...a, "or", ...b, "and", field("b"), "=", true],
      ["r1", "r2"],
    ],
    [[[...a, "or", ...b], "and", field("b"), "=", true], ["r2"]],
    [[field("b"), "=", true, "and", [...a, "or", ...b]], ["r2"]],
    [[[...a, "or", ...b], "and", [...b, "or", ...c]], ["r2"]],
    [
      [a, "or", [b, "or", [c]]],
      ["r1", "r2", "r3"],
    ],
    [[[[[...a]]]], ["r1"]],
    [[field("n"), "IN", [1]], ["r1"]],
    [
      [...a, "AND", ...a, "OR", ...c],
      ["r1", "r3"],
    ],
  ];

  test.each(cases)("%j is parsed as intended", async (cond, expected) => {
    expect(await find(cond)).toEqual(expected);
  });

  const bad: readonly Json[] = [
    {},
    "x",
    [],
    [[]],
    [field("n")],
    [field("n"), "="],
    [field("n"), "=", 1, "and"],
    [field("n"), "=", 1, "xor", field("n"), "=", 2],
    [field("n"), "=", 1, field("n"), "=", 2],
    [field("n"), "is", 1],
    [field("n"), "between", [1]],
    [field("n"), "between", 1],
    [field("n"), "between", [1, 2, 3]],
    [field("n"), "in", 1],
    [field("n"), "null", "yes"],
    [field("n"), "=", "many"],
    [field("n"), "=", [1]],
    [field("n"), "=", { field: 1 }],
    [{ field: "n", of: "x" }, "=", 1],
    [field("d"), "<", "tomorrow"],
    [field("t"), "=", "noon"],
    [field("u"), "=", "no"],
    [field("id"), "=", "no"],
    [field("id"), "in", ["no"]],
    [field("s"), "regex", "("],
    [field("s"), "regex", 1],
    [field("s"), "=", "a\u0000"],
    [field("n.x"), "=", 1],
    [field(""), "=", 1],
    [field("a..b"), "=", 1],
    [field("__proto__"), "=", 1],
    [["x"], "in", field("s")],
  ];

  test.each(bad)("%j is refused", async (cond) => {
    expect(await table.refused("GET", { cond })).toContain("400");
  });

  test("invalid JSON is refused, and so is a group that is nested too deeply", async () => {
    expect(await table.refused("GET", { cond: "[" })).toContain("400");
    let deep: Json = [field("n"), "=", 1];
    for (let level = 0; level < 20; level += 1) deep = [deep];
    expect(await table.refused("GET", { cond: deep })).toContain("400");
    const wide = Array.from({ length: 1_001 }, () => [field("n"), "=", 1]).flatMap((each) => [
      ...each,
      "or",
    ]);
    expect(await table.refused("GET", { cond: wide.slice(0, -1) })).toContain("400");
  });

  test("a strict dataset and a built-in type have only the fields of their schema", async () => {
    const strict = await freshTable(admin, "strict_one", [{ name: "a", type: "string" }], {
      strict: true,
    });
    expect(await strict.refused("GET", { cond: [field("b"), "=", 1] })).toContain("400");
    expect(await strict.refused("GET", { outputs: ["b"] })).toContain("400");
    expect(await strict.refused("POST", {}, { b: 1 })).toContain('"b"');
    const images = tableOf(admin, "image");
    expect(await images.refused("POST", {}, { nothing: 1 })).toContain('"nothing"');
    const [made] = await images.post({ modality: "CT", rows: 512 });
    expect(made).toMatchObject({ modality: "CT", rows: 512, columns: null });
    expect(await images.get({ cond: [field("modality"), "=", "CT"], outputs: ["rows"] })).toEqual([
      { id: made?.["id"], rows: 512 },
    ]);
    expect(
      await images.refused("PATCH", { cond: [field("modality"), "=", "CT"] }, { rows: -1 }),
    ).toContain('"rows"');
  });
});

describe("along relations", () => {
  test("one related record has to satisfy a comparison; conditions may be nested", async () => {
    const scans = await defineScans(admin);
    await scans.post([
      {
        title: "one",
        comments: [
          { text: "a", likes: 1, authors: { email: "x@y.z" } },
          { text: "b", likes: 5 },
        ],
      },
      { title: "two", comments: [{ text: "c", likes: null, authors: { email: "q@y.z" } }] },
      { title: "none" },
    ]);
    const titles = async (cond: Json) =>
      (await scans.get({ cond, outputs: ["title"] })).map(({ title }) => title);
    expect(await titles([field("comments.likes"), ">", 2])).toEqual(["one"]);
    expect(await titles([field("comments.likes"), "=", null])).toEqual(["two"]);
    expect(await titles([field("comments.likes"), "!=", 1])).toEqual(["one", "two"]);
    expect(await titles([field("comments.text"), "regex", "[bc]"])).toEqual(["one", "two"]);
    expect(await titles([field("comments.authors.email"), "like", "q%"])).toEqual(["two"]);
    expect(await titles([field("comments.authors.email"), "regex", "^[xq]@"])).toEqual([
      "one",
      "two",
    ]);
    expect(
      await titles([field("comments.text"), "=", "a", "and", field("comments.likes"), "=", 5]),
    ).toEqual(["one"]);
    expect(await scans.refused("GET", { cond: [field("comments"), "=", 1] })).toContain("400");
    expect(await scans.refused("GET", { order: { fields: ["comments.text"] } })).toContain("400");
    const changed = await scans.patch(
      { total: 7 },
      { cond: [field("comments.text"), "regex", "^b$"], outputs: ["title", "comments.text"] },
    );
    expect(changed.map(({ title }) => title)).toEqual(["one"]);
    expect(changed[0]?.["comments"]).toHaveLength(2);
    expect(
      await scans.get({
        cond: [field("comments.text"), "regex", "^b$"],
        outputs: ["comments.text"],
      }),
    ).toHaveLength(1);
  });
});
