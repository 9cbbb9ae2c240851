import { Readable } from "node:stream";
import { describe, expect, it, test } from "vitest";
import { EXIT, type Command } from "../../../src/cli/command.ts";
import { COMMANDS } from "../../../src/cli/commands.ts";
import { commandHelp, programHelp, wrap } from "../../../src/cli/help.ts";
import { main } from "../../../src/cli/main.ts";
import { optionsOf } from "../../../src/cli/shared-options.ts";

const around = () => {
  const out: string[] = [];
  const err: string[] = [];
  return {
    out,
    err,
    surroundings: {
      environment: { VXDATA_CONFIG_DIR: "/nowhere" },
      stdin: Readable.from([]),
      stdout: { write: (text: string) => out.push(text) },
      stderr: { write: (text: string) => err.push(text) },
      signal: new AbortController().signal,
      version: "9.9.9",
    },
  };
};

const call = async (words: readonly string[], commands: readonly Command[] = COMMANDS) => {
  const { err, out, surroundings } = around();
  const code = await main(commands, words, surroundings);
  return { code, out: out.join(""), err: err.join("") };
};

describe.each(COMMANDS.map((command) => ({ name: command.name, command })))(
  "$name",
  ({ command }) => {
    const help = commandHelp(command);

    it("has a help text of at most 80 columns", () => {
      expect(help.split("\n").filter((line) => line.length > 80)).toEqual([]);
    });

    it("describes every option it takes, with examples", () => {
      for (const name of Object.keys(optionsOf(command))) expect(help).toContain(`--${name}`);
      expect(command.examples.length).toBeGreaterThan(0);
      expect(command.examples[0]).toMatch(new RegExp(`^vxdata ${command.name}( |$)`));
    });

    it("prints its help on request, and refuses unknown options", async () => {
      expect(await call([command.name, "--help"])).toEqual({ code: 0, out: help, err: "" });
      const { code, err } = await call([command.name, "--colour"]);
      expect(code).toBe(EXIT.usage);
      expect(err).toContain(`See vxdata ${command.name} --help`);
    });

    it("uses in its examples only options that it has", () => {
      const used = command.examples.join(" ").match(/ --?[a-z][\w-]*/g) ?? [];
      const options = Object.entries(optionsOf(command));
      const known = options.flatMap(([name, { short }]) => [` --${name}`, ` -${short}`]);
      expect(used.filter((one) => !known.includes(one))).toEqual([]);
    });
  },
);

describe("the program", () => {
  it("has a help text of 80 columns that names every command and every exit code", () => {
    const help = programHelp(COMMANDS, "1.0.0");
    expect(help.split("\n").filter((line) => line.length > 80)).toEqual([]);
    const lines = help.split("\n").map((line) => line.trim().split(/\s+/).slice(0, 4).join(" "));
    for (const { name, summary } of COMMANDS) {
      expect(lines).toContain([name, ...summary.split(" ")].slice(0, 4).join(" "));
    }
    for (const code of Object.values(EXIT)) expect(help).toMatch(new RegExp(`^  ${code} `, "m"));
  });

  it("handles --help, --version, no command and an unknown command", async () => {
    expect((await call(["--help"])).code).toBe(0);
    expect(await call(["--version"])).toEqual({ code: 0, out: "9.9.9\n", err: "" });
    expect((await call([])).code).toBe(EXIT.usage);
    expect((await call(["frobnicate"])).err).toContain("no command frobnicate");
  });

  it.each([
    [["import", "--mapping", "generic"], "exactly one SOURCE"],
    [["import", "--mapping", "generic", "a", "b"], "exactly one SOURCE"],
    [["import", "--mapping", "generic", "--limit", "1.5", "a"], "--limit takes a whole number"],
    [["import", "--existing", "update", "a"], "--existing takes verify or skip"],
    [["query", "image", "study"], "at most one PAYLOAD_TYPE"],
    [["query", "--where", "CT"], "--where takes field=value"],
    [["query", "--filters", "[]"], "--filters takes a JSON object"],
    [["query", "--below"], "--below needs --parent"],
    [["query", "--limit", "0"], "--limit takes a whole number, 1 or more"],
    [["get"], "at least one ID"],
    [["diff", "a", "1"], "ID FROM TO is needed"],
    [["lineage", "a", "--direction", "left"], "--direction takes up, down or both"],
    [["export"], "--output is needed"],
    [["upload", "a"], "--group is needed"],
    [["register", "person", "a", "b"], "patient DATASOURCE UID"],
    [["register", "patient", "a", "b", "--payload", "7"], "--payload takes a JSON object"],
    [["login"], "--email or --key is needed"],
    [["stats", "--url", "ftp://x"], "--url takes an http or https address"],
  ])("%j is a usage error", async (words, expected) => {
    const { code, err } = await call(words);
    expect(err).toContain(expected);
    expect(code).toBe(EXIT.usage);
  });

  it("without a login explains how to log in", async () => {
    const { code, err } = await call(["stats", "--url", "https://data.example.org"]);
    expect(code).toBe(EXIT.denied);
    expect(err).toContain("vxdata login --url https://data.example.org");
  });
});

test("text is wrapped at spaces", () => {
  expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
  expect(wrap("unbreakable", 3)).toEqual(["unbreakable"]);
});
