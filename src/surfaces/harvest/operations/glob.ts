/** File name patterns as Python's fnmatch reads them: case counts, and `*` crosses `/`. */
import { compilePattern, type Pattern } from "../../../query/pattern.ts";

const quote = (text: string): string => text.replaceAll(/[\\^$.|?*+()[\]{}]/g, "\\$&");

/** A bracket's inside as an RE2 class: only what has a meaning there is quoted. */
const classOf = (inside: string): string => {
  const isNegated = inside.startsWith("!");
  const members = (isNegated ? inside.slice(1) : inside).replaceAll(/[\\[\]^&~]/g, "\\$&");
  return `[${isNegated ? "^" : ""}${members}]`;
};

/** Where the bracket that opens at a position ends; -1 when it does not. */
const bracketEnd = (pattern: string, open: number): number => {
  let from = open + 1;
  if (pattern[from] === "!") from += 1;
  // A bracket right after the opening one is a literal.
  if (pattern[from] === "]") from += 1;
  return pattern.indexOf("]", from);
};

const expressionOf = (pattern: string): string => {
  let source = "";
  for (let position = 0; position < pattern.length; position += 1) {
    const character = pattern[position] ?? "";
    const end = character === "[" ? bracketEnd(pattern, position) : -1;
    if (end >= 0) {
      source += classOf(pattern.slice(position + 1, end));
      position = end;
    } else if (character === "*") source += ".*";
    else if (character === "?") source += ".";
    else source += quote(character);
  }
  return `^(?:${source})$`;
};

/** Patterns are matched against thousands of files, so compiled ones are cached. */
const REMEMBERED_MAX = 256;
const cache = new Map<string, Pattern>();

/**
 * A compiled regular expression, cached for the next file.
 * @throws {Error} for an invalid one.
 */
export function patternOf(source: string, flags = ""): Pattern {
  const key = `${flags}/${source}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const compiled = compilePattern(source, flags);
  if (compiled === undefined) throw new Error("The pattern cannot be read.");
  if (cache.size >= REMEMBERED_MAX) cache.clear();
  cache.set(key, compiled);
  return compiled;
}

/**
 * A test of whole strings against a pattern.
 * @throws {Error} for an invalid pattern.
 */
export function globOf(pattern: string): (text: string) => boolean {
  return patternOf(expressionOf(pattern), "s").test;
}
