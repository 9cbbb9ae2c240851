/** Comparisons of two fields of one document: scalars and arrays of scalars, on either side. */
import { and, not, type CompareOperator, type Condition } from "../../../query/condition.ts";
import type { Path, Segment } from "../../../query/path.ts";
import { refuse, quoted } from "../../../schema/entity/error.ts";
import type { ScalarType } from "../../../schema/entity/metadata.ts";
import type { Found } from "./path.ts";
import { comparisonOf } from "./values.ts";

interface Side {
  readonly found: Found;
  readonly isArray: boolean;
  readonly type: ScalarType;
}

const EXPECTED = "crud:SimpleFieldOrSimpleArrayExpected";

const sideOf = (found: Found): Side => {
  const { field } = found.place;
  if (found.isSize) return { found, isArray: false, type: "integer" };
  if (field.kind === "scalar") return { found, isArray: false, type: field.type };
  return field.kind === "array" && field.items.kind === "scalar"
    ? { found, isArray: true, type: field.items.type }
    : refuse(EXPECTED, quoted(found.text));
};

/** Types whose stored values are of one kind. */
const kindOf = (type: ScalarType): string => {
  if (type === "integer" || type === "double") return "number";
  return type === "uid" ? "string" : type;
};

const refuseIncomparable = (left: Side, op: CompareOperator, right: Side): void => {
  const isEquality = op === "eq" || op === "ne";
  const fits =
    kindOf(left.type) === kindOf(right.type) &&
    (comparisonOf(left.type) === "order" || (isEquality && comparisonOf(left.type) === "equality"));
  if (!fits) refuse("mongo-translation:invalid-comparison", quoted(right.found.text));
};

const MIRRORED: Readonly<Record<CompareOperator, CompareOperator>> = {
  eq: "eq",
  ne: "ne",
  lt: "gt",
  gt: "lt",
  lte: "gte",
  gte: "lte",
};

const exists = (path: Path): Condition => ({ kind: "exists", path });

const upBy = (steps: number, path: Path): Path =>
  path.column === undefined
    ? {
        segments: [
          ...Array.from({ length: steps }, (): Segment => ({ kind: "parent" })),
          ...path.segments,
        ],
      }
    : path;

/** From an element of the array at a path, this many objects up is where the path started. */
const heightOf = (segments: readonly Segment[]): number =>
  segments.filter(({ kind }) => kind === "key").length;

/** The condition that fails where an operator does not hold between two scalars of one kind. */
const FAILING: Readonly<Record<Exclude<CompareOperator, "ne">, readonly CompareOperator[]>> = {
  eq: ["lt", "gt"],
  lt: ["gte"],
  lte: ["gt"],
  gt: ["lte"],
  gte: ["lt"],
};

/**
 * The scalar compares with all elements, of which there is at least one; `ne` holds unless all are
 * equal to it.
 */
const againstAll = (scalar: Path, op: CompareOperator, array: readonly Segment[]): Condition => {
  const elements: Path = { segments: [...array, { kind: "any" }] };
  const fails = (operator: Exclude<CompareOperator, "ne">): Condition => ({
    kind: "or",
    of: [
      ...FAILING[operator].map((each): Condition => ({
        kind: "fields",
        left: scalar,
        op: each,
        right: elements,
      })),
      // An element is null, or there is none.
      { kind: "equals", path: elements, value: null },
    ],
  });
  return and([
    exists(scalar),
    exists({ segments: array }),
    op === "ne" ? fails("eq") : not(fails(op)),
  ]);
};

/** Where the array is below `*`, each of the arrays is compared by itself. */
const scalarAgainstArray = (scalar: Found, op: CompareOperator, array: Found): Condition => {
  const at = array.segments.findLastIndex(({ kind }) => kind === "any");
  const around = array.segments.slice(0, Math.max(at, 0));
  if (at === -1 || around.some(({ kind }) => kind === "parent")) {
    return againstAll(scalar.path, op, array.segments);
  }
  const condition = againstAll(
    upBy(heightOf(around), scalar.path),
    op,
    array.segments.slice(at + 1),
  );
  return { kind: "element", path: { segments: around }, condition };
};

/** The condition that compares one field with another by an operator. */
export function compareFields(first: Found, op: CompareOperator, second: Found): Condition {
  const [left, right] = [sideOf(first), sideOf(second)];
  refuseIncomparable(left, op, right);
  const both = [exists(first.path), exists(second.path)];
  if (left.isArray && right.isArray) {
    return and([...both, { kind: "pairs", left: first.path, op, right: second.path }]);
  }
  if (right.isArray) return scalarAgainstArray(first, op, second);
  if (left.isArray) return scalarAgainstArray(second, MIRRORED[op], first);
  return and([...both, { kind: "fields", left: first.path, op, right: second.path }]);
}

/** The condition that the value of one field is an element of another. */
export function isInField(value: Found, array: Found): Condition {
  const [left, right] = [sideOf(value), sideOf(array)];
  if (left.isArray) refuse(EXPECTED, quoted(value.text));
  if (!right.isArray) refuse("crud:ArrayFieldExpected", quoted(array.text));
  refuseIncomparable(left, "eq", right);
  const elements = { segments: [...array.segments, { kind: "any" as const }] };
  return and([exists(value.path), { kind: "fields", left: value.path, op: "eq", right: elements }]);
}
