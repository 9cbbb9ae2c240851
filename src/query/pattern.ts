import { RE2JS } from "re2js";
import { LIMITS } from "../model/limits.ts";

const FLAGS: Readonly<Record<string, number>> = {
  i: RE2JS.CASE_INSENSITIVE,
  s: RE2JS.DOTALL,
  m: RE2JS.MULTILINE,
};

/** A compiled regular expression. */
export interface Pattern {
  /** True when it matches anywhere in the text. */
  readonly test: (text: string) => boolean;
  /**
   * The named groups of the first match, null for a group that took no part; undefined without a
   * match.
   */
  readonly groups: (text: string) => Readonly<Record<string, string | null>> | undefined;
  /** Instructions: the cost of a test is at most this much for each character. */
  readonly size: number;
}

const groupsOf = (
  compiled: RE2JS,
  text: string,
): Readonly<Record<string, string | null>> | undefined => {
  const matcher = compiled.matcher(text);
  if (!matcher.find()) return undefined;
  const names = Object.keys(compiled.namedGroups());
  return Object.fromEntries(names.map((name) => [name, matcher.group(name)]));
};

/**
 * Compiles a regular expression in RE2 syntax, with `flags` of `i`, `s` and `m`. Its tests take
 * time linear in the string, whatever the pattern. Undefined for an invalid pattern or flag, or
 * when the pattern is too large.
 */
export function compilePattern(source: string, flags = ""): Pattern | undefined {
  if (source.length > LIMITS.regexLengthMax) return undefined;
  let bits = 0;
  for (const flag of flags) {
    const bit = FLAGS[flag];
    if (bit === undefined) return undefined;
    bits |= bit;
  }
  try {
    const compiled = RE2JS.compile(source, bits);
    const size = compiled.programSize();
    if (size > LIMITS.patternSizeMax) return undefined;
    return {
      test: (text) => compiled.test(text),
      groups: (text) => groupsOf(compiled, text),
      size,
    };
  } catch {
    return undefined;
  }
}
