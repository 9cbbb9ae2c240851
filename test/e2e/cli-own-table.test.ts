import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { workbook } from "../support/fixtures/workbook.ts";
import { commandsIn } from "../support/run/command.ts";

const folder = mkdtempSync(join(tmpdir(), "vxdata-e2e-own-table-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { run, succeed } = commandsIn(folder);
const at = (name: string): string => join(folder, name);

describe("the question of an import at a terminal", () => {
  const table = at("cli-bones.csv");
  writeFileSync(table, "Probe;T-Wert\nb1;-1,2\nb2;n/a\n");
  const save = at("cli-bones.mapping.json");
  const words = ["import", table, "--save", save, "--rejects", at("cli-bones.rejected.csv")];
  const count = ["query", "cli_bones", "--count"];

  it("is not there without one: --yes is named, and nothing is done", async () => {
    const { code, err } = await run(words, { input: "y\n" });
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining("--yes takes it") });
    expect(existsSync(save)).toBe(false);
  });

  it.each(["n\n", "\n", "yesterday\n", ""])(
    "imports nothing after %j, and keeps the mapping",
    async (input) => {
      const { code, err } = await run(words, { isTTY: true, input });
      expect(code).toBe(0);
      expect(err).toContain("Import it so? [y/N]");
      expect(err).toContain("nothing is imported");
      expect(readFileSync(save, "utf8")).toContain('"decimal": ","');
      expect((await run(count)).code).toBe(6);
    },
  );

  it.each(["y\n", " YES \n"])("imports after %j, once", async (input) => {
    const { code, err, out } = await run(words, { isTTY: true, input });
    expect(code, out + err).toBe(0);
    expect(err).toContain("none where n/a");
    expect(err).toContain(
      "to see them: vxdata query cli_bones --columns identifier,probe,t_wert\n",
    );
    expect(await succeed(count)).toBe("2\n");
    expect(await succeed(["query", "cli_bones", "--csv", "--columns", "probe,t_wert"])).toMatch(
      /^probe,t_wert\nb1,-1.2\nb2,$/m,
    );
  });

  it("is not asked where another mapping is kept already: it is not lost", async () => {
    writeFileSync(save, "{}");
    const { code, err } = await run([...words, "--yes"]);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining("another mapping") });
    expect(readFileSync(save, "utf8")).toBe("{}");
  });
});

it("a workbook with days, and numbers among words, goes in as a whole with --yes", async () => {
  const file = at("cli-scans.xlsx");
  writeFileSync(
    file,
    workbook([
      ["Scan", "Patient ID", "Scanned on", "SUV max"],
      ["S1", "p1", { day: 46_143 }, 7.25],
      ["S2", "p1", { day: 46_144 }, "high"],
    ]),
  );
  await succeed(["import", file, "--yes", "--save", at("cli-scans.mapping.json")]);
  const columns = ["--columns", "scanned_on,suv_max", "--sort", "scanned_on", "--asc"];
  expect(await succeed(["query", "cli_scans", "--csv", ...columns])).toBe(
    "scanned_on,suv_max\n2026-05-01,7.25\n2026-05-02,high\n",
  );
});
