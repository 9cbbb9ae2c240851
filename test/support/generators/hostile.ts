// Values that have broken other programs.
import type { Json } from "../../../src/model/json.ts";

// JSON text that JSON.stringify cannot write is passed as a marked string.
/** Marks both ends of text that replaces a JSON value. */
export const MARK = "\uE000";
const literal = (text: string): Json => `${MARK}${text}${MARK}`;

/** Numbers, and strings that look like numbers, at the edge of what JSON and doubles hold. */
export const BOUNDARY_NUMBERS: readonly Json[] = [
  ..."1e308 -1e308 1e999 -1e999 1e-999 -0 -0.0 9007199254740993 -9007199254740993 5e-324".split(
    " ",
  ),
  ..."NaN Infinity 0x10 01 1. .5 +1 1e 99999999999999999999999999999999999999".split(" "),
  `1${"0".repeat(400)}`,
].map(literal);

/** Numbers around the bounds of the product and of integers. */
export const PLAIN_NUMBERS: readonly Json[] = [
  0,
  -1,
  0.1,
  0.5,
  1.000_000_1,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 63,
  10_000,
  10_001,
  5_000,
  5_001,
];

/** Strings that have broken other programs. */
export const HOSTILE_TEXTS: readonly string[] = [
  "",
  " ",
  "\u0000",
  "a\u0000b",
  "\ud800",
  "x\udfffy",
  "\ud83d\ude00".repeat(40),
  "\ufeffbom",
  "\u202e\u0000\u2028\u2029",
  "é".normalize("NFD"),
  "ﷺ".repeat(300),
  " padded ",
  "line\nbreak\ttab\r",
  "' OR '1'='1",
  '"; DROP TABLE resources; --',
  "$.a[0]",
  "a.b.c.d.e.f.g",
  "..",
  "../../etc/passwd",
  "%00%2e%2e%2f",
  "\\",
  "%",
  "_".repeat(60),
  "*",
  "(a+)+$",
  "{{7*7}}",
  "<script>alert(1)</script>",
  "null",
  "true",
  "1e999",
  "2026-02-30T25:61:61Z",
  "2026-01-01T00:00:00",
  "9999-12-31T23:59:59.999999Z",
  "0000-01-01T00:00:00Z",
  "constructor",
  "__proto__",
  "a".repeat(257),
  "a".repeat(100_000),
];

/** Names that no member has, or none should have. */
export const STRANGE_NAMES: readonly string[] = [
  "extra",
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "",
  " identifier",
  "Identifier",
  "a.b",
  "$ref",
  "length",
  "0",
  "\u0000",
  "\ud800",
  "k".repeat(10_000),
  "is_deleted",
  "created_at",
  "owner",
  "version",
];

/** A value of every JSON type, plain and nested. */
export const OTHER_TYPES: readonly Json[] = [
  null,
  true,
  false,
  0,
  1,
  -1,
  1.5,
  "",
  "x",
  "1",
  [],
  [null],
  [[]],
  [[[]]],
  ["x", "x"],
  [{}],
  {},
  { x: null },
  { $ne: null },
  { eq: { eq: {} } },
  { "": "" },
];
