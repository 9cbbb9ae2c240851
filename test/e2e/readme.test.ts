import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { readDevVars } from "../../scripts/support/dev-vars.ts";
import { freePort, type ServerProcess, startServer } from "../../scripts/support/server-process.ts";
import { expectResponse, runSteps, stepsOf, URL_IN_PAGES } from "../support/docs/tour.ts";
import { blocksIn, page, ROOT, section } from "../unit/docs/markdown.ts";

const README = page("README.md");
const FOLDER_IN_README = "/path/to/vxdata";
const DEV_VARS = join(ROOT, ".dev.vars");

/** Pages of the guide whose commands go on from the tour, in the order of the guide. */
const GUIDE = ["time-travel", "files", "share", "pipelines"] as const;

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

describe("README.md and the guide", () => {
  it.runIf(process.env["VXDATA_SERVER"] === undefined)(
    "shows the output of npm start",
    async () => {
      const start = blocksIn(section(README, "## Start")).find(
        ({ language }) => language === "text",
      );
      const shown = (start?.text ?? "")
        .replaceAll(URL_IN_PAGES, server.url)
        .replaceAll(FOLDER_IN_README, ROOT)
        .replaceAll("admin@example.org", readDevVars(DEV_VARS)["ADMIN_EMAIL"] ?? "");
      // The server responds shortly before it prints that line.
      await vi.waitFor(() => expect(server.output()).toContain(shown.trim()));
    },
  );

  it("have commands that run unchanged, one page after the other, and print the shown results", async () => {
    const tour = blocksIn(section(README, "## A five-minute tour"));
    const imports = blocksIn(section(README, "## Bring data in")).slice(0, 1);
    const pages = GUIDE.map((name) => stepsOf(blocksIn(page(`docs/${name}.md`))));
    const steps = [...stepsOf([...tour, ...imports]), ...pages.flat()];
    const outputs = await runSteps(steps, server.url);
    expect(outputs).toHaveLength(steps.length);
    for (const [position, step] of steps.entries()) expectResponse(step, outputs[position] ?? "");
    for (const each of pages) {
      expect(each.filter(({ response }) => response !== undefined).length).toBeGreaterThan(3);
    }
    expect(outputs.join("")).toMatch(/resources created +2\n/);
  });
});
