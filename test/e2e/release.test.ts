import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

test("both packages can be packed, and publint and Are The Types Wrong report no errors", () => {
  const words = [join(ROOT, "scripts/release.ts"), "--check"];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/vxdata-\d+\.\d+\.\d+\.tgz\n[^\n]*vxdata-server-\d+\.\d+\.\d+\.tgz\n/);
}, 120_000);
