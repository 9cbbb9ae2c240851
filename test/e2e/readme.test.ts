import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { readDevVars } from "../../scripts/support/dev-vars.ts";
import { freePort, type ServerProcess, startServer } from "../../scripts/support/server-process.ts";
import { isJsonObject, type Json } from "../../src/model/json.ts";
import { type Block, blocksIn, page, ROOT, section } from "../unit/docs/markdown.ts";

const README = page("README.md");
const URL_SHOWN = "http://127.0.0.1:8787";
const FOLDER_SHOWN = "/path/to/vxdata";
const MARK = "----- end of block -----";
const DEV_VARS = join(ROOT, ".dev.vars");

let server: ServerProcess;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "vxdata-e2e-readme-"));
  server = await startServer({ port: await freePort(), persistTo: folder });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Runs a script like a reader's shell in the project's folder; throws with its output. */
const runShell = async (script: string): Promise<string> => {
  const child = spawn("bash", ["-euo", "pipefail", "-c", script], { cwd: ROOT });
  const [output, errors, [code]] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    once(child, "close"),
  ]);
  if (code !== 0) throw new Error(`The shell ended with ${code}:\n${output}\n${errors}`);
  return output;
};

/** A command of the page, and the response that the page shows for it, if any. */
interface Step {
  readonly command: string;
  readonly shown: string | undefined;
}

const stepsOf = (blocks: readonly Block[]): readonly Step[] =>
  blocks.flatMap((block, position) => {
    const next = blocks[position + 1];
    const shown = next?.language === "json" ? next.text : undefined;
    return block.language === "sh" ? [{ command: block.text, shown }] : [];
  });

const runSteps = async (steps: readonly Step[]): Promise<readonly string[]> => {
  const commands = steps.map(({ command }) => `${command}\necho; echo '${MARK}'`).join("\n");
  const output = await runShell(commands.replaceAll(URL_SHOWN, server.url));
  return output.split(`${MARK}\n`).slice(0, -1);
};

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/;

/** The value with its instants replaced by a word: the page's are from another day. */
const timeless = (value: Json): Json => {
  if (typeof value === "string") return INSTANT.test(value) ? "an instant" : value;
  if (Array.isArray(value)) return (value as readonly Json[]).map(timeless);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, timeless(one)]));
};

const json = (text: string): Json => timeless(JSON.parse(text) as Json);

describe("README.md", () => {
  it.runIf(process.env["VXDATA_SERVER"] === undefined)(
    "shows the output of npm start",
    async () => {
      const start = blocksIn(section(README, "## Start")).find(
        ({ language }) => language === "text",
      );
      const shown = (start?.text ?? "")
        .replaceAll(URL_SHOWN, server.url)
        .replaceAll(FOLDER_SHOWN, ROOT)
        .replaceAll("admin@example.org", readDevVars(DEV_VARS)["ADMIN_EMAIL"] ?? "");
      // It serves a moment before it says so.
      await vi.waitFor(() => expect(server.output()).toContain(shown.trim()));
    },
  );

  it("has a tour whose commands run unchanged and print the shown results", async () => {
    const tour = blocksIn(section(README, "## A five-minute tour"));
    const imports = blocksIn(section(README, "## Bring data in")).slice(0, 1);
    const steps = stepsOf([...tour, ...imports]);
    const outputs = await runSteps(steps);
    expect(outputs).toHaveLength(steps.length);
    for (const [position, { command, shown }] of steps.entries()) {
      if (shown === undefined) continue;
      const answer = json(outputs[position] ?? "");
      expect(answer, command).toMatchObject(json(shown) as object);
    }
    expect(steps.filter(({ shown }) => shown !== undefined).length).toBeGreaterThan(10);
    expect(outputs.at(-1)).toMatch(/resources created +2\n/);
  });
});
