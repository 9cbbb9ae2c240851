import { canonicalJson, type Json } from "../../model/json.ts";
import { isCalendarDate } from "../../model/time.ts";
import { canonicalInstant } from "../instant.ts";
import { fail, isJsonList, testPattern, type Check, type Keyword, type Site } from "./check.ts";

const leaf =
  (passes: (value: Json) => boolean, site: Site): Check =>
  (value, run) =>
    passes(value) || fail(run, "invalid_value", site.expected);

const TYPES: Readonly<Record<string, (value: Json) => boolean>> = {
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  // An integer column holds no others, and JSON readers differ about larger ones.
  integer: (value) => Number.isSafeInteger(value),
  boolean: (value) => typeof value === "boolean",
  null: (value) => value === null,
  array: (value) => Array.isArray(value),
  object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};

const typeTest = (name: Json): ((value: Json) => boolean) | undefined =>
  typeof name === "string" && Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;

const type: Keyword = (argument, site) => {
  const tests = (isJsonList(argument) ? argument : [argument]).map(typeTest);
  const [first] = tests;
  if (first === undefined || tests.includes(undefined)) {
    site.refuse("type", `Expected one or several of ${Object.keys(TYPES).join(", ")}.`);
    return undefined;
  }
  if (tests.length === 1) return leaf(first, site);
  return leaf((value) => tests.some((test) => test?.(value)), site);
};

const enumeration: Keyword = (argument, site) => {
  if (!isJsonList(argument)) {
    site.refuse("enum", "Expected a list of values.");
    return undefined;
  }
  const allowed = new Set(argument.map(canonicalJson));
  return leaf((value) => allowed.has(canonicalJson(value)), site);
};

const constant: Keyword = (argument, site) => {
  const allowed = canonicalJson(argument);
  return leaf((value) => canonicalJson(value) === allowed, site);
};

const bound =
  (keyword: string, holds: (value: number, limit: number) => boolean): Keyword =>
  (argument, site) => {
    if (typeof argument !== "number") {
      site.refuse(keyword, "Expected a number.");
      return undefined;
    }
    return leaf((value) => typeof value !== "number" || holds(value, argument), site);
  };

/** Decimal fractions are not exact in binary: 0.0075 still counts as a multiple of 0.0001. */
const TOLERANCE = 1e-12;

const isMultiple = (value: number, divisor: number): boolean => {
  const quotient = value / divisor;
  if (!Number.isFinite(quotient)) return value % divisor === 0;
  if (Number.isInteger(value) && Number.isInteger(divisor)) return value % divisor === 0;
  return Math.abs(quotient - Math.round(quotient)) <= TOLERANCE * Math.max(1, Math.abs(quotient));
};

const multipleOf: Keyword = (argument, site) => {
  if (typeof argument !== "number" || argument <= 0) {
    site.refuse("multipleOf", "Expected a number above 0.");
    return undefined;
  }
  return leaf((value) => typeof value !== "number" || isMultiple(value, argument), site);
};

/** Number of code points of a string. */
export function textLength(text: string): number {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

/** True for an integer that can be a count. */
export function isCount(argument: Json | undefined): argument is number {
  return Number.isInteger(argument) && Number(argument) >= 0;
}

const length =
  (keyword: string, holds: (text: string, limit: number) => boolean): Keyword =>
  (argument, site) => {
    if (!isCount(argument)) {
      site.refuse(keyword, "Expected a whole number from 0.");
      return undefined;
    }
    return leaf((value) => typeof value !== "string" || holds(value, argument), site);
  };

const pattern: Keyword = (argument, site) => {
  const compiled = typeof argument === "string" ? site.pattern(argument) : undefined;
  if (compiled === undefined) {
    site.refuse(
      "pattern",
      "Expected a regular expression in RE2 syntax of at most 500 characters.",
    );
    return undefined;
  }
  return (value, run) => {
    if (typeof value !== "string") return true;
    return testPattern(compiled, value, run) || fail(run, "invalid_value", site.expected);
  };
};

const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  date: isCalendarDate,
  "date-time": (text) => canonicalInstant(text) !== undefined,
};

/** Only the formats that typed columns rely on are asserted; the others are annotations. */
const format: Keyword = (argument, site) => {
  const test =
    typeof argument === "string" && Object.hasOwn(FORMATS, argument)
      ? FORMATS[argument]
      : undefined;
  if (test === undefined) return undefined;
  return leaf((value) => typeof value !== "string" || test(value), site);
};

/** Keywords about one value as a whole (JSON Schema Validation 2020-12, 6.1 to 6.3 and 7). */
export const SCALAR_KEYWORDS: ReadonlyMap<string, Keyword> = new Map<string, Keyword>([
  ["type", type],
  ["enum", enumeration],
  ["const", constant],
  ["minimum", bound("minimum", (value, limit) => value >= limit)],
  ["maximum", bound("maximum", (value, limit) => value <= limit)],
  ["exclusiveMinimum", bound("exclusiveMinimum", (value, limit) => value > limit)],
  ["exclusiveMaximum", bound("exclusiveMaximum", (value, limit) => value < limit)],
  ["multipleOf", multipleOf],
  // A string has at least as many UTF-16 units as code points, and at most twice as many: most need no count.
  [
    "minLength",
    length("minLength", (text, limit) => text.length >= 2 * limit || textLength(text) >= limit),
  ],
  [
    "maxLength",
    length("maxLength", (text, limit) => text.length <= limit || textLength(text) <= limit),
  ],
  ["pattern", pattern],
  ["format", format],
]);
