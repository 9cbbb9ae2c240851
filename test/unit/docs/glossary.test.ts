import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { page, ROOT } from "./markdown.ts";

const GLOSSARY = "docs/glossary.md";

/** Words that the project no longer uses, with their replacements. */
const RETIRED: Readonly<Record<string, string>> = {
  "sights?": "visibility",
  openness: "anonymous access",
  "occasions?": "commit context",
  "errands?": "purpose",
  "standings?|standing": "auth state, auth epoch",
  "doors?": "endpoint",
  entrusted: "elevated",
  "buried|bury|burying": "deleted only, tombstone",
  "regrade[ds]?": "refresh restricted",
  "unproject\\w*": "delete projection",
  "recall(?:ed|s)?": "find idempotent response",
  "unfold(?:ed|s)?": "decompress",
  "drawn|wholly": "applied, fully",
  "settle[ds]?|settlements?|unsettled": "refresh, rollup, up to date",
  masked: "hidden parent, hidden references",
  sealed: "secrets, inaccessible",
  putting: "upsert",
  "signs? of life": "renewal of a lease",
  "comes? by": "scan, find",
  "laid|lying": "stored, published",
  "let in": "admit, grant access",
  "borne|whomever|of whom": "say it in the active voice",
};

/** Places where such a word is a column name, or has its usual meaning. */
const EXCEPTIONS: readonly RegExp[] = [
  // A column of the row `state`.
  /\bstandings\b/,
  // Doors of houses, in made-up data.
  /^test\/worker\/surfaces\/datasets\/deletions/,
  /^test\/unit\/docs\/glossary/,
  // Settled promises and options, and batches of an import.
  /^src\/(?:cli|client|server)\//,
  /^src\/(?:identity\/token|objects\/(?:parquet\/preview|s3\/call))/,
  /^test\/(?:e2e|unit\/import|unit\/docs\/cli)/,
];

const files = execFileSync(
  "git",
  ["ls-files", "src", "test", "docs", "README.md", "CONTRIBUTING.md"],
  {
    cwd: ROOT,
    encoding: "utf8",
  },
)
  .trim()
  .split("\n")
  .filter((path) => /\.(?:ts|md)$/.test(path));

const lines = files.flatMap((path) =>
  readFileSync(join(ROOT, path), "utf8")
    .split("\n")
    .map((text, at) => ({ path, text, place: `${path}:${at + 1}: ${text.trim()}` })),
);

describe("the glossary", () => {
  const terms = [...page(GLOSSARY).matchAll(/^\| `?([^|`]+?)`?\s+\|/gm)]
    .map(([, term = ""]) => term)
    .filter((term) => term !== "term" && !term.startsWith("-"));

  test("lists its terms in order, each once", () => {
    expect(terms.length).toBeGreaterThan(50);
    const order = (left: string, right: string) => left.localeCompare(right, "en");
    expect(terms).toEqual([...new Set(terms)].toSorted(order));
  });

  test("lists no term that nothing else uses", () => {
    const others = lines.filter(({ path }) => path !== GLOSSARY);
    const all = others.map(({ text }) => text.toLowerCase()).join("\n");
    // `read context` in prose, `readContext` in code, `read-context` in names.
    const isUsed = (term: string): boolean =>
      new RegExp(term.toLowerCase().replaceAll(" ", "[ _-]?")).test(all);
    expect(terms.filter((term) => !isUsed(term))).toEqual([]);
  });
});

describe("retired words", () => {
  test.each(Object.entries(RETIRED))("%s: use %s", (word) => {
    const pattern = new RegExp(`\\b(?:${word})\\b`, "i");
    const found = lines
      .filter(({ text }) => pattern.test(text))
      .filter(({ path, text }) => !EXCEPTIONS.some((each) => each.test(path) || each.test(text)));
    expect(found.map(({ place }) => place)).toEqual([]);
  });
});
