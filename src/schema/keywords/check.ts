import type { Json } from "../../model/json.ts";
import { SCHEMA_BOUNDS } from "../bounds.ts";
import { addError, errorAt } from "../error.ts";
import type { Pattern } from "../../query/pattern.ts";
import type { ErrorDetail } from "../type.ts";

/** Members and elements of one value that some keyword has evaluated, for `unevaluated*`. */
export interface Seen {
  readonly members: Set<string>;
  readonly items: Set<number>;
}

/** One evaluation of a schema over one payload. */
export interface Run {
  /** Schema nodes that may still be visited. */
  steps: number;
  /** Schema nodes entered and not yet left. */
  depth: number;
  /** Where errors are collected; undefined when only the result counts. */
  errors: ErrorDetail[] | undefined;
  /** Member names down to the current value; kept only when errors are collected. */
  readonly path: string[];
}

/** A compiled schema or keyword: true when the value is valid. */
export type Check = (value: Json, run: Run, seen: Seen | undefined) => boolean;

/** The location of a keyword, and what it may use. */
export interface Site {
  readonly schema: { readonly [keyword: string]: Json };
  /** What the whole schema expects, as one sentence. */
  readonly expected: string;
  /** Reports that the keyword itself is malformed. */
  readonly refuse: (keyword: string, detail: string) => void;
  /** The check of a schema below a member or an element of the value. */
  readonly below: (schema: Json, ...pointer: readonly string[]) => Check;
  /** The check of a schema that applies to the same value. */
  readonly beside: (schema: Json, ...pointer: readonly string[]) => Check;
  /**
   * The compiled regular expression of a string; undefined when it is invalid or over the bound.
   */
  readonly pattern: (source: string) => Pattern | undefined;
  /** The check that a `$ref` names; undefined when it cannot be resolved. */
  readonly refer: (reference: string) => Check | undefined;
}

/** Compiles one keyword; undefined when it asserts nothing. */
export type Keyword = (argument: Json, site: Site) => Check | undefined;

/** Thrown when a payload exceeds its number of schema visits; caught by `evaluate`. */
export class BudgetSpent extends Error {}

/** Counts visits of schema nodes, or work that costs as much. */
export function spend(run: Run, steps: number): void {
  run.steps -= steps;
  if (run.steps < 0 || run.depth > SCHEMA_BOUNDS.nestingMax) throw new BudgetSpent();
}

/** True when a pattern matches; long strings under large patterns cost more than one step. */
export function testPattern(pattern: Pattern, text: string, run: Run): boolean {
  spend(run, Math.ceil((text.length * pattern.size) / SCHEMA_BOUNDS.patternWorkPerStep));
  return pattern.test(text);
}

/** Reports an error of the current value, and returns false. */
export function fail(run: Run, code: string, detail: string): false {
  if (run.errors !== undefined) addError(run.errors, errorAt(run.path, code, detail));
  return false;
}

/** Reports an error of a member of the current value, and returns false. */
export function failAt(run: Run, name: string, code: string, detail: string): false {
  if (run.errors !== undefined) {
    addError(run.errors, errorAt([...run.path, name], code, detail));
  }
  return false;
}

/** Checks a member or element with the path extended by its name. */
export function descend(check: Check, value: Json, name: string | number, run: Run): boolean {
  if (run.errors === undefined) return check(value, run, undefined);
  run.path.push(String(name));
  const passed = check(value, run, undefined);
  run.path.pop();
  return passed;
}

/** The result of a check whose errors are not reported, e.g. below `not`. */
export function quietly(check: Check, value: Json, run: Run, seen: Seen | undefined): boolean {
  const errors = run.errors;
  run.errors = undefined;
  const passed = check(value, run, seen);
  run.errors = errors;
  return passed;
}

/** Nothing evaluated yet. */
export function nothingSeen(): Seen {
  return { members: new Set(), items: new Set() };
}

/** Adds what one branch evaluated to what is known about the value. */
export function mergeSeen(into: Seen, from: Seen): void {
  for (const name of from.members) into.members.add(name);
  for (const index of from.items) into.items.add(index);
}

/**
 * Checks the same value by a branch: what the branch has evaluated counts only when the value is
 * valid.
 */
export function branch(check: Check, value: Json, run: Run, seen: Seen | undefined): boolean {
  if (seen === undefined) return quietly(check, value, run, undefined);
  const own = nothingSeen();
  const passed = quietly(check, value, run, own);
  if (passed) mergeSeen(seen, own);
  return passed;
}

/** True for a JSON array. */
export function isJsonList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
