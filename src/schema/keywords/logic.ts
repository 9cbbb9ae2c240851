import { isJsonObject, type Json } from "../../model/json.ts";
import { branch, fail, isJsonList, quietly, type Check, type Keyword, type Site } from "./check.ts";

const compileBranches = (
  keyword: string,
  argument: Json,
  site: Site,
): readonly Check[] | undefined => {
  if (!isJsonList(argument) || argument.length === 0) {
    site.refuse(keyword, "Expected a list of at least one schema.");
    return undefined;
  }
  return argument.map((schema, index) => site.beside(schema, keyword, String(index)));
};

const allOf: Keyword = (argument, site) => {
  const checks = compileBranches("allOf", argument, site);
  if (checks === undefined) return undefined;
  return (value, run, seen) => {
    let passed = true;
    for (const check of checks) passed = check(value, run, seen) && passed;
    return passed;
  };
};

const anyOf: Keyword = (argument, site) => {
  const checks = compileBranches("anyOf", argument, site);
  if (checks === undefined) return undefined;
  return (value, run, seen) => {
    let passed = false;
    for (const check of checks) {
      passed = branch(check, value, run, seen) || passed;
      // The other branches matter only for what they evaluate.
      if (passed && seen === undefined) return true;
    }
    return passed || fail(run, "invalid_value", site.expected);
  };
};

const oneOf: Keyword = (argument, site) => {
  const checks = compileBranches("oneOf", argument, site);
  if (checks === undefined) return undefined;
  return (value, run, seen) => {
    let passes = 0;
    for (const check of checks) passes += branch(check, value, run, seen) ? 1 : 0;
    if (passes === 1) return true;
    const detail = passes === 0 ? site.expected : "Expected a value of exactly one allowed form.";
    return fail(run, "invalid_value", detail);
  };
};

const not: Keyword = (argument, site) => {
  const check = site.beside(argument, "not");
  return (value, run) =>
    !quietly(check, value, run, undefined) ||
    fail(run, "invalid_value", "Expected a value that is not of the excluded form.");
};

const PASS: Check = () => true;

const conditional: Keyword = (argument, site) => {
  const { then: consequent, else: alternative } = site.schema;
  const test = site.beside(argument, "if");
  const whenTrue = consequent === undefined ? PASS : site.beside(consequent, "then");
  const whenFalse = alternative === undefined ? PASS : site.beside(alternative, "else");
  return (value, run, seen) =>
    (branch(test, value, run, seen) ? whenTrue : whenFalse)(value, run, seen);
};

const dependentSchemas: Keyword = (argument, site) => {
  if (!isJsonObject(argument)) {
    site.refuse("dependentSchemas", "Expected an object of schemas.");
    return undefined;
  }
  const rules = Object.entries(argument).map(
    ([name, schema]) => [name, site.beside(schema, "dependentSchemas", name)] as const,
  );
  return (value, run, seen) => {
    if (!isJsonObject(value)) return true;
    let passed = true;
    for (const [name, check] of rules) {
      if (Object.hasOwn(value, name)) passed = check(value, run, seen) && passed;
    }
    return passed;
  };
};

const reference: Keyword = (argument, site) => {
  const check = typeof argument === "string" ? site.refer(argument) : undefined;
  if (check === undefined) {
    site.refuse("$ref", "Expected a reference into this schema: #, #/pointer or #anchor.");
  }
  return check;
};

/** Keywords that apply other schemas to the same value (JSON Schema Core 2020-12, 8.2 and 10.2). */
export const LOGIC_KEYWORDS: ReadonlyMap<string, Keyword> = new Map<string, Keyword>([
  ["$ref", reference],
  ["allOf", allOf],
  ["anyOf", anyOf],
  ["oneOf", oneOf],
  ["not", not],
  ["if", conditional],
  ["dependentSchemas", dependentSchemas],
]);
