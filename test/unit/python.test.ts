import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const PYTHON = "python3";
const FOLDER = join(import.meta.dirname, "../python");

const hasPython = spawnSync(PYTHON, ["--version"]).status === 0;
if (!hasPython) console.warn(`There is no ${PYTHON} here: the Python client is not tested.`);

describe.skipIf(!hasPython)("the Python client", () => {
  test("keeps to its rules without a server", () => {
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
