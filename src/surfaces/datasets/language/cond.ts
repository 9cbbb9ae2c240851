/**
 * The condition language: triples of expression, comparator and expression, joined by words in one
 * flat array; an array inside it is a group. `and` binds tighter than `or`.
 */
import { isJsonObject, type Json } from "../../../model/json.ts";
import { LIMITS } from "../../../model/limits.ts";
import { and, type Condition } from "../../../query/condition.ts";
import { compilePattern } from "../../../query/pattern.ts";
import type { Registry } from "../../../schema/type.ts";
import type { Dataset } from "./dataset.ts";
import { refuse } from "./error.ts";
import { compareFields, compareValues, FLIPPED, isComparator, leafOf } from "./compare.ts";
import { targetOf, type FieldTarget } from "./target.ts";

const JOINERS: Readonly<Record<string, "and" | "or">> = {
  and: "and",
  "&&": "and",
  or: "or",
  "||": "or",
};

const isJoiner = (value: Json | undefined): value is string =>
  typeof value === "string" && Object.hasOwn(JOINERS, value.toLowerCase());

interface Parsing {
  readonly registry: Registry;
  readonly dataset: Dataset;
  readonly at: string;
  nodes: number;
  /** Instructions of all regular expressions parsed so far. */
  patterns: number;
  /** Relations followed so far. */
  readonly ways: Set<string>;
}

/** A condition, and the payload types that its relations reach. */
export interface ParsedCondition {
  readonly condition: Condition;
  readonly needs: readonly string[];
}

type Expression =
  | { readonly kind: "field"; readonly target: FieldTarget }
  | { readonly kind: "constant"; readonly value: Json };

const expressionOf = (value: Json, parsing: Parsing, needs: Set<string>): Expression => {
  if (!isJsonObject(value)) return { kind: "constant", value };
  const { field, ...others } = value;
  // Every other object is a constant, which fields of type json can equal.
  if (typeof field !== "string" || Object.keys(others).length > 0) {
    return { kind: "constant", value };
  }
  const target = targetOf(parsing.registry, parsing.dataset, field, parsing.at);
  if (target.kind === "relation") {
    return refuse(parsing.at, `${field} is a relation: expected a field of its records.`);
  }
  for (const relation of target.way) needs.add(relation.name);
  parsing.ways.add(wayText(target));
  // The record itself is one of them.
  if (parsing.ways.size > LIMITS.relationsNamedMax + 1) {
    return refuse(parsing.at, `Expected at most ${LIMITS.relationsNamedMax} ways along relations.`);
  }
  return { kind: "field", target };
};

/** A condition on the record at the end of a path of relations. */
const alongWay = ({ way }: FieldTarget, condition: Condition): Condition =>
  way.reduceRight<Condition>(
    (inner, { kind }) => ({ kind: "related", relation: kind, condition: inner }),
    condition,
  );

const wayText = ({ way }: FieldTarget): string => way.map(({ kind }) => kind).join("/");

const tripleOf = (triple: readonly Json[], parsing: Parsing, needs: Set<string>): Condition => {
  const { at } = parsing;
  const [first = null, word, last = null] = triple;
  if (!isComparator(word) || triple.length < 3) {
    return refuse(
      at,
      "Expected an expression, a comparator and an expression.",
      "unknown_operator",
    );
  }
  parsing.nodes += 1;
  if (parsing.nodes > LIMITS.filterNodesMax) {
    return refuse(at, `Expected at most ${LIMITS.filterNodesMax} comparisons.`);
  }
  const comparator = word.toLowerCase();
  const left = expressionOf(first, parsing, needs);
  const right = expressionOf(last, parsing, needs);
  if (left.kind === "field" && right.kind === "constant") {
    return alongWay(left.target, leafOf(left.target, comparator, right.value, at));
  }
  if (left.kind === "constant" && right.kind === "field") {
    const flipped = FLIPPED[comparator];
    if (flipped === undefined) return refuse(at, `Expected a field on the left of ${comparator}.`);
    return alongWay(right.target, leafOf(right.target, flipped, left.value, at));
  }
  if (left.kind === "field" && right.kind === "field") {
    if (wayText(left.target) !== wayText(right.target)) {
      return refuse(at, "Expected two fields of the same record.");
    }
    return alongWay(left.target, compareFields(left.target, comparator, right.target, at));
  }
  if (isJsonObject(first) || isJsonObject(last)) {
    return refuse(at, 'Expected {"field": "<name>"} on one side of a comparison with an object.');
  }
  return compareValues(first, comparator, last, at);
};

/** Counts the regular expression of a comparison. */
const countPatterns = (condition: Condition, parsing: Parsing): void => {
  if (condition.kind === "not") countPatterns(condition.of, parsing);
  else if (condition.kind === "related") countPatterns(condition.condition, parsing);
  else if (condition.kind === "match") {
    parsing.patterns += compilePattern(condition.pattern, condition.flags)?.size ?? 0;
    const most = LIMITS.filterPatternsMax;
    if (parsing.patterns <= most) return;
    refuse(
      parsing.at,
      `Expected regular expressions of at most ${most} instructions together: use fewer or simpler ones.`,
    );
  }
};

const groupOf = (
  items: readonly Json[],
  parsing: Parsing,
  needs: Set<string>,
  depth: number,
): Condition => {
  const { at } = parsing;
  if (depth > LIMITS.filterDepthMax) {
    return refuse(at, `Expected groups of at most ${LIMITS.filterDepthMax} levels.`);
  }
  const alternatives: Condition[][] = [[]];
  for (let position = 0; ;) {
    const item = items[position];
    const isGroup = Array.isArray(item) && !isComparator(items[position + 1]);
    if (item === undefined) return refuse(at, "Expected a comparison.");
    const condition = isGroup
      ? groupOf(item as readonly Json[], parsing, needs, depth + 1)
      : tripleOf(items.slice(position, position + 3), parsing, needs);
    if (!isGroup) countPatterns(condition, parsing);
    alternatives.at(-1)?.push(condition);
    position += isGroup ? 1 : 3;
    const joiner = items[position];
    if (joiner === undefined) break;
    if (!isJoiner(joiner)) return refuse(at, "Expected and or or.", "unknown_operator");
    if (JOINERS[joiner.toLowerCase()] === "or") alternatives.push([]);
    position += 1;
  }
  const of = alternatives.map(and);
  return of.length === 1 ? (of[0] as Condition) : { kind: "or", of };
};

/**
 * Parses a condition.
 *
 * @param at the name of the parameter.
 * @throws AppError naming what is wrong.
 */
export function parseCond(
  value: Json,
  dataset: Dataset,
  registry: Registry,
  at: string,
): ParsedCondition {
  if (!Array.isArray(value)) return refuse(at, "Expected an array.");
  const needs = new Set<string>();
  const parsing: Parsing = { registry, dataset, at, nodes: 0, patterns: 0, ways: new Set() };
  const condition = groupOf(value as readonly Json[], parsing, needs, 1);
  return { condition, needs: [...needs] };
}
