/** The meaning of a condition, in plain TypeScript: the reference for the SQL compiler. */
import { AppError } from "../model/error.ts";
import { jsonEqual, type Json, type JsonObject } from "../model/json.ts";
import type { CompareOperator, Condition } from "./condition.ts";
import { likeTest } from "./like.ts";
import {
  admits,
  kindOf,
  operandKinds,
  OPERATORS,
  positiveOf,
  type Leaf,
  type LeafOf,
  type Positive,
} from "./operators.ts";
import type { MetadataColumn, Path } from "./path.ts";
import { compilePattern } from "./pattern.ts";
import { elementPlace, elementsOf, resolve, rootPlace, type Place } from "./resolve.ts";
import { compareText, foldCase } from "./text.ts";
import { UNCOUNTED, type CountComparisons } from "./comparisons.ts";

/** Reads a metadata column of the resource; instants are microseconds. */
export type Columns = (name: MetadataColumn) => string | number | null;

/** One resource as conditions see it. */
export interface ConditionRow {
  readonly column: Columns;
  readonly payload: JsonObject;
  /** The linked records; absent when no condition needs them. */
  readonly related?: RelatedRows;
}

/** The visible records that a relation links to a resource. */
export type RelatedRows = (relation: string) => readonly ConditionRow[];

const UNRELATED: RelatedRows = () => [];

/** True when the row satisfies the condition. */
export function matches(
  condition: Condition,
  { column, payload, related = UNRELATED }: ConditionRow,
  count: CountComparisons = UNCOUNTED,
): boolean {
  return holdsAt(condition, rootPlace(payload), { column, related, count });
}

/**
 * True when the condition holds with its paths starting at a place inside a document.
 *
 * @throws AppError `invalid_value` for a regular expression that cannot be read.
 */
export function matchesAt(
  condition: Condition,
  place: Place,
  column: Columns,
  count: CountComparisons = UNCOUNTED,
): boolean {
  return holdsAt(condition, place, { column, related: UNRELATED, count });
}

const holdsAt = (condition: Condition, place: Place, testing: Testing): boolean => {
  testing.count(1);
  const holds = (inner: Condition): boolean => holdsAt(inner, place, testing);
  if (condition.kind === "true") return true;
  if (condition.kind === "not") return !holds(condition.of);
  if (condition.kind === "and") return condition.of.every(holds);
  if (condition.kind === "or") return condition.of.some(holds);
  if (condition.kind === "related") {
    const rows = testing.related(condition.relation);
    return rows.some((row) => matches(condition.condition, row, testing.count));
  }
  return preparedOf(condition)(place, testing);
};

/** The places of a path; a metadata column is a single place without anything below it. */
export function placesAt(path: Path, place: Place, column: Columns): readonly Place[] {
  return path.column === undefined
    ? resolve(path.segments, place)
    : [rootPlace(path.segments.length === 0 ? column(path.column) : null)];
}

/** What is constant while a row is tested. */
interface Testing {
  readonly column: Columns;
  readonly related: RelatedRows;
  readonly count: CountComparisons;
}

type Test = (place: Place, testing: Testing) => boolean;

const fieldsTest = ({
  leaf,
  rule,
  negated,
}: Positive & { readonly leaf: LeafOf<"fields"> }): Test => {
  const isRelated = (left: Json, right: Json): boolean =>
    admits(rule, kindOf(left), [kindOf(right)]) && compares(leaf.op, left, right);
  return (place, { column, count }) => {
    const rights = placesAt(leaf.right, place, column);
    const holds = placesAt(leaf.left, place, column).some((left) => {
      count(rights.length);
      return rights.some((right) => isRelated(left.value, right.value));
    });
    return holds !== negated;
  };
};

/** Compares two scalars, or two nulls, as `fields` does. */
const isOrdered = (op: CompareOperator, left: Json, right: Json): boolean => {
  const rule = OPERATORS[`fields ${op}`];
  return (
    "takes" in rule && admits(rule, kindOf(left), [kindOf(right)]) && compares(op, left, right)
  );
};

const isPaired = (op: CompareOperator, left: Json, right: Json): boolean => {
  if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
  if (left.length === 0) return op === "eq" || op === "lte" || op === "gte";
  return elementsOf(left).every((one, at) => isOrdered(op, one, elementsOf(right)[at] ?? null));
};

const pairsTest =
  (leaf: LeafOf<"pairs">, negated: boolean): Test =>
  (place, { column, count }) => {
    const rights = placesAt(leaf.right, place, column);
    const holds = placesAt(leaf.left, place, column).some((left) => {
      count(rights.length * (1 + elementsOf(left.value).length));
      return rights.some((right) => isPaired(leaf.op, left.value, right.value));
    });
    return holds !== negated;
  };

const leafTest = (requested: Leaf): Test => {
  const { leaf, rule, negated } = positiveOf(requested);
  if (leaf.kind === "fields") return fieldsTest({ leaf, rule, negated });
  if (leaf.kind === "pairs") return pairsTest(leaf, negated);
  const operands = operandKinds(leaf);
  const weightOf = weightFor(leaf);
  const test = leaf.kind === "element" ? elementTest(leaf) : onValue(valueTest(leaf));
  return (place, testing) => {
    const holds = placesAt(leaf.path, place, testing.column).some((found) => {
      testing.count(weightOf(found.value));
      return admits(rule, kindOf(found.value), operands) && test(found, testing);
    });
    return holds !== negated;
  };
};

/** How many comparisons the test of a value counts as: strings and arrays are scanned. */
const weightFor = (
  leaf: Exclude<Leaf, { readonly kind: "fields" | "pairs" }>,
): ((value: Json) => number) => {
  const size = leaf.kind === "match" ? (compilePattern(leaf.pattern, leaf.flags)?.size ?? 0) : 0;
  const perCharacter = Math.max(1 / CHARACTERS, size / PATTERN_WORK);
  return (value) =>
    1 + (typeof value === "string" ? value.length * perCharacter : elementsOf(value).length);
};

/** Characters of a string that are scanned in the time of a comparison. */
const CHARACTERS = 32;

/**
 * Instructions of a regular expression times characters that are done in the time of a comparison.
 */
const PATTERN_WORK = 100;

/** Tests are created once per leaf, not once per row. */
const prepared = new WeakMap<Leaf, Test>();

const preparedOf = (leaf: Leaf): Test => {
  const known = prepared.get(leaf);
  if (known !== undefined) return known;
  const test = leafTest(leaf);
  prepared.set(leaf, test);
  return test;
};

/** Orders two scalars of one kind; false comes before true. */
const order = (left: Json, right: Json): number => {
  if (typeof left === "string") return compareText(left, right as string);
  return Number(left) - Number(right);
};

const compares = (op: CompareOperator, left: Json, right: Json): boolean => {
  switch (op) {
    case "eq":
      return left === right;
    case "ne":
      return left !== right;
    case "lt":
      return order(left, right) < 0;
    case "lte":
      return order(left, right) <= 0;
    case "gt":
      return order(left, right) > 0;
    case "gte":
      return order(left, right) >= 0;
  }
};

const containsTest = ({ quantifier, values }: LeafOf<"contains">): ((value: Json) => boolean) => {
  const wanted = new Set<Json>(values);
  if (quantifier !== "all") return (value) => elementsOf(value).some((one) => wanted.has(one));
  return (value) => {
    const held = new Set(elementsOf(value));
    return values.every((one) => held.has(one));
  };
};

const TEXT_TESTS: Readonly<
  Record<LeafOf<"text">["where"], (text: string, piece: string) => boolean>
> = {
  contains: (text, piece) => text.includes(piece),
  starts: (text, piece) => text.startsWith(piece),
  ends: (text, piece) => text.endsWith(piece),
};

const textTest = (leaf: LeafOf<"text">): ((text: string) => boolean) => {
  const test = TEXT_TESTS[leaf.where];
  const piece = leaf.fold ? foldCase(leaf.value) : leaf.value;
  return leaf.fold ? (text) => test(foldCase(text), piece) : (text) => test(text, piece);
};

const matchTest = (leaf: LeafOf<"match">): ((text: string) => boolean) => {
  const test = compilePattern(leaf.pattern, leaf.flags)?.test;
  if (test === undefined) {
    throw new AppError("invalid_value", "The regular expression is not valid RE2 syntax.");
  }
  return test;
};

type ValueLeaf = Exclude<Leaf, { readonly kind: "fields" | "pairs" | "element" }>;

/** The test of one value whose kind the operator accepts. */
const valueTest = (leaf: ValueLeaf): ((value: Json) => boolean) => {
  switch (leaf.kind) {
    case "compare":
      return (value) => compares(leaf.op, value, leaf.value);
    case "equals":
      return (value) => jsonEqual(value, leaf.value);
    case "in": {
      const values = new Set<Json>(leaf.values);
      return (value) => values.has(value);
    }
    case "exists":
      return () => true;
    case "between":
      return (value) => order(value, leaf.low) >= 0 && order(value, leaf.high) <= 0;
    case "like":
      return onText(likeTest(leaf.pattern, leaf.fold));
    case "text":
      return onText(textTest(leaf));
    case "match":
      return onText(matchTest(leaf));
    case "contains":
      return containsTest(leaf);
  }
};

const onText =
  (test: (text: string) => boolean): ((value: Json) => boolean) =>
  (value) =>
    test(typeof value === "string" ? value : JSON.stringify(value));

const onValue =
  (test: (value: Json) => boolean): Test =>
  ({ value }) =>
    test(value);

const elementTest =
  (leaf: LeafOf<"element">): Test =>
  (found, testing) =>
    elementsOf(found.value).some((value) =>
      holdsAt(leaf.condition, elementPlace(found, value), testing),
    );
