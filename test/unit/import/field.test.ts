import { describe, expect, it } from "vitest";
import { compileField, type RowIssue } from "../../../src/cli/import/field.ts";
import type { FieldRule } from "../../../src/cli/import/mapping.ts";
import type { Json } from "../../../src/model/json.ts";

const read = (rule: FieldRule, cells: Readonly<Record<string, Json>>) => {
  const refused: RowIssue[] = [];
  const remarked: RowIssue[] = [];
  const notes = {
    refuse: (issue: RowIssue) => void refused.push(issue),
    remark: (issue: RowIssue) => void remarked.push(issue),
  };
  const value = compileField(rule).read(new Map(Object.entries(cells)), {}, notes);
  return { value, refused, remarked };
};

const values: readonly (readonly [string, FieldRule, Json, Json | undefined])[] = [
  ["text is trimmed", { column: "c" }, "  PA ", "PA"],
  ["an empty cell gives nothing", { column: "c" }, "   ", undefined],
  ["null gives nothing", { column: "c" }, null, undefined],
  ["a whole number", { column: "c", type: "integer" }, "007", 7],
  ["a negative whole number", { column: "c", type: "integer" }, "-3", -3],
  ["a number", { column: "c", type: "number" }, "0.14300000000000002", 0.14300000000000002],
  ["a number with an exponent", { column: "c", type: "number" }, "1.5e3", 1500],
  ["a number with an open end", { column: "c", type: "number" }, "5.", 5],
  ["yes is true", { column: "c", type: "boolean" }, "Yes", true],
  ["0 is false", { column: "c", type: "boolean" }, "0", false],
  ["JSON text", { column: "c", type: "json" }, '{"a":[1]}', { a: [1] }],
  ["JSON that is no text stays", { column: "c", type: "json" }, [1, 2], [1, 2]],
  ["a typed value stays without a type", { column: "c" }, 12.5, 12.5],
  ["a typed value becomes text", { column: "c", type: "string" }, 12, "12"],
  ["an omitted text", { column: "c", omit: ["n/a"] }, "n/a", undefined],
  ["a mapped text", { column: "c", map: { female: "F" } }, "female", "F"],
  ["a mapped text of a split list", { column: "c", split: ";", map: { a: 1 } }, "a;a", [1, 1]],
  ["an unmapped text, kept", { column: "c", map: { a: "b" }, unmapped: "keep" }, "z", "z"],
  [
    "an unmapped text, left out",
    { column: "c", map: { a: "b" }, unmapped: "omit" },
    "z",
    undefined,
  ],
  ["a split list", { column: "c", split: "|" }, "Mass| Nodule", ["Mass", "Nodule"]],
  ["a split list without its `none`", { column: "c", split: "|", omit: ["none"] }, "none", []],
  ["a split list of an empty cell", { column: "c", split: "|" }, "", undefined],
  ["a split list of numbers", { column: "c", split: " ", type: "number" }, "1 2.5", [1, 2.5]],
  ["a list that is one already", { column: "c", split: "|", type: "integer" }, [1, "2"], [1, 2]],
  ["a template", { template: "x/${c}/y" }, "7", "x/7/y"],
  ["a template with a type", { template: "${c}0", type: "integer" }, "7", 70],
  ["a template with an empty column", { template: "x/${c}" }, "", undefined],
  ["a constant", { value: ["DX"] }, "", ["DX"]],
  ["several columns", { columns: ["c", "c"], type: "number" }, "2", [2, 2]],
  ["several columns, one empty", { columns: ["c", "other"] }, "2", undefined],
];

const refusals: readonly (readonly [string, FieldRule, Json, string])[] = [
  [
    "letters for a number",
    { column: "c", type: "number" },
    "abc",
    'a number was expected, not "abc"',
  ],
  ["NaN", { column: "c", type: "number" }, "NaN", "a number was expected"],
  ["a number too large", { column: "c", type: "number" }, "1e999", "a number was expected"],
  ["a hexadecimal number", { column: "c", type: "integer" }, "0x10", "a whole number was expected"],
  ["a fraction for a whole number", { column: "c", type: "integer" }, "1.5", "a whole number"],
  [
    "an integer that JSON cannot hold",
    { column: "c", type: "integer" },
    "9007199254740993",
    "whole",
  ],
  ["maybe for a boolean", { column: "c", type: "boolean" }, "maybe", "true or false was expected"],
  ["broken JSON", { column: "c", type: "json" }, "{", "JSON was expected"],
  ["an unmapped text", { column: "c", map: { a: "b", c: "d" } }, "z", "one of a, c was expected"],
  ["a number above", { column: "c", type: "integer", maximum: 120 }, "414", "from -∞ to 120"],
  ["a required value", { column: "c", required: true }, "", "a value is required"],
];

describe("a field of the mapping", () => {
  it.each(values)("returns: %s", (_name, rule, cell, expected) => {
    const { value, refused } = read(rule, { c: cell });
    expect(refused).toEqual([]);
    expect(value).toEqual(expected);
  });

  it.each(refusals)(
    "refuses %s, naming the column and what was expected",
    (_n, rule, cell, text) => {
      const { value, refused } = read(rule, { c: cell });
      expect(value).toBeUndefined();
      expect(refused).toHaveLength(1);
      expect(refused[0]).toMatchObject({ column: "c", detail: expect.stringContaining(text) });
    },
  );

  it("omits a number out of range with a remark when the mapping says so", () => {
    const rule: FieldRule = { column: "c", type: "integer", maximum: 120, out_of_range: "omit" };
    const { value, refused, remarked } = read(rule, { c: "414" });
    expect([value, refused]).toEqual([undefined, []]);
    expect(remarked[0]?.detail).toBe('a number from -∞ to 120 was expected, not "414"');
  });

  it("shortens a long cell in the message", () => {
    const { refused } = read({ column: "c", type: "number" }, { c: "x".repeat(500) });
    expect(refused[0]?.detail.length).toBeLessThan(120);
  });

  it("needs exactly one origin", () => {
    expect(() => compileField({})).toThrow("exactly one of");
    expect(() => compileField({ column: "a", value: 1 })).toThrow("exactly one of");
    expect(() => compileField({ template: "${a}", split: "|" })).toThrow("split goes with column");
  });
});
