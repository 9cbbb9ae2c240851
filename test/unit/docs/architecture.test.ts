import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { page, ROOT, section } from "./markdown.ts";

const PAGE = "docs/architecture.md";

/** Paths of files and folders of the project that a text names. */
const pathsIn = (text: string): readonly string[] =>
  [...text.matchAll(/`((?:src|test|scripts|migrations|clients)\/[\w./-]*)`/g)].map(
    ([, path = ""]) => path,
  );

test.each([PAGE, "README.md", "CONTRIBUTING.md", "docs/security.md", "docs/storage.md"])(
  "%s names only existing files",
  (name) => {
    expect(pathsIn(page(name)).filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  },
);

/** Names of code in a text: more than one word, written as one. */
const identifiersIn = (text: string): readonly string[] => [
  ...new Set([...text.matchAll(/`([a-z]+[A-Z]\w+)`/g)].map(([, name = ""]) => name)),
];

test.each([PAGE, "CONTRIBUTING.md", "docs/security.md"])("%s names only existing code", (name) => {
  const files = execFileSync("git", ["ls-files", "src", "test", "scripts", "*.ts"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  const code = files
    .trim()
    .split("\n")
    .filter((path) => path.endsWith(".ts"))
    .map((path) => readFileSync(join(ROOT, path), "utf8"))
    .join("\n");
  const words = new Set(code.match(/\w+/g));
  expect(identifiersIn(page(name)).filter((each) => !words.has(each))).toEqual([]);
});

describe("the walk-through of", () => {
  const lives = [...page(PAGE).matchAll(/^## The life of (.+)$/gm)].map(([, what = ""]) => what);

  test("a read, a write, a file, a source and a harvested file exists", () => {
    expect(lives).toEqual(["a read", "a write", "a file", "a source", "a harvested file"]);
  });

  test.each(lives)("%s has at most ten steps, and each names its file", (what) => {
    const text = section(page(PAGE), `## The life of ${what}`);
    const steps = text.split(/^\d+\. /m).slice(1);
    expect(steps.length).toBeGreaterThan(4);
    expect(steps.length).toBeLessThanOrEqual(10);
    expect(steps.filter((step) => !step.includes("`src/"))).toEqual([]);
  });
});
