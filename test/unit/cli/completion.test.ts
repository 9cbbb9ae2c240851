import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMMANDS } from "../../../src/cli/commands.ts";
import { main } from "../../../src/cli/main.ts";

const folder = mkdtempSync(join(tmpdir(), "vxdata-completion-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const complete = async (...words: readonly string[]) => {
  let [out, err] = ["", ""];
  const code = await main(COMMANDS, ["completion", ...words], {
    environment: { VXDATA_CONFIG_DIR: folder },
    stdin: Readable.from([]),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    signal: new AbortController().signal,
    version: "0.0.0",
  });
  return { code, out, err };
};

describe("the script for bash", () => {
  beforeAll(async () => {
    writeFileSync(join(folder, "vxdata.bash"), (await complete("bash")).out);
    for (const name of ["two words.csv", "two.csv", "*.csv"]) writeFileSync(join(folder, name), "");
  });

  /** What bash would offer for the last of the words, a line each. */
  const offered = (...words: readonly string[]): readonly string[] => {
    const script = [
      '. ./vxdata.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()',
      "_vxdata",
      "[ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\\n' \"${COMPREPLY[@]}\"",
    ].join("\n");
    const text = execFileSync("bash", ["-uc", script, "bash", "vxdata", ...words], {
      cwd: folder,
      encoding: "utf8",
    });
    return text.split("\n").filter((line) => line !== "");
  };

  it("offers commands, those of the server too, and the options of each", () => {
    expect(offered("im")).toEqual(["import"]);
    expect(offered("")).toEqual(expect.arrayContaining(["query", "users", "serve", "backup"]));
    expect(offered("import", "--with")).toEqual(["--with-files"]);
    expect(offered("users", "--")).toEqual(expect.arrayContaining(["--add", "--role", "--close"]));
    expect(offered("nonsense", "--")).toEqual([]);
  });

  it("offers files as they are called, with blanks and stars", () => {
    expect(offered("import", "two").toSorted()).toEqual(["two words.csv", "two.csv"]);
    expect(offered("import", "*")).toEqual(["*.csv"]);
    expect(offered("import", "nowhere")).toEqual([]);
  });
});

it("is refused for a shell that it does not know", async () => {
  for (const words of [[], ["tcsh"], ["bash", "zsh"]]) {
    const { code, err } = await complete(...words);
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringContaining("bash, zsh or fish is needed"),
    });
  }
});
