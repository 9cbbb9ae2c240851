// Parses the pages of the documentation: tables, headings, code, links.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The project's folder. */
export const ROOT = join(import.meta.dirname, "../../..");

/** The text of a page, by its path from the project's folder. */
export const page = (path: string): string => readFileSync(join(ROOT, path), "utf8");

const withoutCode = (text: string): string => text.replaceAll(/^```[\s\S]*?^```/gm, "");

/** The part of a page under a heading, up to the next heading of its level or above. */
export const section = (text: string, heading: string): string => {
  const lines = text.split("\n");
  const first = lines.indexOf(heading);
  if (first === -1) throw new Error(`The page has no heading: ${heading}`);
  const level = heading.indexOf(" ");
  let inCode = false;
  const rest = lines.slice(first + 1);
  const end = rest.findIndex((line) => {
    if (line.startsWith("```")) inCode = !inCode;
    const hashes = /^(#+) /.exec(line)?.[1]?.length ?? Infinity;
    return !inCode && hashes <= level;
  });
  return (end === -1 ? rest : rest.slice(0, end)).join("\n");
};

/** The headings of a page, unchanged. */
export const headings = (text: string): readonly string[] =>
  withoutCode(text)
    .split("\n")
    .filter((line) => /^#+ /.test(line));

const cellsOf = (line: string): readonly string[] =>
  line
    .replace(/^\|/, "")
    .replace(/\|\s*$/, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));

/** The cells of the first table of a text, row by row, without its head. */
export const tableIn = (text: string): readonly (readonly string[])[] => {
  const lines = text.split("\n");
  const head = lines.findIndex((line) => line.startsWith("|"));
  if (head === -1) throw new Error("There is no table here.");
  const length = lines.slice(head).findIndex((line) => !line.startsWith("|"));
  return lines.slice(head + 2, length === -1 ? undefined : head + length).map(cellsOf);
};

/** The texts between backticks outside of code blocks, in order. */
export const codeIn = (text: string): readonly string[] =>
  [...withoutCode(text).matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? "");

/** The text of a cell that is a single code span. */
export const codeOf = (cell: string | undefined): string => {
  const code = /^`([^`]+)`$/.exec(cell ?? "")?.[1];
  if (code === undefined) throw new Error(`Expected code in backticks, not: ${cell}`);
  return code;
};

/** A block of code: its language and its text. */
export interface Block {
  readonly language: string;
  readonly text: string;
}

/** The blocks of code of a text, in order. */
export const blocksIn = (text: string): readonly Block[] =>
  [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)].map((match) => ({
    language: match[1] ?? "",
    text: match[2] ?? "",
  }));

/** The targets of a text's links, without those to other sites. */
export const linksIn = (text: string): readonly string[] =>
  [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? "")
    .filter((target) => !/^[a-z]+:/.test(target));
