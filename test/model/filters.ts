// Random filters in the form that `POST /query` takes.
import fc from "fast-check";
import type { Json, JsonObject } from "../../src/model/json.ts";
import { TEXTS, VALUES } from "./fields.ts";
import type { FieldKind, TypeModel } from "./types.ts";

const PATTERNS = [
  "",
  "%",
  "_",
  "a%",
  "%b",
  "a_b",
  "a\\_b",
  "a\\%b",
  "A%",
  "%lower lobe%",
  "ä",
  "__",
];
const LONG_PATTERN = `%${"thorax, left lower lobe; follow-up".repeat(1)}%six weeks%contrast`;
const EXPRESSIONS = ["a", "^a", "b$", "^$", "[A-Z]", "a.b", "(a|ä)", "lo+be", "^.$", "\\d+", "x*"];

const patterns = fc.constantFrom<Json>(...PATTERNS, LONG_PATTERN);

const operatorsOf = (kind: FieldKind): Readonly<Record<string, fc.Arbitrary<Json>>> => {
  const value = kind === "datetime" ? fc.oneof(VALUES.datetime, elsewhere) : VALUES[kind];
  const list = fc.array(value, { maxLength: 4 }) as fc.Arbitrary<Json>;
  const exists = { exists: fc.boolean() as fc.Arbitrary<Json> };
  const nullable = fc.oneof({ arbitrary: value, weight: 5 }, fc.constant<Json>(null));
  const equality = { eq: nullable, ne: nullable, in: list, nin: list, ...exists };
  if (kind === "boolean") return equality;
  const between = fc.tuple(value, value) as fc.Arbitrary<Json>;
  const order = { ...equality, lt: value, lte: value, gt: value, gte: value, between };
  if (kind !== "string") return order;
  const piece = fc.constantFrom<Json>(...TEXTS, "lobe", "b");
  const expressions = fc.constantFrom<Json>(...EXPRESSIONS);
  const text = { like: patterns, ilike: patterns, regex: expressions, contains: piece };
  return { ...order, ...text, starts_with: piece };
};

/** The instants of the domain written with another offset or fewer digits. */
const elsewhere = fc.constantFrom<Json>(
  "2026-01-01T01:00:00+01:00",
  "2025-12-31T19:00:00.0-05:00",
  "2026-01-01T00:00:00.000001Z",
  "2026-07-01T00:00:00.25+01:30",
);

const WORDS = fc.constantFrom<Json>("red", "green", "blue", "a", "none");
const WORD_LISTS = fc.array(WORDS, { maxLength: 3 }) as fc.Arbitrary<Json>;
const LIST_OPERATORS: Readonly<Record<string, fc.Arbitrary<Json>>> = {
  contains: WORDS,
  contains_any: WORD_LISTS,
  contains_all: WORD_LISTS,
  exists: fc.boolean(),
};

const formOf = (
  path: string,
  operators: Readonly<Record<string, fc.Arbitrary<Json>>>,
): fc.Arbitrary<JsonObject> => {
  const names = Object.keys(operators);
  return fc
    .uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 2 })
    .chain((chosen) =>
      fc.record(
        Object.fromEntries(chosen.map((name) => [name, operators[name] as fc.Arbitrary<Json>])),
      ),
    )
    .map((form) => ({ [path]: form as Json }));
};

const equalityOf = (path: string, kind: FieldKind): fc.Arbitrary<JsonObject> =>
  fc
    .oneof({ arbitrary: VALUES[kind], weight: 5 }, fc.constant<Json>(null))
    .map((value) => ({ [path]: value }));

const leavesOf = (name: string, kind: FieldKind): readonly fc.Arbitrary<JsonObject>[] => {
  if (kind === "list") return [formOf(name, LIST_OPERATORS)];
  if (kind !== "json") return [formOf(name, operatorsOf(kind)), equalityOf(name, kind)];
  const scalars = ["a", "b.c", "b.d"].flatMap((path) =>
    (["string", "number", "boolean"] as const).map((inner) =>
      formOf(`${name}.${path}`, operatorsOf(inner)),
    ),
  );
  return [...scalars, formOf(`${name}.list`, LIST_OPERATORS)];
};

const METADATA_LEAVES: readonly fc.Arbitrary<JsonObject>[] = [
  formOf("license", operatorsOf("string")),
  formOf("version", operatorsOf("integer")),
  equalityOf("license", "string"),
  fc.constantFrom("public", "internal", "restricted").map((level) => ({ access_level: level })),
  fc.constantFrom<JsonObject>({ parent_identifier: null }, { parent_identifier: { exists: true } }),
];

/** Filters over the fields of a type and the metadata, nested up to a depth. */
export const filterOf = (type: TypeModel, depth: number): fc.Arbitrary<JsonObject> => {
  const leaves = Object.entries(type).flatMap(([name, field]) => leavesOf(name, field.kind));
  const leaf = fc.oneof(...leaves, ...METADATA_LEAVES);
  const level = (left: number): fc.Arbitrary<JsonObject> => {
    if (left === 0) return leaf;
    const inner = level(left - 1);
    const parts = fc.array(inner, { maxLength: 3 });
    return fc.oneof(
      { arbitrary: leaf, weight: 3 },
      { arbitrary: parts.map((and) => ({ and })), weight: 1 },
      { arbitrary: parts.map((or) => ({ or })), weight: 1 },
      { arbitrary: inner.map((not) => ({ not })), weight: 1 },
      { arbitrary: fc.tuple(leaf, leaf).map(([a, b]) => ({ ...a, ...b })), weight: 1 },
    );
  };
  return level(depth);
};
