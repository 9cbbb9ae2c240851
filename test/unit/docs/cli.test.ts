import { describe, expect, it } from "vitest";
import { EXIT } from "../../../src/cli/command.ts";
import { COMMANDS } from "../../../src/cli/commands.ts";
import { SHIPPED } from "../../../src/cli/mappings.ts";
import { optionsOf } from "../../../src/cli/shared-options.ts";
import { settle } from "../../../src/client/options.ts";
import { RETRIES } from "../../../src/client/retry.ts";
import { blocksIn, codeIn, codeOf, page, section, tableIn } from "./markdown.ts";

const CLI = page("docs/cli.md");

describe("docs/cli.md", () => {
  it("lists the commands, in the order of the help", () => {
    const named = tableIn(CLI).map(([name]) => codeOf(name));
    expect(named).toEqual(COMMANDS.map(({ name }) => name));
  });

  it("lists the exit codes", () => {
    const codes = tableIn(section(CLI, "## For programs")).map(([code]) => Number(code));
    expect(codes).toEqual(Object.values(EXIT));
  });

  it("names options that exist, in its text and in its examples", () => {
    const known = new Set(COMMANDS.flatMap((one) => Object.keys(optionsOf(one))));
    // Of the server's command `restore`.
    known.add("data");
    const shell = blocksIn(CLI).map(({ text }) => text.replaceAll(/^npm .*$/gm, ""));
    const texts = [...codeIn(CLI), ...shell].join(" ");
    const named = [...texts.matchAll(/--([a-z][a-z-]*)/g)].map((match) => match[1] ?? "");
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });
});

describe("docs/import.md", () => {
  it("lists the shipped mappings", () => {
    const rows = tableIn(section(page("docs/import.md"), "## Mappings"));
    expect(rows.map(([name]) => codeOf(name)).toSorted()).toEqual(Object.keys(SHIPPED).toSorted());
  });
});

describe("docs/sdk.md", () => {
  it("lists the options of a client and of a call", () => {
    const rows = tableIn(section(page("docs/sdk.md"), "## Options"));
    const named = rows.map(([name]) => codeOf(name));
    const settled = Object.keys(settle({})).map((name) => (name === "signals" ? "signal" : name));
    expect(named.toSorted()).toEqual(settled.toSorted());
  });

  it("says when a call is retried", () => {
    const text = section(page("docs/sdk.md"), "### What is tried again");
    expect(RETRIES).toEqual({ attempts: 4, baseMs: 500, maxMs: 8_000, withinMs: 120_000 });
    expect(text).toContain("four times in all");
    expect(text).toContain("two minutes");
  });
});
