import { expect, test } from "vitest";
import { cronError, lastDue, nextDue } from "../../../src/surfaces/harvest/operations/cron.ts";

const at = (text: string): number => Date.parse(text);

test("expressions are evaluated in their time zone, across changes of daylight saving time", () => {
  const berlin = nextDue("30 6 * * *", "Europe/Berlin", at("2026-03-28T00:00:00Z"), 2);
  expect(berlin).toEqual([at("2026-03-28T05:30:00Z"), at("2026-03-29T04:30:00Z")]);
  expect(nextDue("30 6 * * *", null, at("2026-03-28T00:00:00Z"), 1)).toEqual([
    at("2026-03-28T06:30:00Z"),
  ]);
});

test("the last due instant is the instant itself, or the one before", () => {
  expect(lastDue("*/15 * * * *", null, at("2026-03-01T10:15:00Z"))).toBe(
    at("2026-03-01T10:15:00Z"),
  );
  expect(lastDue("*/15 * * * *", null, at("2026-03-01T10:29:59Z"))).toBe(
    at("2026-03-01T10:15:00Z"),
  );
  expect(lastDue("0 0 31 2 *", null, at("2026-03-01T10:29:59Z"))).toBeUndefined();
});

test("an invalid expression and an invalid time zone are distinguished", () => {
  expect(cronError("*/5 * * * *", "Asia/Tokyo")).toBeUndefined();
  for (const bad of ["", "every day", "61 * * * *", "* * *"]) {
    expect(cronError(bad, null), bad).toBe("cron_expression");
  }
  expect(cronError("*/5 * * * *", "Mars/Olympus")).toBe("timezone");
});
