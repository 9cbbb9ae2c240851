import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hasPython, PYTHON, pythons } from "../support/run/python.ts";

const FOLDER = join(import.meta.dirname, "../python");

const found = pythons();
const tested: typeof found = found.length > 0 || !hasPython() ? found : [["3", PYTHON] as const];

test.for(tested)(
  "the Python client passes its tests without a server (Python %s)",
  { timeout: 60_000 },
  ([, program]) => {
    const { status, stderr } = spawnSync(
      program,
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
  },
);
