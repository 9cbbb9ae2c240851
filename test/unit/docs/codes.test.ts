import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { settingsOf } from "../../../scripts/support/dev-vars.ts";
import { SETTINGS } from "../../../src/config.ts";
import { PROBLEMS } from "../../../src/http/problem-kinds.ts";
import { problemBody, STATUS } from "../../../src/http/problem.ts";
import { AppError, ERROR_CODES } from "../../../src/model/error.ts";
import { LIMITS } from "../../../src/model/limits.ts";
import { SCHEMA_BOUNDS } from "../../../src/schema/bounds.ts";
import { blocksIn, codeOf, page, section, tableIn } from "./markdown.ts";

const number = (value: number): string => value.toLocaleString("en-US");

describe("docs/errors.md", () => {
  const text = page("docs/errors.md");
  const rows = tableIn(section(text, "## Codes"));

  test("lists every error code with its status, and no other", () => {
    expect(rows.map(([code, status]) => [codeOf(code), Number(status)])).toEqual(
      ERROR_CODES.map((code) => [code, STATUS[code]]),
    );
  });

  test("explains every code and its cure", () => {
    for (const [code, , meaning, advice] of rows) {
      expect(meaning, code).toMatch(/\.$/);
      expect(advice, code).toMatch(/\.$/);
    }
  });

  test("says of each code what its page says", () => {
    const plain = (cell = "") => cell.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, "$1");
    for (const [code, , meaning, advice] of rows) {
      const kind = PROBLEMS[codeOf(code) as keyof typeof PROBLEMS];
      expect([plain(meaning), plain(advice)]).toEqual([kind.cause, kind.cure]);
    }
  });

  test("shows a problem document as it is sent", () => {
    const shown = JSON.parse(blocksIn(text)[0]?.text ?? "") as Record<string, unknown>;
    const [detail] = shown["errors"] as AppError["details"];
    const error = new AppError("invalid_value", String(shown["detail"]), {
      details: detail === undefined ? [] : [detail],
    });
    expect(problemBody(error, String(shown["request_id"]))).toEqual(shown);
  });
});

describe("docs/limits.md", () => {
  const text = page("docs/limits.md");
  const listed = (part: string) =>
    tableIn(part).map(([name, value]) => `${codeOf(name)} = ${value}`);
  const existing = (bounds: Readonly<Record<string, number>>) =>
    Object.entries(bounds).map(([name, value]) => `${name} = ${number(value)}`);

  test("lists every limit with its value, and no other", () => {
    expect(listed(text).toSorted()).toEqual(existing(LIMITS).toSorted());
  });

  test("lists every bound of payload types with its value, and no other", () => {
    const part = section(text, "## Registered payload types");
    expect(listed(part).toSorted()).toEqual(existing(SCHEMA_BOUNDS).toSorted());
  });
});

type Fallback = (typeof SETTINGS)[keyof typeof SETTINGS]["fallback"];

const defaultOf = (fallback: Fallback): string => {
  if (fallback === null) return "required";
  if (typeof fallback === "string") return `\`${fallback}\``;
  const texts = Object.entries(fallback).map(([place, text]) =>
    text === null ? `required (${place})` : `\`${text}\` (${place})`,
  );
  return texts.join(", ");
};

const isPassedOn = (name: string): boolean => name in settingsOf({ [name]: "a value" });

test("docs/settings.md lists every setting as the code has it, and no other", () => {
  const expected = Object.values(SETTINGS).map(({ name, kind, fallback, meaning }) => [
    `\`${name}\``,
    kind,
    defaultOf(fallback),
    isPassedOn(name) ? "yes" : "no",
    meaning,
  ]);
  expect(
    tableIn(page("docs/settings.md")),
    expected.map((row) => `| ${row.join(" | ")} |`).join("\n"),
  ).toEqual(expected);
});

const EXAMPLE_HEAD = `# Every setting of a local Worker. \`npm run setup\` writes .dev.vars with the secrets that are required;
# copy a line from here to choose another value. See docs/settings.md.
`;

// wrangler.toml sets `development`, not the Worker's default.
const LOCAL: Readonly<Record<string, string>> = { ENVIRONMENT: "development" };

const localDefault = (name: string, fallback: Fallback): string =>
  LOCAL[name] ??
  (fallback !== null && typeof fallback === "object" ? fallback.development : fallback) ??
  "";

test(".dev.vars.example explains every setting", () => {
  const expected = Object.values(SETTINGS)
    .map(
      ({ name, fallback, meaning }) =>
        `\n# ${meaning}\n# ${name}=${localDefault(name, fallback)}\n`,
    )
    .join("");
  const path = join(import.meta.dirname, "../../../.dev.vars.example");
  expect(readFileSync(path, "utf8")).toBe(EXAMPLE_HEAD + expected);
});
