import { expect, test } from "vitest";
import { cronError, lastDue, nextDue } from "../../../src/surfaces/harvest/operations/cron.ts";

const at = (text: string): number => Date.parse(text);

test("expressions are read in their time zone, across the change of the clocks", () => {
  const berlin = nextDue("30 6 * * *", "Europe/Berlin", at("2026-03-28T00:00:00Z"), 2);
  expect(berlin).toEqual([at("2026-03-28T05:30:00Z"), at("2026-03-29T04:30:00Z")]);
  expect(nextDue("30 6 * * *", null, at("2026-03-28T00:00:00Z"), 1)).toEqual([
    at("2026-03-28T06:30:00Z"),
  ]);
});

test("the last time that it was due is the instant itself, or the one before", () => {
  expect(lastDue("*/15 * * * *", null, at("2026-03-01T10:15:00Z"))).toBe(
    at("2026-03-01T10:15:00Z"),
  );
  expect(lastDue("*/15 * * * *", null, at("2026-03-01T10:29:59Z"))).toBe(
    at("2026-03-01T10:15:00Z"),
  );
  expect(lastDue("0 0 31 2 *", null, at("2026-03-01T10:29:59Z"))).toBeUndefined();
});

test("what is no expression, or no time zone, is told apart", () => {
  expect(cronError("*/5 * * * *", "Asia/Tokyo")).toBeUndefined();
  for (const bad of ["", "every day", "61 * * * *", "* * *"]) {
    expect(cronError(bad, null), bad).toBe("cron_expression");
  }
  expect(cronError("*/5 * * * *", "Mars/Olympus")).toBe("timezone");
});
