// Random documents of one payload type with a field of every kind, and random conditions and sort
// keys over them.
import fc from "fast-check";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import type { CompareOperator, Condition, Literal } from "../../../src/query/condition.ts";
import { METADATA_COLUMNS, type Path, type Segment } from "../../../src/query/path.ts";
import type { SortKey } from "../../../src/query/query.ts";
import type { FieldKind } from "../../../src/schema/type.ts";
import {
  DAYS,
  documents,
  INSTANTS,
  integers,
  names,
  reals,
  scalars,
  texts,
  tiny,
} from "./sample-values.ts";
import { focusedLeaves } from "./focused-leaves.ts";

/** The fields of the sample type: name, kind, and whether there is a typed column. */
export const SAMPLE_FIELDS: readonly {
  readonly name: string;
  readonly kind: FieldKind;
  readonly column: boolean;
}[] = [
  { name: "label", kind: "string", column: true },
  { name: "count", kind: "integer", column: true },
  { name: "dose", kind: "number", column: true },
  { name: "checked", kind: "boolean", column: true },
  { name: "day", kind: "date", column: true },
  { name: "taken_at", kind: "datetime", column: true },
  { name: "tags", kind: "list", column: true },
  { name: "scores", kind: "list", column: true },
  { name: "mixed", kind: "json", column: true },
  { name: "note", kind: "string", column: false },
  { name: "nested", kind: "json", column: false },
];

const VALUES: Readonly<Record<string, fc.Arbitrary<Json>>> = {
  label: texts,
  count: integers,
  dose: reals,
  checked: fc.boolean(),
  day: fc.constantFrom(...DAYS),
  taken_at: fc.constantFrom(...INSTANTS),
  tags: fc.array(texts, { maxLength: 4 }),
  scores: fc.array(fc.oneof(integers, reals), { maxLength: 4 }),
  mixed: fc.oneof(documents, tiny),
  note: texts,
  nested: fc.oneof(documents, tiny),
};

/** Payloads of the sample type: every member may be missing or null. */
export const payloads: fc.Arbitrary<JsonObject> = fc
  .record(
    Object.fromEntries(
      Object.entries(VALUES).map(([name, value]) => [
        name,
        fc.oneof({ weight: 9, arbitrary: value }, { weight: 1, arbitrary: fc.constant(null) }),
      ]),
    ),
    { requiredKeys: [], noNullPrototype: true },
  )
  // The form after parsing a request: JSON has no negative zero.
  .map((payload) => JSON.parse(JSON.stringify(payload)) as JsonObject);

/** Constants of conditions: of every kind, and metadata values of the sample rows. */
export const literals: fc.Arbitrary<Literal> = fc.oneof(
  { weight: 4, arbitrary: texts },
  { weight: 3, arbitrary: integers },
  { weight: 2, arbitrary: reals },
  { weight: 2, arbitrary: fc.boolean() },
  { weight: 1, arbitrary: fc.constantFrom<string>(...DAYS, ...INSTANTS, "r1", "r3", "internal") },
);

const key = (name: string): Segment => ({ kind: "key", name });
const ANY: Segment = { kind: "any" };
const SIZE: Segment = { kind: "size" };
const PARENT: Segment = { kind: "parent" };

const segments: fc.Arbitrary<Segment> = fc.oneof(
  { weight: 5, arbitrary: names.map(key) },
  {
    weight: 2,
    arbitrary: fc.integer({ min: -3, max: 3 }).map((index): Segment => ({ kind: "index", index })),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom("0", "1", "2")
      .map((name): Segment => ({ kind: "keyOrIndex", name })),
  },
  { weight: 3, arbitrary: fc.constant(ANY) },
  { weight: 1, arbitrary: fc.constant(SIZE) },
  { weight: 1, arbitrary: fc.constant(PARENT) },
);

const rest = (most: number): fc.Arbitrary<readonly Segment[]> =>
  fc.array(segments, { maxLength: most });

const fields = fc.constantFrom(...SAMPLE_FIELDS.map(({ name }) => name), "unknown");

/** Paths from the payload: mostly to a field, some into it, some to a metadata column. */
const paths: fc.Arbitrary<Path> = fc.oneof(
  { weight: 6, arbitrary: fields.map((name): Path => ({ segments: [key(name)] })) },
  {
    weight: 5,
    arbitrary: fc
      .tuple(fc.constantFrom("mixed", "nested", "tags", "scores"), rest(4))
      .map(([name, more]): Path => ({ segments: [key(name), ...more] })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fields, rest(3))
      .map(([name, more]): Path => ({ segments: [key(name), ...more] })),
  },
  { weight: 1, arbitrary: rest(2).map((more): Path => ({ segments: more })) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(...METADATA_COLUMNS)
      .map((column): Path => ({ column, segments: [] })),
  },
);

/** Paths from an element of an array. */
const innerPaths: fc.Arbitrary<Path> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Path>({ segments: [] }) },
  { weight: 4, arbitrary: rest(2).map((more): Path => ({ segments: more })) },
  { weight: 1, arbitrary: fields.map((name): Path => ({ segments: [PARENT, key(name)] })) },
  { weight: 1, arbitrary: paths.filter(({ column }) => column !== undefined) },
);

const OPERATORS: readonly CompareOperator[] = ["eq", "ne", "lt", "lte", "gt", "gte"];

const operators = fc.constantFrom(...OPERATORS);

const pieces = fc.oneof(
  texts,
  fc.constantFrom(
    "%",
    "_",
    "a%",
    "%b",
    "%a%",
    "a%b",
    "a_%",
    "__",
    "%\\%%",
    "A%é_",
    "a%b%c",
    "%a long text that no pattern of fifty bytes_could ever hold%",
  ),
);

const patterns = fc.constantFrom(
  "a",
  "^a",
  "b$",
  "^.$",
  "[A-Z]",
  "^(a|b)+$",
  "\\d",
  "é",
  "^$",
  "k\nb",
);

const lists = fc.oneof(
  { weight: 6, arbitrary: fc.array(literals, { maxLength: 5 }) },
  { weight: 1, arbitrary: fc.array(literals, { minLength: 40, maxLength: 60 }) },
);

const listPaths = fc.constantFrom<Path>(
  { segments: [key("tags")] },
  { segments: [key("scores")] },
  { segments: [key("mixed")] },
  { segments: [key("mixed"), ANY] },
  { segments: [key("nested"), key("a")] },
);

const pairsOf = (path: fc.Arbitrary<Path>): fc.Arbitrary<Condition> =>
  fc.record({
    kind: fc.constant("pairs" as const),
    left: fc.oneof(path, listPaths),
    op: operators,
    right: fc.oneof(path, listPaths),
  });

const leaves = (path: fc.Arbitrary<Path>): fc.Arbitrary<Condition> =>
  fc.oneof(
    fc.constant<Condition>({ kind: "true" }),
    fc.record({ kind: fc.constant("compare" as const), path, op: operators, value: literals }),
    fc.record({ kind: fc.constant("compare" as const), path, op: operators, value: literals }),
    fc.record({ kind: fc.constant("fields" as const), left: path, op: operators, right: path }),
    pairsOf(path),
    fc.record({
      kind: fc.constant("equals" as const),
      path,
      value: fc.oneof(scalars, documents, fc.array(texts, { maxLength: 3 })),
    }),
    fc.record({ kind: fc.constant("in" as const), path, values: lists }),
    fc.record({ kind: fc.constant("exists" as const), path }),
    fc.record({ kind: fc.constant("between" as const), path, low: literals, high: literals }),
    fc.record({ kind: fc.constant("like" as const), path, pattern: pieces, fold: fc.boolean() }),
    fc.record({
      kind: fc.constant("text" as const),
      path,
      where: fc.constantFrom("contains" as const, "starts" as const, "ends" as const),
      value: texts,
      fold: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant("match" as const),
      path,
      pattern: patterns,
      flags: fc.constantFrom("", "i", "s", "im"),
      scalars: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant("contains" as const),
      path,
      quantifier: fc.constantFrom("any" as const, "all" as const, "none" as const),
      values: lists,
    }),
  );

const trees = (path: fc.Arbitrary<Path>, depth: number): fc.Arbitrary<Condition> => {
  const leaf = leaves(path);
  if (depth === 0) return leaf;
  const inner = trees(path, depth - 1);
  const list = fc.array(inner, { maxLength: 4 });
  return fc.oneof(
    { weight: 6, arbitrary: leaf },
    { weight: 2, arbitrary: list.map((of): Condition => ({ kind: "and", of })) },
    { weight: 2, arbitrary: list.map((of): Condition => ({ kind: "or", of })) },
    { weight: 2, arbitrary: inner.map((of): Condition => ({ kind: "not", of })) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(path, trees(innerPaths, depth - 1))
        .map(([at, condition]): Condition => ({ kind: "element", path: at, condition })),
    },
  );
};

/** Conditions over the sample type: every kind of node, operands of every kind. */
export const conditions: fc.Arbitrary<Condition> = fc.oneof(
  { weight: 3, arbitrary: trees(paths, 3) },
  { weight: 2, arbitrary: focusedLeaves },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom("and" as const, "or" as const),
        fc.array(focusedLeaves, { maxLength: 4 }),
      )
      .map(([kind, of]): Condition => ({ kind, of })),
  },
);

/** One to three sort keys over the sample type. */
export const sortKeys: fc.Arbitrary<readonly SortKey[]> = fc.array(
  fc.record({
    path: paths,
    direction: fc.constantFrom("asc" as const, "desc" as const),
    missing: fc.constantFrom("first" as const, "last" as const),
  }),
  { minLength: 1, maxLength: 3 },
);
