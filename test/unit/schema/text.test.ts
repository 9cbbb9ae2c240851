import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatInstant, parseInstant } from "../../../src/model/time.ts";
import { canonicalInstant } from "../../../src/schema/instant.ts";
import { compilePattern } from "../../../src/query/pattern.ts";
import { compareVersions, isVersion } from "../../../src/schema/semver.ts";
import { SEED } from "./support.ts";
import { runs } from "../../support/run/figures.ts";

describe("canonical instants", () => {
  test.each([
    ["2026-11-24T08:30:00Z", "2026-11-24T08:30:00.000000Z"],
    ["2026-11-24t08:30:00.5z", "2026-11-24T08:30:00.500000Z"],
    ["2026-11-24T08:30:00.123456-05:30", "2026-11-24T14:00:00.123456Z"],
    ["2026-03-01T00:30:00.000001+01:00", "2026-02-28T23:30:00.000001Z"],
    ["9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"],
    ["9999-12-31T23:59:59.999999+00:00", "9999-12-31T23:59:59.999999Z"],
    ["0001-01-01T00:00:00.000001Z", "0001-01-01T00:00:00.000001Z"],
  ])("%s becomes %s", (text, canonical) => {
    expect(canonicalInstant(text)).toBe(canonical);
  });

  test.each([
    "2026-11-24",
    "2026-11-24T08:30:00",
    "2026-02-30T00:00:00Z",
    "2026-11-24T08:30:00.1234567Z",
    "2026-11-24T24:00:00Z",
    "0000-01-01T00:00:00+01:00",
    "9999-12-31T23:59:59-01:00",
    "",
  ])("%j is invalid", (text) => {
    expect(canonicalInstant(text)).toBeUndefined();
  });

  test("agree with the arithmetic of instants wherever that is exact", () => {
    const micros = fc.integer({ min: -(2 ** 52), max: 2 ** 52 });
    const offset = fc.tuple(fc.constantFrom("+", "-"), fc.nat(23), fc.nat(59));
    fc.assert(
      fc.property(micros, offset, (instant, [sign, hours, minutes]) => {
        const local = formatInstant(instant).slice(0, -1);
        const zone = `${sign}${String(hours).padStart(2, "0")}:${String(minutes).padStart(2, "0")}`;
        const canonical = canonicalInstant(local + zone);
        expect(parseInstant(canonical ?? "")).toBe(parseInstant(local + zone));
        expect(canonicalInstant(canonical ?? "")).toBe(canonical);
      }),
      { seed: SEED, numRuns: runs(500) },
    );
  });
});

describe("semantic versions", () => {
  test.each(["1.0.0", "0.0.1", "10.20.30", "1.0.0-rc.1", "1.0.0-0.3.7", "1.0.0+build.5"])(
    "%s is valid",
    (text) => {
      expect(isVersion(text)).toBe(true);
    },
  );

  test.each(["1", "1.0", "v1.0.0", "01.0.0", "1.0.0-", "1.0.0-01", " 1.0.0", "1.0.0\n", ""])(
    "%j is invalid",
    (text) => {
      expect(isVersion(text)).toBe(false);
    },
  );

  test("are ordered as semver.org 2.0.0, section 11 says", () => {
    const ordered = [
      "0.9.9",
      "1.0.0-alpha",
      "1.0.0-alpha.1",
      "1.0.0-alpha.beta",
      "1.0.0-beta",
      "1.0.0-beta.2",
      "1.0.0-beta.11",
      "1.0.0-rc.1",
      "1.0.0",
      "1.0.10",
      "1.9.0",
      "1.10.0",
      "2.0.0",
    ];
    for (const [left, one] of ordered.entries()) {
      for (const [right, other] of ordered.entries()) {
        expect(Math.sign(compareVersions(one, other)), `${one} ${other}`).toBe(
          Math.sign(left - right),
        );
      }
    }
    expect(compareVersions("1.0.0+a", "1.0.0+b")).toBe(0);
  });
});

describe("patterns", () => {
  test("match anywhere, with flags", () => {
    expect(compilePattern("b+")?.test("abbc")).toBe(true);
    expect(compilePattern("^B", "i")?.test("bcd")).toBe(true);
    expect(compilePattern("a.b")?.test("a\nb")).toBe(false);
    expect(compilePattern("a.b", "s")?.test("a\nb")).toBe(true);
    expect(compilePattern("^b$", "m")?.test("a\nb")).toBe(true);
  });

  test("that need backtracking, unknown flags or too much memory are refused", () => {
    expect(compilePattern("(?=a)b")).toBeUndefined();
    expect(compilePattern("(a)\\1")).toBeUndefined();
    expect(compilePattern("(")).toBeUndefined();
    expect(compilePattern("a", "g")).toBeUndefined();
    expect(compilePattern("a".repeat(501))).toBeUndefined();
    expect(compilePattern("[ab]{1000}[ab]{1000}")).toBeUndefined();
  });

  test("take time linear in the string even with exponential backtracking", () => {
    const pattern = compilePattern("^(([a-z])+.)+[A-Z]([a-z])+$");
    expect(pattern?.test("a".repeat(20_000))).toBe(false);
  });
});
