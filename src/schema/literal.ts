import { isCalendarDate, parseInstant } from "../model/time.ts";
import type { Literal } from "../query/condition.ts";
import { canonicalInstant } from "./instant.ts";
import type { Target } from "./target.ts";

/** Instants are stored as safe integers, so none is beyond these. */
const toInstantColumn = (text: string): number | undefined => {
  const instant = parseInstant(text);
  if (instant === undefined) return undefined;
  return Math.min(Math.max(instant, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
};

const number = (literal: Literal): Literal | undefined =>
  typeof literal === "number" && Number.isFinite(literal) ? literal : undefined;

const READERS: Readonly<Record<Target["kind"], (literal: Literal) => Literal | undefined>> = {
  string: (literal) => (typeof literal === "string" ? literal : undefined),
  integer: number,
  number,
  boolean: (literal) => (typeof literal === "boolean" ? literal : undefined),
  date: (literal) => (typeof literal === "string" && isCalendarDate(literal) ? literal : undefined),
  datetime: (literal) => (typeof literal === "string" ? canonicalInstant(literal) : undefined),
  instant: (literal) => (typeof literal === "string" ? toInstantColumn(literal) : undefined),
  list: () => undefined,
  json: (literal) => (typeof literal === "number" ? number(literal) : literal),
};

/** A literal in the form of a kind's stored values; undefined when it is of another kind. */
export function literalOf(kind: Target["kind"], literal: Literal): Literal | undefined {
  return READERS[kind](literal);
}

const WORDS: Readonly<Record<Target["kind"], string>> = {
  string: "a text",
  integer: "a number",
  number: "a number",
  boolean: "true or false",
  date: "a calendar date YYYY-MM-DD",
  datetime: "an RFC 3339 instant with an offset",
  instant: "an RFC 3339 instant with an offset",
  list: "a list",
  json: "any value",
};

/** The kinds of these targets, in words: `a number or a text`. */
export function wordsFor(targets: readonly Target[]): string {
  return [...new Set(targets.map((target) => WORDS[target.kind]))].join(" or ");
}

/**
 * The literal in the form that compares with one of the targets, preferring instants; undefined
 * when it can be compared with none of them.
 */
export function readLiteral(literal: Literal, targets: readonly Target[]): Literal | undefined {
  const isInstant = (target: Target): boolean => target.kind === "datetime";
  const ordered = [...targets.filter(isInstant), ...targets.filter((target) => !isInstant(target))];
  for (const target of ordered) {
    const value = literalOf(target.kind, literal);
    if (value !== undefined) return value;
  }
  return undefined;
}
