import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { compareRows, compareSortValues, sortValue } from "../../../src/query/compare.ts";
import type { ConditionRow } from "../../../src/query/matches.ts";
import { columnPath, keyPath, type Path } from "../../../src/query/path.ts";

const row = (identifier: string, payload: JsonObject): ConditionRow => ({
  column: (name) => (name === "identifier" ? identifier : null),
  payload,
});

const value = keyPath("value");

const sorted = (direction: "asc" | "desc", values: readonly Json[]): readonly Json[] =>
  values
    .map((each, position) => row(`r${position}`, { value: each }))
    .toSorted(compareRows([{ path: value, direction }]))
    .map(({ payload }) => payload["value"] ?? null);

describe("sorted rows", () => {
  it("put null, lists and objects last in both directions", () => {
    expect(sorted("asc", [null, 2, [0], 1, { a: 0 }])).toEqual([1, 2, null, [0], { a: 0 }]);
    expect(sorted("desc", [null, 2, [0], 1, { a: 0 }])).toEqual([2, 1, null, [0], { a: 0 }]);
  });

  it("put numbers before strings, and false and true as 0 and 1", () => {
    expect(sorted("asc", ["10", 2, true, "", -1, false])).toEqual([-1, false, true, 2, "", "10"]);
    expect(sorted("desc", ["10", 2, true, "", -1, false])).toEqual(["10", "", 2, true, false, -1]);
  });

  it("order strings by code point, capitals first", () => {
    expect(sorted("asc", ["😀", "a", "\uffff", "B", "é"])).toEqual(["B", "a", "é", "\uffff", "😀"]);
  });

  it("break ties by identifier, ascending in both directions", () => {
    for (const direction of ["asc", "desc"] as const) {
      const rows = ["b", "😀", "\ue000", "a"].map((identifier) => row(identifier, { value: 1 }));
      const found = rows.toSorted(compareRows([{ path: value, direction }]));
      expect(found.map(({ column }) => column("identifier"))).toEqual(["a", "b", "\ue000", "😀"]);
    }
  });

  it("are ordered by the keys in their order", () => {
    const rows = [
      row("1", { kind: "a", value: 1 }),
      row("2", { kind: "b", value: 1 }),
      row("3", { kind: "a", value: 2 }),
      row("4", { value: 3 }),
    ];
    const keys = [
      { path: keyPath("kind"), direction: "desc" },
      { path: value, direction: "asc" },
    ] as const;
    expect(rows.toSorted(compareRows(keys)).map(({ column }) => column("identifier"))).toEqual([
      "2",
      "1",
      "3",
      "4",
    ]);
  });
});

describe("a sort value", () => {
  const several: Path = { segments: [...value.segments, { kind: "any" }] };

  it("is the first of several in the key's direction", () => {
    const payload = { value: [2, null, "a", 1, [0]] };
    expect(sortValue({ path: several, direction: "asc" }, row("r", payload))).toBe(1);
    expect(sortValue({ path: several, direction: "desc" }, row("r", payload))).toBe("a");
    expect(sortValue({ path: several, direction: "asc" }, row("r", { value: [] }))).toBeNull();
  });

  it("may be a metadata column", () => {
    const key = { path: columnPath("identifier"), direction: "asc" } as const;
    expect(sortValue(key, row("r7", {}))).toBe("r7");
  });

  it("compares without overflow", () => {
    expect(compareSortValues(1e308, -1e308, "asc")).toBeGreaterThan(0);
    expect(compareSortValues(1e308, -1e308, "desc")).toBeLessThan(0);
    expect(compareSortValues(null, null, "desc")).toBe(0);
  });
});
