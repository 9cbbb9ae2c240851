import type { Json } from "../model/json.ts";
import {
  isLiteral,
  type CompareOperator,
  type Condition,
  type Literal,
} from "../query/condition.ts";
import type { Leaf } from "../query/operators.ts";
import type { Path } from "../query/path.ts";
import { addError, errorAt } from "./error.ts";
import { inspect, textError } from "./inspect.ts";
import { isJsonList } from "./keywords/check.ts";
import { readLiteral, wordsFor } from "./literal.ts";
import { compilePattern } from "../query/pattern.ts";
import { LIMITS } from "../model/limits.ts";
import { unknownField } from "./suggest.ts";
import { elementScope, namesOf, targetsAt, type Scope, type Target } from "./target.ts";
import type { ErrorDetail } from "./type.ts";

/** Where paths start, and where errors are collected. */
export interface Context {
  readonly scope: Scope;
  readonly errors: ErrorDetail[];
  /** Instructions of all regular expressions so far, shared by all parts of a condition. */
  readonly patterns: { size: number };
}

type Kinds = readonly Target["kind"][];

const ORDERED: Kinds = ["string", "integer", "number", "date", "datetime", "instant", "json"];
const SCALAR: Kinds = [...ORDERED, "boolean"];
const TEXTUAL: Kinds = ["string", "date", "datetime", "json"];
const LISTS: Kinds = ["list", "json"];

const refuse = (path: Path, code: string, detail: string, { errors }: Context): void =>
  addError(errors, errorAt(namesOf(path), code, detail));

/** The targets of a path that an operator accepts; reports an error when there are none. */
const applicable = (
  path: Path,
  kinds: Kinds,
  operator: string,
  context: Context,
): readonly Target[] => {
  const targets = targetsAt(path, context.scope);
  const names = namesOf(path);
  if (targets.length === 0 || names.some((name) => textError(name) !== undefined)) {
    refuse(path, "unknown_field", unknownField(path, context.scope), context);
    return [];
  }
  const fitting = targets.filter((target) => kinds.includes(target.kind));
  if (fitting.length === 0) {
    const detail = `This field holds ${wordsFor(targets)}; ${operator} does not apply to it.`;
    refuse(path, "invalid_value", detail, context);
  }
  return fitting;
};

/**
 * A string that no stored value can have is an error of the caller, and databases treat it
 * differently.
 */
const checkStorable = (path: Path, value: Json, context: Context): void => {
  const found: ErrorDetail[] = [];
  inspect(value, found);
  const [error] = found;
  if (error !== undefined) refuse(path, error.code, error.detail, context);
};

const literalAt = (
  path: Path,
  literal: Literal,
  targets: readonly Target[],
  context: Context,
): Literal => {
  if (typeof literal === "string") checkStorable(path, literal, context);
  const value = targets.length === 0 ? literal : readLiteral(literal, targets);
  if (value !== undefined) return value;
  refuse(path, "invalid_value", `Expected ${wordsFor(targets)}.`, context);
  return literal;
};

const isEquality = (op: CompareOperator): boolean => op === "eq" || op === "ne";

type Node<Kind extends Condition["kind"]> = Extract<Condition, { readonly kind: Kind }>;

const checkCompare = (node: Node<"compare">, context: Context): Condition => {
  const kinds = isEquality(node.op) ? SCALAR : ORDERED;
  const operator = isEquality(node.op) ? "comparing with one value" : "an order";
  const targets = applicable(node.path, kinds, operator, context);
  return { ...node, value: literalAt(node.path, node.value, targets, context) };
};

/** Kinds whose stored values can be equal or ordered. */
const comparisonClass = ({ kind }: Target): string => {
  if (kind === "string" || kind === "date" || kind === "datetime") return "text";
  return kind === "integer" || kind === "number" || kind === "instant" ? "number" : kind;
};

const checkFields = (node: Node<"fields">, context: Context): Condition => {
  const kinds = isEquality(node.op) ? SCALAR : ORDERED;
  const operator = "comparing with another field";
  const left = applicable(node.left, kinds, operator, context).map(comparisonClass);
  const right = applicable(node.right, kinds, operator, context).map(comparisonClass);
  const free = left.includes("json") || right.includes("json");
  const meets = left.length === 0 || right.length === 0 || left.some((one) => right.includes(one));
  if (!free && !meets) {
    const detail = `Expected two fields of one kind; ${namesOf(node.right).join(".")} is of another.`;
    refuse(node.left, "invalid_value", detail, context);
  }
  return node;
};

const checkPairs = (node: Node<"pairs">, context: Context): Condition => {
  applicable(node.left, LISTS, "comparing with another list", context);
  applicable(node.right, LISTS, "comparing with another list", context);
  return node;
};

const checkEquals = (node: Node<"equals">, context: Context): Condition => {
  const { path, value } = node;
  if (isLiteral(value)) {
    const targets = applicable(path, SCALAR, "comparing with one value", context);
    return { ...node, value: literalAt(path, value, targets, context) };
  }
  const every: Kinds = [...SCALAR, "list"];
  const kinds: Kinds = value === null ? every : isJsonList(value) ? LISTS : ["json"];
  applicable(path, kinds, "comparing with a list or an object", context);
  checkStorable(path, value, context);
  return node;
};

const checkText = (path: Path, piece: string, context: Context): void => {
  applicable(path, TEXTUAL, "comparing with a piece of text", context);
  checkStorable(path, piece, context);
};

const checkMatch = (node: Node<"match">, context: Context): Condition => {
  checkText(node.path, node.pattern, context);
  const { patterns } = context;
  const most = LIMITS.filterPatternsMax;
  // Compiling each takes time, and so does each test: a pattern over the bound is not compiled.
  if (patterns.size > most) return node;
  const pattern = compilePattern(node.pattern, node.flags);
  if (pattern === undefined) {
    const detail =
      "Expected a regular expression in RE2 syntax of at most 500 characters, flags of i, s and m.";
    refuse(node.path, "invalid_value", detail, context);
    return node;
  }
  patterns.size += pattern.size;
  if (patterns.size > most) {
    const detail = `Expected regular expressions of at most ${most} instructions together: use fewer or simpler ones.`;
    refuse(node.path, "invalid_value", detail, context);
  }
  return node;
};

const checkContains = (node: Node<"contains">, context: Context): Condition => {
  const lists = applicable(node.path, LISTS, "looking for an element", context);
  const items = elementScope(lists).self;
  return {
    ...node,
    values: node.values.map((value) => literalAt(node.path, value, items, context)),
  };
};

const checkElement = (node: Node<"element">, context: Context): Condition => {
  const lists = applicable(node.path, LISTS, "looking at each element", context);
  // Errors below an unknown array would only repeat the first.
  if (lists.length === 0) return node;
  const scope = elementScope(lists);
  return { ...node, condition: checkCondition(node.condition, { ...context, scope }) };
};

const checkLeaf = (node: Leaf, context: Context): Condition => {
  switch (node.kind) {
    case "compare":
      return checkCompare(node, context);
    case "fields":
      return checkFields(node, context);
    case "pairs":
      return checkPairs(node, context);
    case "equals":
      return checkEquals(node, context);
    case "in": {
      const targets = applicable(node.path, SCALAR, "comparing with one value", context);
      const read = (value: Literal): Literal => literalAt(node.path, value, targets, context);
      return { ...node, values: node.values.map(read) };
    }
    case "exists":
      applicable(node.path, [...SCALAR, "list"], "existence", context);
      return node;
    case "between": {
      const targets = applicable(node.path, ORDERED, "an order", context);
      const read = (value: Literal): Literal => literalAt(node.path, value, targets, context);
      return { ...node, low: read(node.low), high: read(node.high) };
    }
    case "like":
      checkText(node.path, node.pattern, context);
      return node;
    case "text":
      checkText(node.path, node.value, context);
      return node;
    case "match":
      return checkMatch(node, context);
    case "contains":
      return checkContains(node, context);
    case "element":
      return checkElement(node, context);
  }
};

/**
 * Checks a condition in a scope, reports its errors, and returns it with literals in stored form.
 * After an error the result is meaningless.
 */
export function checkCondition(condition: Condition, context: Context): Condition {
  if (condition.kind === "true") return condition;
  if (condition.kind === "not") return { ...condition, of: checkCondition(condition.of, context) };
  if (condition.kind === "and" || condition.kind === "or") {
    return { ...condition, of: condition.of.map((inner) => checkCondition(inner, context)) };
  }
  // The caller that adds a relation has checked the inner condition against the type at the other
  // end.
  return condition.kind === "related" ? condition : checkLeaf(condition, context);
}
