// Conditions for documents: arrays pair by pair, patterns in any scalar, missing values first.
import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { compareSortValues } from "../../../src/query/compare.ts";
import type { CompareOperator, Condition } from "../../../src/query/condition.ts";
import { matches } from "../../../src/query/matches.ts";
import { applyPatch } from "../../../src/query/patch.ts";
import { keyPath } from "../../../src/query/path.ts";
import { requiresValue } from "../../../src/store/read/keyset.ts";

const holds = (condition: Condition, payload: JsonObject): boolean =>
  matches(condition, { payload, column: () => null });

const OPERATORS: readonly CompareOperator[] = ["eq", "ne", "lt", "lte", "gt", "gte"];

describe("two arrays, pair by pair", () => {
  test.each<readonly [Json, Json, readonly CompareOperator[]]>([
    [
      [1, 2],
      [1, 2],
      ["eq", "lte", "gte"],
    ],
    [
      [1, 2],
      [2, 3],
      ["ne", "lt", "lte"],
    ],
    [
      [1, 3],
      [2, 3],
      ["ne", "lte"],
    ],
    [[1, 3], [2, 2], ["ne"]],
    [
      [2, 2],
      [1, 1],
      ["ne", "gt", "gte"],
    ],
    [[1], [1, 1], ["ne"]],
    [[], [], ["eq", "lte", "gte"]],
    [[null], [null], ["eq"]],
    [[null], [1], ["ne"]],
    [["a"], [1], ["ne"]],
    [null, [], ["ne"]],
    ["a", "a", ["ne"]],
  ])("%j and %j satisfy only %j", (left, right, expected) => {
    const satisfied = OPERATORS.filter((op) =>
      holds({ kind: "pairs", left: keyPath("l"), op, right: keyPath("r") }, { l: left, r: right }),
    );
    expect(satisfied).toEqual(expected);
  });
});

describe("a regular expression", () => {
  const at = (scalars: boolean): Condition => ({
    kind: "match",
    path: keyPath("v"),
    pattern: "^(1|true|a)",
    flags: "",
    scalars,
  });

  test.each<readonly [Json, boolean, boolean]>([
    ["abc", true, true],
    [12.5, false, true],
    [true, false, true],
    [2, false, false],
    [null, false, false],
    [["a"], false, false],
  ])("in %j: %s for strings, %s for scalars", (value, asText, asScalar) => {
    expect(holds(at(false), { v: value })).toBe(asText);
    expect(holds(at(true), { v: value })).toBe(asScalar);
  });
});

test("missing values come last, or first where the key says so, in both directions", () => {
  for (const direction of ["asc", "desc"] as const) {
    expect(compareSortValues(null, 1, direction)).toBeGreaterThan(0);
    expect(compareSortValues(null, 1, direction, "first")).toBeLessThan(0);
    expect(compareSortValues("a", null, direction, "first")).toBeGreaterThan(0);
    expect(compareSortValues(null, null, direction, "first")).toBe(0);
  }
});

test("a sum is truncated to an integer on request", () => {
  const add = (whole: boolean) =>
    applyPatch(
      [
        {
          kind: "add",
          path: keyPath("n").segments,
          value: { kind: "constant", value: -1.5 },
          whole,
        },
      ],
      { n: 1 },
    );
  expect(add(true)).toEqual({ ok: true, document: { n: 0 } });
  expect(add(false)).toEqual({ ok: true, document: { n: -0.5 } });
});

test("conditions know whether they hold for values alone", () => {
  const path = keyPath("n");
  const compare = (op: CompareOperator): Condition => ({ kind: "compare", path, op, value: 1 });
  expect(requiresValue(compare("lt"), path)).toBe(true);
  expect(requiresValue({ kind: "and", of: [{ kind: "true" }, compare("eq")] }, path)).toBe(true);
  expect(requiresValue(compare("ne"), path)).toBe(false);
  expect(requiresValue(compare("eq"), keyPath("m"))).toBe(false);
  expect(requiresValue({ kind: "or", of: [compare("eq"), compare("lt")] }, path)).toBe(false);
  expect(requiresValue({ kind: "not", of: compare("eq") }, path)).toBe(false);
  expect(requiresValue({ kind: "equals", path, value: null }, path)).toBe(false);
});
