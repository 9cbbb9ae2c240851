/**
 * How every leaf of a condition treats null, a missing value and a value of another kind, defined
 * once: `matches` and the SQL compiler both use this table.
 */
import { isJsonObject, type Json } from "../model/json.ts";
import type { CompareOperator, Condition } from "./condition.ts";

/** Kinds of value in a document. A missing value counts as null. */
export const KINDS = ["null", "boolean", "number", "text", "array", "object"] as const;

/** One of the kinds. */
export type Kind = (typeof KINDS)[number];

/** The kind of a JSON value. */
export function kindOf(value: Json): Kind {
  if (value === null) return "null";
  if (typeof value === "string") return "text";
  if (typeof value === "number") return "number";
  if (typeof value === "boolean") return "boolean";
  return isJsonObject(value) ? "object" : "array";
}

/** A condition on values of the document itself, without `and`, `or` and `not`. */
export type Leaf = Exclude<Condition, { readonly kind: "true" | "and" | "or" | "not" | "related" }>;

/** Leaves of one kind. */
export type LeafOf<Name extends Leaf["kind"]> = Extract<Leaf, { readonly kind: Name }>;

/** Every leaf kind with its operator: a new one that is missing in the table does not compile. */
export type Operator =
  | Exclude<Leaf["kind"], "compare" | "fields" | "pairs" | "text" | "contains">
  | `compare ${LeafOf<"compare">["op"]}`
  | `fields ${LeafOf<"fields">["op"]}`
  | `pairs ${LeafOf<"pairs">["op"]}`
  | "match scalars"
  | `text ${LeafOf<"text">["where"]}`
  | `contains ${LeafOf<"contains">["quantifier"]}`;

/** The values that an operator accepts; it does not hold for a value of any other kind. */
export interface Rule {
  /**
   * - `scalar`: strings, numbers and booleans, of the same kind as the operand.
   * - `operand`: any value of the same kind as the operand.
   * - `text`, `array`: only these.
   * - `present`: everything but null.
   */
  readonly takes: "scalar" | "operand" | "text" | "array" | "present";
  /** Null and missing: satisfied `never`, or by an operand that is null as well (`equal`). */
  readonly absent: "never" | "equal";
}

/** The operator whose exact opposite this one is, for every value. */
export interface Opposite {
  readonly not: Operator;
}

const SCALAR: Rule = { takes: "scalar", absent: "never" };
const TEXT: Rule = { takes: "text", absent: "never" };
const ARRAY: Rule = { takes: "array", absent: "never" };

/** The table: one row per operator. */
export const OPERATORS: Readonly<Record<Operator, Rule | Opposite>> = {
  "compare eq": SCALAR,
  "compare ne": { not: "compare eq" },
  "compare lt": SCALAR,
  "compare lte": SCALAR,
  "compare gt": SCALAR,
  "compare gte": SCALAR,
  "fields eq": { takes: "scalar", absent: "equal" },
  "fields ne": { not: "fields eq" },
  "fields lt": SCALAR,
  "fields lte": SCALAR,
  "fields gt": SCALAR,
  "fields gte": SCALAR,
  "pairs eq": ARRAY,
  "pairs ne": { not: "pairs eq" },
  "pairs lt": ARRAY,
  "pairs lte": ARRAY,
  "pairs gt": ARRAY,
  "pairs gte": ARRAY,
  equals: { takes: "operand", absent: "equal" },
  in: SCALAR,
  between: SCALAR,
  exists: { takes: "present", absent: "never" },
  like: TEXT,
  "text contains": TEXT,
  "text starts": TEXT,
  "text ends": TEXT,
  match: TEXT,
  "match scalars": SCALAR,
  "contains any": ARRAY,
  "contains all": ARRAY,
  "contains none": { not: "contains any" },
  element: ARRAY,
};

/** The operator of a leaf. */
const operatorOf = (leaf: Leaf): Operator => {
  switch (leaf.kind) {
    case "compare":
      return `compare ${leaf.op}`;
    case "fields":
      return `fields ${leaf.op}`;
    case "pairs":
      return `pairs ${leaf.op}`;
    case "match":
      return leaf.scalars === true ? "match scalars" : "match";
    case "text":
      return `text ${leaf.where}`;
    case "contains":
      return `contains ${leaf.quantifier}`;
    case "equals":
    case "in":
    case "between":
    case "exists":
    case "like":
    case "element":
      return leaf.kind;
  }
};

/** A leaf with its own rule: never `ne`, never `none`. */
export interface Positive {
  readonly leaf: Leaf;
  readonly rule: Rule;
  /** True when the requested leaf is the opposite of this one. */
  readonly negated: boolean;
}

/** A leaf as itself, or as the opposite of the leaf that the table names. */
export function positiveOf(leaf: Leaf): Positive {
  const rule = OPERATORS[operatorOf(leaf)];
  if (!("not" in rule)) return { leaf, rule, negated: false };
  const opposite = positiveOf(withOperator(leaf, rule.not));
  return { ...opposite, negated: !opposite.negated };
}

const withOperator = (leaf: Leaf, operator: Operator): Leaf => {
  const [, word] = operator.split(" ");
  if (leaf.kind === "compare" || leaf.kind === "fields" || leaf.kind === "pairs") {
    return { ...leaf, op: word as CompareOperator };
  }
  return leaf.kind === "contains"
    ? { ...leaf, quantifier: word as LeafOf<"contains">["quantifier"] }
    : leaf;
};

const SCALARS: readonly Kind[] = ["boolean", "number", "text"];

/** Whether an operator can hold for a stored value of a kind, given the kinds of its operands. */
export function admits(rule: Rule, stored: Kind, operands: readonly Kind[]): boolean {
  if (stored === "null") return rule.absent === "equal" && operands.includes("null");
  switch (rule.takes) {
    case "scalar":
      return SCALARS.includes(stored) && operands.includes(stored);
    case "operand":
      return operands.includes(stored);
    case "text":
    case "array":
      return stored === rule.takes;
    case "present":
      return true;
  }
}

/**
 * Kinds of the constants that a leaf compares with. Bounds of two kinds match no value. Empty when
 * the operator has a fixed kind, and for `fields`, whose operand is a value.
 */
export function operandKinds(leaf: Leaf): readonly Kind[] {
  switch (leaf.kind) {
    case "compare":
    case "equals":
      return [kindOf(leaf.value)];
    case "in":
      return [...new Set(leaf.values.map(kindOf))];
    case "between":
      return kindOf(leaf.low) === kindOf(leaf.high) ? [kindOf(leaf.low)] : [];
    case "match":
      return leaf.scalars === true ? SCALARS : [];
    case "fields":
    case "pairs":
    case "exists":
    case "like":
    case "text":
    case "contains":
    case "element":
      return [];
  }
}
