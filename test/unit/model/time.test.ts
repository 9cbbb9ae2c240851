import fc from "fast-check";
import { expect, test } from "vitest";
import { formatInstant, parseInstant } from "../../../src/model/time.ts";

/** Microseconds of the years 1684 to 2255: those that a number holds exactly. */
const instants = fc.maxSafeInteger();

test("an instant is written like the platform's milliseconds, with six decimals", () => {
  fc.assert(
    fc.property(instants, (instant) => {
      const millis = Math.floor(instant / 1_000);
      const rest = String(instant - millis * 1_000).padStart(3, "0");
      expect(formatInstant(instant)).toBe(`${new Date(millis).toISOString().slice(0, -1)}${rest}Z`);
    }),
    { numRuns: 5_000 },
  );
});

test("a written instant is parsed to the same instant", () => {
  fc.assert(
    fc.property(instants, (instant) => {
      expect(parseInstant(formatInstant(instant))).toBe(instant);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  [0, "1970-01-01T00:00:00.000000Z"],
  [-1, "1969-12-31T23:59:59.999999Z"],
  [86_399_999_999, "1970-01-01T23:59:59.999999Z"],
  [1_764_464_400_000_001, "2025-11-30T01:00:00.000001Z"],
])("%d is %s", (instant, text) => {
  expect(formatInstant(instant)).toBe(text);
});
