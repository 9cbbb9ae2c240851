import { afterEach, expect, test, vi } from "vitest";
import { unconfigured } from "../../../src/http/unconfigured.ts";

afterEach(() => vi.restoreAllMocks());

const REASON = new Error("Configuration refused: SIGNING_KEYS is missing.");

test.each([
  ["in development it names what is missing and the command", true],
  ["in production it tells callers nothing of the settings", false],
] as const)("a Worker without settings responds 503: %s", async (_, isDevelopment) => {
  const log = vi.spyOn(console, "error").mockReturnValue();
  const response = unconfigured(REASON, isDevelopment);
  expect(response.status).toBe(503);
  const text = await response.text();
  expect(text.includes("SIGNING_KEYS")).toBe(isDevelopment);
  expect(text.includes("npm run setup")).toBe(isDevelopment);
  expect(String(log.mock.calls[0]?.[0])).toContain("SIGNING_KEYS");
});
