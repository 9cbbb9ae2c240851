import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { editDistance, nearest, quoted, suggestion } from "../../../src/model/nearest.ts";

/** The distance by its definition, without a bound. */
const plainDistance = (left: string, right: string): number => {
  const at = (row: number, column: number): number => {
    if (row === 0) return column;
    if (column === 0) return row;
    const same = left[row - 1] === right[column - 1] ? 0 : 1;
    const ways = [at(row - 1, column) + 1, at(row, column - 1) + 1, at(row - 1, column - 1) + same];
    const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
    if (row > 1 && column > 1 && swapped) ways.push(at(row - 2, column - 2) + 1);
    return Math.min(...ways);
  };
  return at(left.length, right.length);
};

const NAMES = ["modality", "rows", "columns", "patient_sex", "license", "body_part_examined"];

describe("the nearest name", () => {
  test.each([
    ["modalty", "modality"],
    ["Modality", "modality"],
    ["row", "rows"],
    ["rosw", "rows"],
    ["patientSex", "patient_sex"],
    ["licence", "license"],
    ["body_part_examned", "body_part_examined"],
  ])("of %s is %s", (name, expected) => {
    expect(nearest(name, NAMES)).toBe(expected);
    expect(suggestion(name, NAMES)).toBe(` Did you mean ${expected}?`);
  });

  test.each(["", "x", "weight", "patient", "m".repeat(65)])("of %j is none", (name) => {
    expect(nearest(name, NAMES)).toBeUndefined();
    expect(suggestion(name, NAMES)).toBe("");
  });

  test("is never the name itself", () => {
    expect(nearest("rows", ["rows"])).toBeUndefined();
  });

  test("is of equally near ones the first", () => {
    expect(nearest("rowz", ["rowa", "rows"])).toBe("rowa");
  });
});

test("the distance is that of its definition, up to its bound", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 6 });
  fc.assert(
    fc.property(word, word, fc.integer({ min: 0, max: 4 }), (left, right, bound) => {
      expect(editDistance(left, right, bound)).toBe(
        Math.min(plainDistance(left, right), bound + 1),
      );
    }),
  );
});

test("a name in a message is bounded and well formed", () => {
  expect(quoted("rows")).toBe('"rows"');
  expect(quoted("x".repeat(100))).toBe(`"${"x".repeat(64)}…"`);
  expect(quoted("a\0\uD800")).toBe('"a\uFFFD\uFFFD"');
});
