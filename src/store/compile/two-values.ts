/** Conditions on two values of one document, and the guards and forks that all leaves share. */
import {
  admits,
  KINDS,
  OPERATORS,
  type Kind,
  type LeafOf,
  type Rule,
} from "../../query/operators.ts";
import type { CompareOperator } from "../../query/condition.ts";
import type { Path } from "../../query/path.ts";
import {
  all,
  existsIn,
  FALSE,
  negation,
  some,
  test,
  TRUE,
  UNDECIDED,
  type Logic,
} from "./logic.ts";
import {
  elementSpot,
  follow,
  rowsOf,
  targetAt,
  type Fold,
  type Start,
  type Target,
} from "./target.ts";
import { raw, sql } from "../sql/template.ts";

/** A leaf holds when it holds at the end of at least one branch of its path. */
export function somewhere(end: Fold<Logic>["end"]): Fold<Logic> {
  return {
    end,
    fork: ({ source, filter }, inner, otherwise) =>
      some([
        existsIn(source, [test(filter), inner]),
        all([negation(existsIn(source, [test(filter)])), otherwise]),
      ]),
  };
}

const GUARDS: Readonly<Record<Exclude<Kind, "null">, string>> = {
  boolean: "IN ('true', 'false')",
  number: "IN ('integer', 'real')",
  text: "= 'text'",
  array: "= 'array'",
  object: "= 'object'",
};

/** Whether a target holds a value of a kind. A column's own kind needs no guard: NULL fails tests. */
export function guard(target: Target, kind: Kind): Logic {
  if (target.kind === "nothing") return kind === "null" ? TRUE : FALSE;
  if (kind === "null") return test(sql`${target.value} IS NULL`);
  if (target.kind === "column") return target.holds === kind ? TRUE : FALSE;
  return test(sql`${target.type} ${raw(GUARDS[kind])}`);
}

/** How SQL spells an operator. */
export const SYMBOLS: Readonly<Record<CompareOperator, string>> = {
  eq: "=",
  ne: "<>",
  lt: "<",
  lte: "<=",
  gt: ">",
  gte: ">=",
};

/** A value inside a document. */
export type Document = Extract<Target, { readonly kind: "json" }>;

/** The elements of a list as rows, and where the paths of conditions on them start. */
export const elements = (list: Document, start: Start) => {
  const rows = rowsOf(list, start.level);
  const below: Start = {
    ...start,
    spot: elementSpot(list.spot, rows.alias),
    level: start.level + 1,
  };
  return { rows, below };
};

/** True for a path that branches at the elements of an array. */
const isMany = ({ segments }: Path): boolean => segments.some(({ kind }) => kind === "any");

/**
 * Two paths: any branch of one against any branch of the other. When both have many branches, SQL
 * would be quadratic in a call that cannot be interrupted, so the residual decides.
 */
export function compileTwo(
  leaf: LeafOf<"fields"> | LeafOf<"pairs">,
  rule: Rule,
  start: Start,
): Logic {
  if (isMany(leaf.left) && isMany(leaf.right)) return UNDECIDED;
  return follow(
    leaf.left,
    start,
    somewhere((left, level) =>
      follow(
        leaf.right,
        { ...start, level },
        somewhere((right, inner) =>
          leaf.kind === "fields"
            ? relatedTest(leaf.op, rule, left, right)
            : pairsTest(leaf.op, left, right, { ...start, level: inner }),
        ),
      ),
    ),
  );
}

/** Two values of the same kind, one kind after the other. */
const relatedTest = (op: CompareOperator, rule: Rule, left: Target, right: Target): Logic =>
  some(
    KINDS.filter((kind) => admits(rule, kind, [kind])).map((kind) =>
      all([guard(left, kind), guard(right, kind), compareTargets(op, kind, left, right)]),
    ),
  );

/** Two lists of equal length whose elements satisfy the operator at every position. */
const pairsTest = (op: CompareOperator, left: Target, right: Target, start: Start): Logic => {
  const rule = OPERATORS[`fields ${op}`];
  if (left.kind !== "json" || right.kind !== "json" || !("takes" in rule)) return FALSE;
  const outer = elements(left, start);
  const inner = elements(right, outer.below);
  const [one, other] = [outer, inner].map(({ below }) => targetAt(below.spot, start.context));
  if (one === undefined || other === undefined) return FALSE;
  const fitting = existsIn(inner.rows.source, [
    test(raw(`${inner.rows.alias}.key = ${outer.rows.alias}.key`)),
    relatedTest(op, rule, one, other),
  ]);
  return all([
    guard(left, "array"),
    guard(right, "array"),
    test(sql`${left.length} = ${right.length}`),
    ...(op === "lt" || op === "gt" ? [test(sql`${left.length} > 0`)] : []),
    negation(existsIn(outer.rows.source, [negation(fitting)])),
  ]);
};

const compareTargets = (op: CompareOperator, kind: Kind, left: Target, right: Target): Logic => {
  if (kind === "null" || left.kind === "nothing" || right.kind === "nothing") return TRUE;
  return test(sql`${left.value} ${raw(SYMBOLS[op])} ${right.value}`);
};
