import { describe, expect, test } from "vitest";
import type { Condition } from "../../../src/query/condition.ts";
import { columnPath, keyPath, type Path } from "../../../src/query/path.ts";
import { compare, faultsOf, LIST, metrics } from "./queries.ts";
import { pathsAndCodes } from "./support.ts";

describe("operators", () => {
  const path = keyPath("rows");

  test("of order do not apply to booleans and lists", () => {
    expect(faultsOf(compare(keyPath("burned_in_annotation"), true, "lt"))).toEqual([
      {
        path: "burned_in_annotation",
        code: "invalid_value",
        detail: "This field holds true or false; an order does not apply to it.",
      },
    ]);
    expect(faultsOf({ kind: "between", path: LIST, low: "a", high: "b" })).toHaveLength(1);
    expect(faultsOf({ kind: "between", path, low: 1, high: "b" })).toHaveLength(1);
  });

  test("of equality with one value do not apply to lists", () => {
    expect(faultsOf(compare(LIST, "Mass"))).toHaveLength(1);
    expect(faultsOf({ kind: "in", path: LIST, values: ["Mass"] })).toHaveLength(1);
    expect(faultsOf({ kind: "equals", path: LIST, value: "Mass" })).toHaveLength(1);
    expect(faultsOf({ kind: "equals", path: LIST, value: ["Mass"] })).toEqual([]);
    expect(faultsOf({ kind: "equals", path: LIST, value: null })).toEqual([]);
    expect(faultsOf({ kind: "equals", path, value: [1] })).toHaveLength(1);
    expect(faultsOf({ kind: "equals", path: metrics(), value: { a: 1 } }, ["artefact"])).toEqual(
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
      expect(faultsOf(form)).toEqual([]);
    }
    for (const at of [path, LIST, keyPath("burned_in_annotation"), columnPath("created_at")]) {
      for (const form of forms(at)) expect(faultsOf(form)).toHaveLength(1);
    }
    for (const form of forms(keyPath("study_date"))) expect(faultsOf(form, ["study"])).toEqual([]);
  });

  test("of regular expressions take RE2 syntax", () => {
    const match = (pattern: string, flags: string): Condition => ({
      kind: "match",
      path: keyPath("modality"),
      pattern,
      flags,
    });
    expect(faultsOf(match("(a+)+$", ""))).toEqual([]);
    expect(faultsOf(match("(?=a)", ""))).toHaveLength(1);
    expect(faultsOf(match("a", "g"))).toHaveLength(1);
    expect(faultsOf(match("a".repeat(501), ""))).toHaveLength(1);
  });

  test("of membership apply to lists and documents, with values of the elements' kind", () => {
    const contains = (at: Path, ...values: readonly (string | number)[]): Condition => ({
      kind: "contains",
      path: at,
      quantifier: "any",
      values,
    });
    expect(faultsOf(contains(LIST, "Mass", "Nodule"))).toEqual([]);
    expect(faultsOf(contains(LIST, "Mass", 1))).toHaveLength(1);
    expect(faultsOf(contains(LIST))).toEqual([]);
    expect(faultsOf(contains(keyPath("pixel_spacing_mm"), 0.143))).toEqual([]);
    expect(faultsOf(contains(metrics("tags"), 1, "a"), ["artefact"])).toEqual([]);
    expect(faultsOf(contains(keyPath("modality"), "CT"))).toHaveLength(1);
    expect(faultsOf(contains(columnPath("license"), "CC0-1.0"))).toHaveLength(1);
  });

  test("on each element judge the elements' kind", () => {
    const self: Path = { segments: [] };
    const element = (at: Path, condition: Condition): Condition => ({
      kind: "element",
      path: at,
      condition,
    });
    expect(faultsOf(element(LIST, compare(self, "Mass")))).toEqual([]);
    expect(faultsOf(element(LIST, compare(self, 1)))).toHaveLength(1);
    expect(pathsAndCodes(faultsOf(element(LIST, compare(keyPath("x"), 1))))).toEqual([
      "x unknown_field",
    ]);
    expect(faultsOf(element(metrics("runs"), compare(keyPath("x"), 1)), ["artefact"])).toEqual([]);
    expect(pathsAndCodes(faultsOf(element(path, compare(self, "x"))))).toEqual([
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
    expect(faultsOf(fields(path, keyPath("columns")))).toEqual([]);
    expect(faultsOf(fields(path, columnPath("version")))).toEqual([]);
    expect(faultsOf(fields(keyPath("modality"), columnPath("identifier")))).toEqual([]);
    expect(faultsOf(fields(path, keyPath("modality")))).toHaveLength(1);
    expect(pathsAndCodes(faultsOf(fields(path, keyPath("none"))))).toEqual(["none unknown_field"]);
  });

  test("of existence apply to every field", () => {
    for (const at of [path, LIST, columnPath("license")]) {
      expect(faultsOf({ kind: "exists", path: at })).toEqual([]);
    }
    expect(faultsOf({ kind: "exists", path: keyPath("none") })).toHaveLength(1);
  });
});
