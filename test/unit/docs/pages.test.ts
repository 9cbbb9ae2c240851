import { existsSync, readdirSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { compileMapping } from "../../../src/cli/import/compile.ts";
import { anchorOf } from "../../../scripts/docs/anchor.ts";
import { blocksIn, codeIn, headings, linksIn, page, ROOT, section } from "./markdown.ts";

interface Package {
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(page("package.json")) as Package;

const IN_DOCS = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));

const PAGES: readonly string[] = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  ...IN_DOCS.map((name) => `docs/${name}`),
];

const anchorsOf = (path: string): readonly string[] =>
  headings(page(path)).map((line) => anchorOf(line.replace(/^#+ /, "")));

/** The error of a link of a page; undefined for a valid one. */
const faultOf = (from: string, link: string): string | undefined => {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? from : normalize(join(dirname(from), path));
  if (!existsSync(join(ROOT, target))) return `${link}: there is no ${target}`;
  if (anchor === undefined || anchorsOf(target).includes(anchor)) return undefined;
  return `${link}: ${target} has no heading of this name`;
};

const FOLDERS = /^(?:src|test|scripts|migrations|docs|assets)\/[\w./-]*$/;

describe.each(PAGES)("%s", (path) => {
  const text = page(path);

  test("has relative links whose targets exist", () => {
    const faults = linksIn(text).map((link) => faultOf(path, link));
    expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
  });

  test("names existing files and folders of the project", () => {
    const named = codeIn(text).filter((code) => FOLDERS.test(code));
    expect(named.filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
  });

  // npm takes `folder/file.tgz` for a repository of GitHub.
  test("installs packed files by a path that begins with a dot or a slash", () => {
    const files = [...text.matchAll(/npm install[^\n`]*?(\S+\.tgz)/g)].map((match) => match[1]);
    expect(files.filter((file) => !/^\.{0,2}\//.test(file ?? ""))).toEqual([]);
  });

  test("names existing npm scripts", () => {
    const named = [...text.matchAll(/npm run ([a-z:]+)/g)].map((match) => match[1] ?? "");
    expect(named.filter((name) => !Object.hasOwn(manifest.scripts, name))).toEqual([]);
  });

  test("begins with its only title", () => {
    expect(text).toMatch(/^# \S/);
    expect(headings(text).filter((line) => line.startsWith("# "))).toHaveLength(1);
  });
});

test("docs/README.md links to every page of its folder", () => {
  const linked = linksIn(page("docs/README.md"));
  const pages = IN_DOCS.filter((name) => name !== "README.md");
  expect(linked).toEqual(expect.arrayContaining(pages));
});

test("CHANGELOG.md has a chapter for the version of package.json", () => {
  expect(headings(page("CHANGELOG.md")).join("\n")).toContain(`## [${manifest.version}]`);
});

test("docs/import.md shows a valid mapping", () => {
  const [mapping] = blocksIn(section(page("docs/import.md"), "## Mappings"));
  const plan = compileMapping(JSON.parse(mapping?.text ?? ""));
  expect(plan.columns).toEqual(new Set(["subject", "visit", "file", "age", "labels"]));
});
