/** Compiles conditions to SQL: each leaf by the operator table, combined in two-valued logic. */
import { isJsonObject, type Json } from "../../model/json.ts";
import type { Condition, Literal } from "../../query/condition.ts";
import {
  admits,
  KINDS,
  kindOf,
  operandKinds,
  positiveOf,
  type Kind,
  type Leaf,
  type LeafOf,
  type Rule,
} from "../../query/operators.ts";
import { elementsOf } from "../../query/resolve.ts";
import { fits, lists, literal } from "./literal.ts";
import {
  all,
  atLeast,
  countIn,
  existsIn,
  FALSE,
  isFalse,
  isTrue,
  negation,
  some,
  test,
  TRUE,
  UNDECIDED,
  type Logic,
} from "./logic.ts";
import { follow, isPayload, PAYLOAD, type Spot, type Start, type Target } from "./target.ts";
import { compileTwo, elements, guard, somewhere, SYMBOLS, type Document } from "./two-values.ts";
import { likeTest, pieceTest, type Subject } from "./text.ts";
import { raw, sql, type Sql } from "../sql/template.ts";

/**
 * SQL of a condition whose paths start at a spot. Pass conditions in normal form: the negation of a
 * compound condition is undecided unless all of it is exact.
 */
export function compileAt(condition: Condition, start: Start): Logic {
  if (condition.kind === "true") return TRUE;
  if (condition.kind === "and") return all(condition.of.map((inner) => compileAt(inner, start)));
  if (condition.kind === "or") return some(condition.of.map((inner) => compileAt(inner, start)));
  if (condition.kind === "related") return compileRelated(condition, start);
  return condition.kind === "not"
    ? negation(compileAt(condition.of, start))
    : compileLeaf(condition, start);
}

type Related = Extract<Condition, { readonly kind: "related" }>;

const compileRelated = ({ relation, condition }: Related, start: Start): Logic => {
  const { context, level } = start;
  const places = context.scope.related?.(relation) ?? [];
  return some(
    places.map(({ source, where, scope }) => {
      const below = { spot: PAYLOAD, level: level + 1, context: { ...context, scope } };
      return existsIn(source, [test(sql`(${where})`), compileAt(condition, below)]);
    }),
  );
};

const compileLeaf = (given: Leaf, start: Start): Logic => {
  const { leaf, rule, negated } = positiveOf(given);
  if (!constantsOf(leaf).every(fits)) return UNDECIDED;
  const logic =
    leaf.kind === "fields" || leaf.kind === "pairs"
      ? compileTwo(leaf, rule, start)
      : follow(
          leaf.path,
          start,
          somewhere((target, level) => atTarget(leaf, rule, target, { ...start, level })),
        );
  return negated ? negation(logic) : logic;
};

const constantsOf = (leaf: Leaf): readonly Json[] => {
  switch (leaf.kind) {
    case "compare":
    case "text":
      return [leaf.value];
    case "equals":
      return [typeof leaf.value === "string" ? leaf.value : JSON.stringify(leaf.value)];
    case "in":
    case "contains":
      return leaf.values;
    case "between":
      return [leaf.low, leaf.high];
    case "like":
    case "match":
      return [leaf.pattern];
    case "fields":
    case "pairs":
    case "exists":
    case "element":
      return [];
  }
};

const present = (value: Sql): Logic => test(sql`${value} IS NOT NULL`);

type PathLeaf = Exclude<Leaf, { readonly kind: "fields" | "pairs" }>;

const atTarget = (leaf: PathLeaf, rule: Rule, target: Target, start: Start): Logic => {
  if (target.kind === "nothing") return admits(rule, "null", operandKinds(leaf)) ? TRUE : FALSE;
  if (rule.takes === "present") return present(target.value);
  const operands = operandKinds(leaf);
  const kinds = KINDS.filter((kind) => admits(rule, kind, operands));
  return some(kinds.map((kind) => ofKind(leaf, kind, target, start)));
};

type Found = Exclude<Target, { readonly kind: "nothing" }>;

const ofKind = (leaf: PathLeaf, kind: Kind, target: Found, start: Start): Logic => {
  const guarded = guard(target, kind);
  if (isFalse(guarded) || kind === "null") return guarded;
  const logic = all([guarded, valueTest(leaf, kind, target, start)]);
  // A test that holds for every value of a column must still fail for NULL.
  return isTrue(logic) ? { ...present(target.value), exact: logic.exact } : logic;
};

/** The test of a target whose value is of a kind that the rule admits. */
const valueTest = (leaf: PathLeaf, kind: Kind, target: Found, start: Start): Logic => {
  const { value } = target;
  const { literals } = start.context;
  switch (leaf.kind) {
    case "compare":
      return test(sql`${value} ${raw(SYMBOLS[leaf.op])} ${literal(literals, leaf.value)}`);
    case "equals":
      return equalsTest(leaf.value, target, start);
    case "in":
      return inTest(
        value,
        leaf.values.filter((one) => kindOf(one) === kind),
      );
    case "between": {
      const [low, high] = [literal(literals, leaf.low), literal(literals, leaf.high)];
      // Not BETWEEN for a column: SQLite would use its lower bound for the index instead of the keyset's.
      return target.kind === "column"
        ? test(sql`(${value} >= ${low} AND ${value} <= ${high})`)
        : test(sql`(${value} BETWEEN ${low} AND ${high})`);
    }
    case "exists":
      return TRUE;
    case "like":
      return likeTest(subjectOf(leaf, target, start), leaf.pattern);
    case "text":
      return pieceTest(subjectOf(leaf, target, start), leaf.where, leaf.value);
    case "match":
      return UNDECIDED;
    case "contains":
      return target.kind === "json" ? containsTest(leaf, target, start) : FALSE;
    case "element":
      return target.kind === "json" ? elementTest(leaf.condition, target, start) : FALSE;
  }
};

const subjectOf = (leaf: { readonly fold: boolean }, target: Found, start: Start): Subject => ({
  value: target.value,
  fold: leaf.fold,
  ranged: target.kind === "column",
  literals: start.context.literals,
});

const inTest = (value: Sql, values: readonly Literal[]): Logic =>
  some(lists(values).map((list) => test(sql`${value} IN ${list}`)));

/** An element of a list that is one of the values. */
const elementIn = (values: readonly Literal[]): Condition => ({
  kind: "in",
  path: { segments: [] },
  values,
});

const elementTest = (condition: Condition, list: Document, start: Start): Logic => {
  const { rows, below } = elements(list, start);
  return existsIn(rows.source, [compileAt(condition, below)]);
};

const containsTest = (leaf: LeafOf<"contains">, list: Document, start: Start): Logic => {
  if (leaf.quantifier !== "all") return elementTest(elementIn(leaf.values), list, start);
  const { rows, below } = elements(list, start);
  const groups = Map.groupBy(new Set(leaf.values), kindOf);
  // All values occur when the number of distinct matches equals theirs. Each kind is counted apart,
  // because in SQL true is the same value as 1.
  return all(
    [...groups.values()].map((values) =>
      countIn(rows, compileAt(elementIn(values), below), values.length),
    ),
  );
};

/** Constants with more nodes are compared by the residual. */
const EQUALS_NODES_MAX = 50;

const nodeCount = (value: Json): number => {
  const inner = isJsonObject(value) ? Object.values(value) : elementsOf(value);
  return inner.reduce<number>((sum, each) => sum + nodeCount(each), 1);
};

/** Deep equality, member by member; the kind of the value is already known. */
const equalsTest = (constant: Json, target: Found, start: Start): Logic => {
  if (typeof constant !== "object" || constant === null) {
    return constant === null
      ? TRUE
      : test(sql`${target.value} = ${literal(start.context.literals, constant)}`);
  }
  if (target.kind === "column" || isPayload(target.spot)) return UNDECIDED;
  const object = isJsonObject(constant);
  const inner = object ? Object.entries(constant) : [...elementsOf(constant).entries()];
  const size = object ? sql`(SELECT count(*) FROM ${target.members})` : target.length;
  const sized = test(sql`${size} = ${raw(String(inner.length))}`);
  if (nodeCount(constant) > EQUALS_NODES_MAX) return atLeast(sized);
  return all([sized, ...inner.map(([at, value]) => memberTest(at, value, target.spot, start))]);
};

/** One member or element of a constant. A null member has to exist, because the size counts it. */
const memberTest = (at: string | number, value: Json, spot: Spot, start: Start): Logic => {
  const segment =
    typeof at === "string"
      ? ({ kind: "key", name: at } as const)
      : ({ kind: "index", index: at } as const);
  const path = { segments: [segment] };
  if (value !== null) return compileLeaf({ kind: "equals", path, value }, { ...start, spot });
  const isNull = (target: Target): Logic =>
    target.kind === "json" ? test(sql`${target.type} = 'null'`) : FALSE;
  return follow(path, { ...start, spot }, somewhere(isNull));
};
