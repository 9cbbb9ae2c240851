import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const SEED = process.env["FC_SEED"];

test("a server that is killed twice during writes keeps every acknowledged write", () => {
  const seed = SEED === undefined || SEED === "" ? [] : ["--seed", SEED];
  const script = join(ROOT, "scripts/crash.ts");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [script, "--rounds", "2", "--restart", "40", ...seed],
    { cwd: ROOT, encoding: "utf8", timeout: 110_000 },
  );
  console.log(stdout);
  expect(status, `${stdout}${stderr}`).toBe(0);
  expect(stdout).toMatch(/^round 2: \d+ writes acknowledged/m);
});
