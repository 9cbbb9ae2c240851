import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { likeTest, parseLike } from "../../../src/query/like.ts";
import { codePointCount, compareText, foldCase } from "../../../src/query/text.ts";
import { texts } from "../../support/generators/sample-values.ts";

describe("compareText", () => {
  it("orders texts as their UTF-8 bytes are ordered", () => {
    const characters = fc.constantFrom(
      "a",
      "b",
      "é",
      "\ud7ff",
      "\ue000",
      "\uffff",
      "😀",
      "\u{10ffff}",
    );
    const any = fc.oneof(texts, fc.string({ unit: characters, maxLength: 4 }));
    fc.assert(
      fc.property(any, any, (left, right) => {
        const expected = Buffer.compare(Buffer.from(left), Buffer.from(right));
        expect(Math.sign(compareText(left, right))).toBe(expected);
      }),
    );
  });

  it("puts characters outside the BMP after all others", () => {
    expect(["\u{1f600}", "\uffff", "\ue000", "z", ""].toSorted(compareText)).toEqual([
      "",
      "z",
      "\ue000",
      "\uffff",
      "\u{1f600}",
    ]);
  });
});

describe("foldCase", () => {
  it("lower-cases A-Z and no other letter", () => {
    expect(foldCase("AZaz ÀÉ ß İ \u212a 😀")).toBe("azaz ÀÉ ß İ \u212a 😀");
  });
});

describe("codePointCount", () => {
  it("counts characters, not UTF-16 units", () => {
    expect(["", "a", "é", "e\u0301", "😀b"].map(codePointCount)).toEqual([0, 1, 1, 2, 2]);
  });
});

describe("parseLike", () => {
  it("joins adjacent literals and runs, and takes a character after a backslash literally", () => {
    expect(parseLike("a\\%b%%_\\\\\\")).toEqual([
      { kind: "text", text: "a%b" },
      { kind: "run" },
      { kind: "one" },
      { kind: "text", text: "\\\\" },
    ]);
  });
});

const LIKES: readonly (readonly [string, string, boolean])[] = [
  ["", "", true],
  ["", "a", false],
  ["%", "", true],
  ["%", "line\nbreak", true],
  ["_", "😀", true],
  ["_", "", false],
  ["__", "😀", false],
  ["a%", "abc", true],
  ["%c", "abc", true],
  ["%b%", "abc", true],
  ["a%a", "a", false],
  ["ab%ba", "aba", false],
  ["ab%ba", "abba", true],
  ["%ab%ab%", "abab", true],
  ["%ab%ab%", "aba", false],
  ["a_c", "abc", true],
  ["a_c", "a😀c", true],
  ["%_😀", "a😀", true],
  ["%_😀", "😀", false],
  ["A%", "abc", false],
  ["100\\%", "100%", true],
  ["100\\%", "1000", false],
  ["a\\_b", "a_b", true],
  ["a\\_b", "axb", false],
  ["a\\", "a\\", true],
  ["%_%_%_%", "ab", false],
  ["%_%_%_%", "abc", true],
];

describe("likeTest", () => {
  it.each(LIKES)("of %j on %j is %j", (pattern, text, expected) => {
    expect(likeTest(pattern, false)(text)).toBe(expected);
  });

  it("folds only the case of ASCII letters", () => {
    expect(likeTest("ABC%", true)("abcd")).toBe(true);
    expect(likeTest("É%", true)("é")).toBe(false);
  });

  it("takes linear time for patterns with exponential backtracking", () => {
    const text = "a".repeat(100_000);
    const started = performance.now();
    expect(likeTest(`${"%a".repeat(40)}%b`, false)(text)).toBe(false);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
