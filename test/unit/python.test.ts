import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { hasPython, PYTHON } from "../support/run/python.ts";

const FOLDER = join(import.meta.dirname, "../python");

const isTested = hasPython();

describe.skipIf(!isTested)("the Python client", () => {
  test("passes its tests without a server", () => {
    const { status, stderr } = spawnSync(
      PYTHON,
      ["-W", "error::ResourceWarning", "-m", "unittest"],
      {
        cwd: FOLDER,
        encoding: "utf8",
        env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
        timeout: 60_000,
      },
    );
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/^Ran \d{2} tests/m);
  }, 60_000);
});
