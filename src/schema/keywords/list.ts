import { canonicalJson, type Json } from "../../model/json.ts";
import { descend, fail, failAt, isJsonList, quietly, type Keyword } from "./check.ts";
import { isCount } from "./scalar.ts";

const UNKNOWN_ITEM = "No further elements are allowed.";

const prefixItems: Keyword = (argument, site) => {
  if (!isJsonList(argument)) {
    site.refuse("prefixItems", "Expected a list of schemas.");
    return undefined;
  }
  const checks = argument.map((schema, index) => site.below(schema, "prefixItems", String(index)));
  return (value, run, seen) => {
    if (!isJsonList(value)) return true;
    let passed = true;
    for (const [index, check] of checks.entries()) {
      const item = value[index];
      if (item === undefined) break;
      seen?.items.add(index);
      passed = descend(check, item, index, run) && passed;
    }
    return passed;
  };
};

const items: Keyword = (argument, site) => {
  const prefix = site.schema["prefixItems"];
  const start = isJsonList(prefix) ? prefix.length : 0;
  const check = site.below(argument, "items");
  return (value, run, seen) => {
    if (!isJsonList(value)) return true;
    let passed = true;
    for (let index = start; index < value.length; index += 1) {
      seen?.items.add(index);
      if (!descend(check, value[index] as Json, index, run)) {
        if (run.errors === undefined) return false;
        passed = false;
      }
    }
    return passed;
  };
};

const contains: Keyword = (argument, site) => {
  const check = site.below(argument, "contains");
  const [low, high] = [site.schema["minContains"], site.schema["maxContains"]];
  const least = isCount(low) ? low : 1;
  const most = isCount(high) ? high : Number.POSITIVE_INFINITY;
  return (value, run, seen) => {
    if (!isJsonList(value)) return true;
    let found = 0;
    for (const [index, item] of value.entries()) {
      if (!quietly(check, item, run, undefined)) continue;
      found += 1;
      seen?.items.add(index);
    }
    if (found >= least && found <= most) return true;
    const amount = most === Number.POSITIVE_INFINITY ? `at least ${least}` : `${least} to ${most}`;
    return fail(run, "invalid_value", `Expected a list with ${amount} elements of a given form.`);
  };
};

const size =
  (keyword: string, holds: (length: number, limit: number) => boolean): Keyword =>
  (argument, site) => {
    if (!isCount(argument)) {
      site.refuse(keyword, "Expected a whole number from 0.");
      return undefined;
    }
    return (value, run) =>
      !isJsonList(value) ||
      holds(value.length, argument) ||
      fail(run, "invalid_value", site.expected);
  };

/** An argument that another keyword reads; only its form is checked here. */
const count =
  (keyword: string): Keyword =>
  (argument, site) => {
    if (!isCount(argument)) site.refuse(keyword, "Expected a whole number from 0.");
    return undefined;
  };

const uniqueItems: Keyword = (argument, site) => {
  if (typeof argument !== "boolean") site.refuse("uniqueItems", "Expected true or false.");
  if (argument !== true) return undefined;
  return (value, run) =>
    !isJsonList(value) ||
    new Set(value.map(canonicalJson)).size === value.length ||
    fail(run, "invalid_value", "Expected a list without repeated elements.");
};

const unevaluatedItems: Keyword = (argument, site) => {
  const check = site.below(argument, "unevaluatedItems");
  return (value, run, seen) => {
    if (!isJsonList(value)) return true;
    let passed = true;
    for (const [index, item] of value.entries()) {
      if (seen?.items.has(index)) continue;
      seen?.items.add(index);
      if (argument === false) passed = failAt(run, String(index), "invalid_value", UNKNOWN_ITEM);
      else passed = descend(check, item, index, run) && passed;
    }
    return passed;
  };
};

/** Keywords about arrays (JSON Schema Core 2020-12, 10.3.1; Validation, 6.4). */
export const LIST_KEYWORDS: ReadonlyMap<string, Keyword> = new Map<string, Keyword>([
  ["prefixItems", prefixItems],
  ["items", items],
  ["contains", contains],
  ["minContains", count("minContains")],
  ["maxContains", count("maxContains")],
  ["minItems", size("minItems", (length, limit) => length >= limit)],
  ["maxItems", size("maxItems", (length, limit) => length <= limit)],
  ["uniqueItems", uniqueItems],
]);

/** Runs after every other keyword of its schema (Core 2020-12, 11.2). */
export const UNEVALUATED_ITEMS: Keyword = unevaluatedItems;
