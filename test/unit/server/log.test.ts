import { expect, test } from "vitest";
import { batchedLines, workerLine } from "../../../src/server/log.ts";

const AT = Date.UTC(2026, 10, 30, 12);
const TIME = "2026-11-30T12:00:00.000Z";

test("a line of the request log gets its time, and is passed on unchanged otherwise", () => {
  const line = '{"level":"info","request_id":"r","status":200}';
  expect(workerLine("log", `${line}\n`, AT)).toBe(
    `{"time":"${TIME}","level":"info","request_id":"r","status":200}`,
  );
});

test.each([
  ["another object", '{"message":"x"}', { message: "x" }],
  ["text", "Listening", { level: "info", event: "runtime", message: "Listening" }],
  ["a warning", "slow", { level: "warn", event: "runtime", message: "slow" }, "warn"],
  [
    "an object that is cut off",
    '{"message":',
    { level: "error", event: "runtime", message: '{"message":' },
    "error",
  ],
  [
    "a line of the request log that is cut off",
    '{"level":"info","request_id":"r',
    { level: "info", event: "runtime", message: '{"level":"info","request_id":"r' },
  ],
])("%s of the runtime becomes one JSON object", (_, message, expected, level = "log") => {
  expect(JSON.parse(workerLine(level, message, AT))).toEqual({ time: TIME, ...expected });
});

test("lines that are written at once are one write, in their order, before anything else happens", async () => {
  const written: string[] = [];
  const write = batchedLines((text) => written.push(text));
  write("one");
  write("two");
  expect(written).toEqual([]);
  await Promise.resolve();
  expect(written).toEqual(["one\ntwo\n"]);
  write("three");
  await Promise.resolve();
  expect(written).toEqual(["one\ntwo\n", "three\n"]);
});
