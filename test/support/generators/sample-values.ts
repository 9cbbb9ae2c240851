// Values for random documents, from small pools: difficult ones, and few enough that equal and
// adjacent ones are frequent.
import fc from "fast-check";
import type { Json } from "../../../src/model/json.ts";

/**
 * Strings that differ in case, length, wildcards, planes of Unicode and likeness to other kinds.
 */
export const TEXTS = [
  "",
  "a",
  "A",
  "ab",
  "aB",
  "abc",
  "abcab",
  "b",
  "Z",
  "z",
  "é",
  "É",
  "e\u0301",
  "ß",
  "\ud7ff",
  "\ue000",
  "\uffff",
  "😀",
  "😀b",
  "a😀",
  "\u{10ffff}",
  "\u{10ffff}a",
  "a%b",
  "a_b",
  "a*b",
  "a?b",
  "[ab]",
  "a\\b",
  "%",
  "_",
  "\\",
  "'",
  '"',
  "a'b\"c",
  "line\nbreak",
  "tab\t\u0001\u007f\u2028",
  " a ",
  "0",
  "1",
  "1.0",
  "true",
  "null",
  "[]",
  "[1]",
  '{"a":1}',
  "a long text that no pattern of fifty bytes could ever hold as a whole, b",
] as const;

/** Calendar dates. */
export const DAYS = ["1999-12-31", "2024-02-29", "2024-03-01", "2025-01-01"] as const;

/** Canonical instants a microsecond apart. */
export const INSTANTS = [
  "2024-02-29T23:59:59.999999Z",
  "2024-03-01T00:00:00.000000Z",
  "2024-03-01T00:00:00.000001Z",
] as const;

const INTEGERS = [0, 1, 2, 3, -1, -7, 100, 2 ** 31, 2 ** 53 - 1, -(2 ** 53) + 1] as const;

const REALS = [0.5, 1.5, -0.25, 0.1 + 0.2, 1e-7, 5e-324, 1e21, 1.7976931348623157e308] as const;

/**
 * Strings: empty, outside the BMP, with wildcards, like other kinds of value, too long for a
 * pattern.
 */
export const texts = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 6 }) },
  { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom("a", "b", "%", "_", "\\", "é") }) },
);

/** Integers that doubles represent. */
export const integers = fc.oneof(fc.constantFrom(...INTEGERS), fc.integer({ min: -5, max: 5 }));

/** Any number that a payload may contain. */
export const reals = fc.oneof(
  fc.constantFrom(...REALS),
  integers,
  fc
    .double({ noNaN: true, noDefaultInfinity: true })
    // The endpoint refuses integers that 64-bit integers and doubles would disagree about.
    .filter((value) => Math.abs(value) <= Number.MAX_SAFE_INTEGER),
);

/** A scalar or null. */
export const scalars: fc.Arbitrary<Json> = fc.oneof(
  texts,
  integers,
  reals,
  fc.boolean(),
  fc.constant(null),
);

/** Names of members inside json fields: plain ones, and all that need escaping in a JSON path. */
const NAMES = [
  "a",
  "b",
  "kv",
  "files",
  "",
  "0",
  "a.b",
  "a[0]",
  'odd"name',
  "back\\slash",
  "quote'name",
  "new\nline",
  "$",
  "#",
  "é",
  "__proto__",
] as const;

/** Member names. */
export const names = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("a", "b", "kv", "files") },
  { weight: 1, arbitrary: fc.constantFrom(...NAMES) },
);

/** Small documents that differ in one respect only: nulls, kinds, repetitions, order, nesting. */
export const tiny: fc.Arbitrary<Json> = fc.constantFrom<Json>(
  [],
  {},
  [null],
  [1],
  [true],
  ["1"],
  [0, false],
  ["a"],
  ["a", "a"],
  ["a", "b"],
  ["b", "a"],
  [1, true, "a", "1"],
  [true, 1, 1, null],
  [[1], ["a", "b"]],
  [{ a: 1 }, { a: null }, {}],
  { a: null },
  { a: 1 },
  { a: true },
  { a: 1, b: null },
  { b: null, a: 1 },
  { a: [1, { b: "a" }] },
  { a: ["a", "b"], 'odd"name': { b: 1 } },
  { 'odd"name': 1, "back\\slash": "a" },
);

/** Any JSON: arrays in arrays, objects with difficult names. */
export const documents: fc.Arbitrary<Json> = fc.letrec<{ readonly value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    { weight: 2, arbitrary: scalars },
    { weight: 3, arbitrary: fc.array(tie("value"), { maxLength: 4 }) },
    {
      weight: 4,
      arbitrary: fc.dictionary(names, tie("value"), { maxKeys: 4, noNullPrototype: true }),
    },
  ),
})).value;
