/** Tests of a value that is known to be a string: substrings and LIKE patterns. */
import { LIMITS } from "../../model/limits.ts";
import { parseLike, type LikeToken } from "../../query/like.ts";
import type { LeafOf } from "../../query/operators.ts";
import { codePointCount, foldCase } from "../../query/text.ts";
import { all, atLeast, test, TRUE, UNDECIDED, type Logic } from "./logic.ts";
import type { Literals } from "./literal.ts";
import { raw, sql, type Sql } from "../sql/template.ts";

/** A string in SQL and how it is compared. */
export interface Subject {
  readonly value: Sql;
  readonly fold: boolean;
  /** True for a column: an index may serve ranges of it. */
  readonly ranged: boolean;
  readonly literals: Literals;
}

const LAST_CODE_POINT = 0x10ffff;

/** The smallest string after all strings with a prefix; undefined when there is none. */
const afterPrefix = (prefix: string): string | undefined => {
  let length = prefix.length;
  while (length > 0) {
    const pair = prefix.codePointAt(length - 2) ?? 0;
    const start = pair > 0xffff ? length - 2 : length - 1;
    const point = prefix.codePointAt(start) ?? LAST_CODE_POINT;
    if (point < LAST_CODE_POINT) {
      // Surrogates are not characters: U+D7FF is followed by U+E000.
      const next = point === 0xd7ff ? 0xe000 : point + 1;
      return prefix.slice(0, start) + String.fromCodePoint(next);
    }
    length = start;
  }
  return undefined;
};

/** Value and piece in lower case if the subject ignores case: `lower` and `foldCase` map only A-Z. */
const folded = ({ value, fold }: Subject, piece: string): readonly [Sql, string] =>
  fold ? [sql`lower(${value})`, foldCase(piece)] : [value, piece];

const equal = (subject: Subject, piece: string): Logic => {
  const [value, wanted] = folded(subject, piece);
  return test(sql`${value} = ${subject.literals.text(wanted)}`);
};

const startsInRange = ({ value, literals }: Subject, piece: string): Logic => {
  const from = sql`${value} >= ${literals.text(piece)}`;
  const end = afterPrefix(piece);
  return test(end === undefined ? from : sql`(${from} AND ${value} < ${literals.text(end)})`);
};

const starts = (subject: Subject, piece: string): Logic => {
  if (piece === "") return TRUE;
  if (subject.ranged && !subject.fold) return startsInRange(subject, piece);
  const length = raw(String(codePointCount(piece)));
  return equal({ ...subject, value: sql`substr(${subject.value}, 1, ${length})` }, piece);
};

const ends = (subject: Subject, piece: string): Logic => {
  if (piece === "") return TRUE;
  const length = raw(String(codePointCount(piece)));
  return equal({ ...subject, value: sql`substr(${subject.value}, -${length})` }, piece);
};

const contains = (subject: Subject, piece: string): Logic => {
  if (piece === "") return TRUE;
  const [value, wanted] = folded(subject, piece);
  return test(sql`instr(${value}, ${subject.literals.text(wanted)}) > 0`);
};

const PIECE_TESTS: Readonly<
  Record<LeafOf<"text">["where"], (subject: Subject, piece: string) => Logic>
> = { contains, starts, ends };

/** A substring at the start, at the end or anywhere. */
export function pieceTest(subject: Subject, where: LeafOf<"text">["where"], piece: string): Logic {
  return PIECE_TESTS[where](subject, piece);
}

const GLOB: Readonly<Record<"run" | "one", string>> = { run: "*", one: "?" };
const LIKE: Readonly<Record<"run" | "one", string>> = { run: "%", one: "_" };

/** GLOB respects case, but has no escape: a literal wildcard becomes a class of one character. */
const globPattern = (tokens: readonly LikeToken[]): string =>
  tokens
    .map((token) =>
      token.kind === "text" ? token.text.replaceAll(/[*?[]/g, "[$&]") : GLOB[token.kind],
    )
    .join("");

const likePattern = (tokens: readonly LikeToken[]): string =>
  tokens
    .map((token) =>
      token.kind === "text" ? token.text.replaceAll(/[%_\\]/g, "\\$&") : LIKE[token.kind],
    )
    .join("");

const isShort = (pattern: string): boolean =>
  new TextEncoder().encode(pattern).length <= LIMITS.likePatternBytesMax;

const textOf = (token: LikeToken | undefined): string => (token?.kind === "text" ? token.text : "");

/** The whole pattern, if it is within the platform's length limit. */
const wholePattern = (subject: Subject, tokens: readonly LikeToken[]): Logic => {
  const { value, fold, literals } = subject;
  const pattern = fold ? likePattern(tokens) : globPattern(tokens);
  if (!isShort(pattern)) return UNDECIDED;
  return test(
    fold
      ? sql`${value} LIKE ${literals.text(pattern)} ESCAPE '\\'`
      : sql`${value} GLOB ${literals.text(pattern)}`,
  );
};

/**
 * A LIKE pattern over the whole string. Common shapes need no pattern. For others the fixed prefix
 * narrows the range, and of a pattern that is too long only prefix and suffix are tested.
 */
export function likeTest(subject: Subject, given: string): Logic {
  const tokens = parseLike(given);
  const shape = tokens.map(({ kind }) => kind).join(" ");
  const [first, second] = tokens;
  switch (shape) {
    case "":
    case "text":
      return equal(subject, textOf(first));
    case "run":
      return TRUE;
    case "text run":
      return starts(subject, textOf(first));
    case "run text":
      return ends(subject, textOf(second));
    case "run text run":
      return contains(subject, textOf(second));
    default:
      return patternTest(subject, tokens);
  }
}

const patternTest = (subject: Subject, tokens: readonly LikeToken[]): Logic => {
  const whole = wholePattern(subject, tokens);
  const beginning = starts(subject, textOf(tokens[0]));
  if (whole.exact) return subject.ranged ? all([beginning, whole]) : whole;
  return atLeast(all([beginning, ends(subject, textOf(tokens.at(-1)))]));
};
