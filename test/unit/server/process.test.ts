import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { outputEnded, watchProcesses } from "../../../src/server/process.ts";

const folder = mkdtempSync(join(tmpdir(), "vxdata-process-"));
/** A program by the name of the runtime's. */
const RUNTIME = join(folder, "workerd");
symlinkSync(process.execPath, RUNTIME);

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const LINES = 200;
const WRITE = `let at = 0;
  const next = () => {
    process.stdout.write(at + "\\n");
    at += 1;
    if (at < ${LINES}) setTimeout(next, 1);
  };
  next();`;

test("what the runtime writes is read many lines at a time, and completely before its end is told", async () => {
  let exits = 0;
  const watch = watchProcesses(() => {
    exits += 1;
  });
  const child = spawn(RUNTIME, ["-e", WRITE], { stdio: ["ignore", "pipe", "inherit"] });
  const chunks: string[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(String(chunk)));
  await new Promise<void>((resolve) => {
    queueMicrotask(resolve);
  });
  expect(watch.newest()).toBe(child);
  await outputEnded(watch.newest());
  watch.end();
  expect(exits).toBe(1);
  expect(chunks.join("")).toBe(Array.from({ length: LINES }, (_, at) => `${at}\n`).join(""));
  expect(chunks.length).toBeLessThan(LINES / 2);
});

test("without a process there is no output to wait for", async () => {
  await expect(outputEnded(undefined)).resolves.toBeUndefined();
});
