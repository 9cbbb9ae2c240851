import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nextRun, parseSchedule } from "../../../src/schema/source/schedule.ts";

const outcome = (schedule: unknown): number | string | null => {
  try {
    return parseSchedule(schedule);
  } catch (error) {
    return (error as Error).message;
  }
};

describe("a schedule", () => {
  test.each([
    [undefined, null],
    [null, null],
    ["every 60s", 60],
    [" every  2h ", 7_200],
    ["every 5w", 3_024_000],
    ["every 1d", 86_400],
    ["every 1 m", 60],
    ["every 90m", 5_400],
  ])("%o is a period of %o seconds", (text, seconds) => {
    expect(outcome(text)).toBe(seconds);
  });

  test.each([
    ["every 30s", /at least 60 seconds/],
    ["every 0d", /at least 60 seconds/],
    ["every 12", /unit/],
    ["every 6z", /unit/],
    ["every 6D", /unit/],
    ["every 4.2w", /whole number/],
    ["every xd", /whole number/],
    ["every -1d", /whole number/],
    ["every d", /whole number/],
    ["daily", /starts with 'every '/],
    ["every", /starts with 'every '/],
    ["every9h", /starts with 'every '/],
    ["", /starts with 'every '/],
    ["every 9999999999w", /hundred years/],
    [45, /text/],
    [["every 1d"], /text/],
  ])("%o is refused", (text, message) => {
    expect(outcome(text)).toMatch(message);
  });
});

describe("the next run", () => {
  test.each([
    [null, 5, null],
    [60, null, 1_060],
    [60, 999, 1_059],
    [60, 10, 1_030],
    [60, 1_001, 1_001],
    [60, 1_000, 1_000],
    [60, 940, 1_000],
    [7, 1_500, 1_500],
  ])("every %o s, planned for %o, at 1000 is %o", (period, planned, expected) => {
    expect(nextRun(period, planned, 1_000)).toBe(expected);
  });

  test("keeps its phase and is the first one in the future", () => {
    const seconds = fc.integer({ min: 0, max: 10_000_000 });
    fc.assert(
      fc.property(
        fc.integer({ min: 60, max: 100_000 }),
        seconds,
        seconds,
        (period, planned, now) => {
          const next = nextRun(period, planned, now) ?? -1;
          expect(next).toBeGreaterThanOrEqual(Math.min(planned, now));
          expect((next - planned) % period).toBe(0);
          expect(next >= now && (next === planned || next - period < now)).toBe(true);
        },
      ),
    );
  });
});
