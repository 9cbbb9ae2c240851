import { describe, expect, test } from "vitest";
import type { Condition } from "../../../src/query/condition.ts";
import { columnPath, keyPath, type Path } from "../../../src/query/path.ts";
import { compare, errorsOf, LIST, metrics } from "./queries.ts";
import { pathsAndCodes } from "./support.ts";

describe("operators", () => {
  const path = keyPath("rows");

  test("of order do not apply to booleans and lists", () => {
    expect(errorsOf(compare(keyPath("burned_in_annotation"), true, "lt"))).toEqual([
      {
        path: "burned_in_annotation",
        code: "invalid_value",
        detail: "This field holds true or false; an order does not apply to it.",
      },
    ]);
    expect(errorsOf({ kind: "between", path: LIST, low: "a", high: "b" })).toHaveLength(1);
    expect(errorsOf({ kind: "between", path, low: 1, high: "b" })).toHaveLength(1);
  });

  test("of equality with one value do not apply to lists", () => {
    expect(errorsOf(compare(LIST, "Mass"))).toHaveLength(1);
    expect(errorsOf({ kind: "in", path: LIST, values: ["Mass"] })).toHaveLength(1);
    expect(errorsOf({ kind: "equals", path: LIST, value: "Mass" })).toHaveLength(1);
    expect(errorsOf({ kind: "equals", path: LIST, value: ["Mass"] })).toEqual([]);
    expect(errorsOf({ kind: "equals", path: LIST, value: null })).toEqual([]);
    expect(errorsOf({ kind: "equals", path, value: [1] })).toHaveLength(1);
    expect(errorsOf({ kind: "equals", path: metrics(), value: { a: 1 } }, ["artefact"])).toEqual(
      [],
    );
  });

  test("on text apply to texts and dates alone", () => {
    const forms = (at: Path): readonly Condition[] => [
      { kind: "like", path: at, pattern: "a%", fold: true },
      { kind: "text", path: at, where: "starts", value: "a", fold: false },
      { kind: "match", path: at, pattern: "^a", flags: "i" },
    ];
    for (const form of [...forms(keyPath("modality")), ...forms(columnPath("license"))]) {
      expect(errorsOf(form)).toEqual([]);
    }
    for (const at of [path, LIST, keyPath("burned_in_annotation"), columnPath("created_at")]) {
      for (const form of forms(at)) expect(errorsOf(form)).toHaveLength(1);
    }
    for (const form of forms(keyPath("study_date"))) expect(errorsOf(form, ["study"])).toEqual([]);
  });

  test("of regular expressions take RE2 syntax", () => {
    const match = (pattern: string, flags: string): Condition => ({
      kind: "match",
      path: keyPath("modality"),
      pattern,
      flags,
    });
    expect(errorsOf(match("(a+)+$", ""))).toEqual([]);
    expect(errorsOf(match("(?=a)", ""))).toHaveLength(1);
    expect(errorsOf(match("a", "g"))).toHaveLength(1);
    expect(errorsOf(match("a".repeat(501), ""))).toHaveLength(1);
  });

  test("of membership apply to lists and documents, with values of the elements' kind", () => {
    const contains = (at: Path, ...values: readonly (string | number)[]): Condition => ({
      kind: "contains",
      path: at,
      quantifier: "any",
      values,
    });
    expect(errorsOf(contains(LIST, "Mass", "Nodule"))).toEqual([]);
    expect(errorsOf(contains(LIST, "Mass", 1))).toHaveLength(1);
    expect(errorsOf(contains(LIST))).toEqual([]);
    expect(errorsOf(contains(keyPath("pixel_spacing_mm"), 0.143))).toEqual([]);
    expect(errorsOf(contains(metrics("tags"), 1, "a"), ["artefact"])).toEqual([]);
    expect(errorsOf(contains(keyPath("modality"), "CT"))).toHaveLength(1);
    expect(errorsOf(contains(columnPath("license"), "CC0-1.0"))).toHaveLength(1);
  });

  test("on each element judge the elements' kind", () => {
    const self: Path = { segments: [] };
    const element = (at: Path, condition: Condition): Condition => ({
      kind: "element",
      path: at,
      condition,
    });
    expect(errorsOf(element(LIST, compare(self, "Mass")))).toEqual([]);
    expect(errorsOf(element(LIST, compare(self, 1)))).toHaveLength(1);
    expect(pathsAndCodes(errorsOf(element(LIST, compare(keyPath("x"), 1))))).toEqual([
      "x unknown_field",
    ]);
    expect(errorsOf(element(metrics("runs"), compare(keyPath("x"), 1)), ["artefact"])).toEqual([]);
    expect(pathsAndCodes(errorsOf(element(path, compare(self, "x"))))).toEqual([
      "rows invalid_value",
    ]);
  });

  test("between two fields need fields of one kind", () => {
    const fields = (left: Path, right: Path): Condition => ({
      kind: "fields",
      left,
      op: "lt",
      right,
    });
    expect(errorsOf(fields(path, keyPath("columns")))).toEqual([]);
    expect(errorsOf(fields(path, columnPath("version")))).toEqual([]);
    expect(errorsOf(fields(keyPath("modality"), columnPath("identifier")))).toEqual([]);
    expect(errorsOf(fields(path, keyPath("modality")))).toHaveLength(1);
    expect(pathsAndCodes(errorsOf(fields(path, keyPath("none"))))).toEqual(["none unknown_field"]);
  });

  test("of existence apply to every field", () => {
    for (const at of [path, LIST, columnPath("license")]) {
      expect(errorsOf({ kind: "exists", path: at })).toEqual([]);
    }
    expect(errorsOf({ kind: "exists", path: keyPath("none") })).toHaveLength(1);
  });
});
