/** The condition of each comparator for a field and a constant, two fields, and two constants. */
import type { Json } from "../../../model/json.ts";
import { LIMITS } from "../../../model/limits.ts";
import {
  isLiteral,
  not,
  type CompareOperator,
  type Condition,
  type Literal,
} from "../../../query/condition.ts";
import { matches } from "../../../query/matches.ts";
import { keyPath } from "../../../query/path.ts";
import { compilePattern } from "../../../query/pattern.ts";
import { refuse } from "./error.ts";
import { readLiteral, refuseUnstorable } from "./literal.ts";
import type { FieldTarget, Holds } from "./target.ts";

const NEVER: Condition = { kind: "or", of: [] };
const ALWAYS: Condition = { kind: "true" };

type Compile = (target: FieldTarget, value: Json, at: string) => Condition;

const compare =
  (op: CompareOperator): Compile =>
  (target, value, at) =>
    // No order comparison with null holds.
    value === null
      ? NEVER
      : { kind: "compare", path: target.path, op, value: readLiteral(value, target, at) };

const OPEN: readonly Holds[] = ["json", "list", "free"];

const equal: Compile = (target, value, at) => {
  const { path, holds, declared = holds } = target;
  if (value === null) return not({ kind: "exists", path });
  if (isLiteral(value)) return compare("eq")(target, value, at);
  refuseUnstorable(value, at);
  return OPEN.includes(declared)
    ? { kind: "equals", path, value }
    : refuse(at, `Expected one value to compare ${target.name} with.`);
};

const listOf = (value: Json, target: FieldTarget, at: string): readonly Literal[] => {
  if (!Array.isArray(value)) return refuse(at, "Expected an array of values.");
  if (value.length > LIMITS.filterListMax) {
    return refuse(at, `Expected at most ${LIMITS.filterListMax} values.`);
  }
  const given = (value as readonly Json[]).filter((each) => each !== null);
  return given.map((each) => readLiteral(each, target, at));
};

const within: Compile = (target, value, at) => ({
  kind: "in",
  path: target.path,
  values: listOf(value, target, at),
});

const without: Compile = (target, value, at) => ({
  kind: "and",
  of: [{ kind: "exists", path: target.path }, not(within(target, value, at))],
});

const nullness: Compile = ({ path }, value, at) => {
  if (value === true) return not({ kind: "exists", path });
  return value === false ? { kind: "exists", path } : refuse(at, "Expected true or false.");
};

const textOf = (value: Json, at: string): string => {
  if (typeof value !== "string") return refuse(at, "Expected a text.");
  refuseUnstorable(value, at);
  return value;
};

const TEXTUAL: readonly Holds[] = ["string", "uuid", "date", "datetime", "id", "json", "free"];

/** LIKE never matches a value that is not a string. */
const like: Compile = ({ path, holds }, value, at) => {
  const pattern = textOf(value, at);
  return TEXTUAL.includes(holds) ? { kind: "like", path, pattern, fold: false } : NEVER;
};

const regex: Compile = ({ path, holds }, value, at) => {
  const pattern = textOf(value, at);
  if (compilePattern(pattern) === undefined) {
    const most = LIMITS.regexLengthMax;
    return refuse(at, `Expected an RE2 expression of at most ${most} characters.`);
  }
  if (holds === "instant" || holds === "list") return NEVER;
  const scalars = !TEXTUAL.includes(holds);
  return { kind: "match", path, pattern, flags: "", ...(scalars ? { scalars } : {}) };
};

const between: Compile = (target, value, at) => {
  const [low, high, ...more] = Array.isArray(value) ? (value as readonly Json[]) : [];
  if (low === undefined || high === undefined || more.length > 0) {
    return refuse(at, "Expected an array of two values.");
  }
  if (low === null || high === null) return NEVER;
  return {
    kind: "between",
    path: target.path,
    low: readLiteral(low, target, at),
    high: readLiteral(high, target, at),
  };
};

const COMPARATORS: Readonly<Record<string, Compile>> = {
  "=": equal,
  "!=": (target, value, at) => not(equal(target, value, at)),
  "<": compare("lt"),
  "<=": compare("lte"),
  ">": compare("gt"),
  ">=": compare("gte"),
  in: within,
  "not in": without,
  null: nullness,
  like,
  regex,
  between,
};

/** The same comparison with its sides swapped; undefined for comparators that cannot be swapped. */
export const FLIPPED: Readonly<Record<string, string>> = {
  "=": "=",
  "!=": "!=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

/** True for the name of a comparator. */
export function isComparator(word: Json | undefined): word is string {
  return typeof word === "string" && Object.hasOwn(COMPARATORS, word.toLowerCase());
}

/** The condition that compares a field with a constant. */
export function leafOf(
  target: FieldTarget,
  comparator: string,
  value: Json,
  at: string,
): Condition {
  return (
    COMPARATORS[comparator]?.(target, value, at) ??
    refuse(at, "Expected a comparator.", "unknown_operator")
  );
}

const OPERATORS: Readonly<Record<string, CompareOperator>> = {
  "=": "eq",
  "!=": "ne",
  "<": "lt",
  "<=": "lte",
  ">": "gt",
  ">=": "gte",
};

/** The condition that compares two fields of one record. */
export function compareFields(
  left: FieldTarget,
  comparator: string,
  right: FieldTarget,
  at: string,
): Condition {
  const op = OPERATORS[comparator];
  if (op === undefined) return refuse(at, `Expected a constant on the right of ${comparator}.`);
  if ((left.holds === "instant") !== (right.holds === "instant")) {
    return refuse(at, `Expected two fields of one kind: ${left.name} and ${right.name} are not.`);
  }
  return { kind: "fields", left: left.path, op, right: right.path };
}

/** The condition of two constants: always or never true. */
export function compareValues(left: Json, comparator: string, right: Json, at: string): Condition {
  const target = {
    kind: "field" as const,
    way: [],
    name: "value",
    path: keyPath("value"),
    holds: "free" as const,
    isField: false,
  };
  const condition = leafOf(target as unknown as FieldTarget, comparator, right, at);
  const row = { column: () => null, payload: { value: left } };
  return matches(condition, row) ? ALWAYS : NEVER;
}
