import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isInstalled } from "../support/fixtures/required.ts";
import { hasPython, hasPythonPackages, PYTHON, PYTHON_PACKAGES } from "../support/run/python.ts";
import { ADMIN, openTestServer, type TestServer } from "../support/servers/server.ts";

const FOLDER = join(import.meta.dirname, "../python/live");
const PYTHON_MILLIS_MAX = 600_000;

const isTested = hasPython();
const hasTables = isTested && isInstalled(hasPythonPackages(), PYTHON_PACKAGES);

let server: TestServer;
beforeAll(async () => {
  if (isTested) server = await openTestServer();
});
afterAll(async () => {
  if (isTested) await server.close();
});

interface Run {
  /** Waits for a line of its output; false when it ended before. */
  readonly line: (text: string) => Promise<boolean>;
  /** Waits for its end. */
  readonly end: () => Promise<{ readonly code: number | null; readonly output: string }>;
}

/** Runs Python against the server; warnings are errors, so that nothing is left open. */
const python = (...words: readonly string[]): Run => {
  const environment = {
    ...process.env,
    PYTHONDONTWRITEBYTECODE: "1",
    VXDATA_URL: server.url,
    VXDATA_EMAIL: ADMIN.email,
    VXDATA_PASSWORD: ADMIN.password,
  };
  const child = spawn(PYTHON, ["-W", "error::ResourceWarning", ...words], {
    cwd: FOLDER,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: PYTHON_MILLIS_MAX,
  });
  const lines: string[] = [];
  const closed = once(child, "close");
  const output = createInterface({ input: child.stdout });
  output.on("line", (line) => lines.push(line));
  createInterface({ input: child.stderr }).on("line", (line) => lines.push(line));
  return {
    line: async (text) =>
      new Promise((resolve) => {
        output.on("line", (line) => {
          if (line === text) resolve(true);
        });
        void closed.then(() => resolve(false));
      }),
    end: async () => {
      await closed;
      return { code: child.exitCode, output: lines.join("\n") };
    },
  };
};

describe.skipIf(!isTested)("the Python client, against a real server", () => {
  // First: its counts are those of a new server.
  test("runs the walk-through of docs/python.md, cell by cell", async () => {
    const page = join(import.meta.dirname, "../../docs/python.md");
    const { code, output } = await python("notebook.py", page).end();
    console.log(output);
    expect(code, output).toBe(0);
    expect(output).toMatch(/^\d{2} cells as shown/m);
  });

  test.runIf(hasTables)("runs examples/notebook.ipynb", async () => {
    const notebook = join(import.meta.dirname, "../../examples/notebook.ipynb");
    const { code, output } = await python("jupyter.py", notebook).end();
    expect(code, output).toBe(0);
    expect(output).toMatch(/\(3, 4\)[\s\S]*\('succeeded', 12\)[\s\S]*^8 cells, 4 tables/m);
  });

  test("has a method for every call of the catalogue, and all of them work", async () => {
    const { code, output } = await python("-m", "unittest", "-v").end();
    console.log(output);
    expect(code, output).toBe(0);
    expect(output).toMatch(/^Ran \d{2} tests/m);
  });

  test("does each of 1,000 writes once, although the server is killed meanwhile", async () => {
    const run = python("writes.py");
    if (!(await run.line("300"))) throw new Error((await run.end()).output);
    await server.kill();
    await server.restart();
    const { code, output } = await run.end();
    expect(code, output).toBe(0);
    const summary = JSON.parse(output.split("\n").at(-1) ?? "") as Record<string, number>;
    console.log(summary);
    expect(summary["writes"]).toBe(1_000);
    expect(summary["repeats"]).toBeGreaterThan(0);
  });
});
