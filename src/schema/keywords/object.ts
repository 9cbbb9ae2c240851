import { isJsonObject, type Json } from "../../model/json.ts";
import type { Pattern } from "../../query/pattern.ts";
import {
  descend,
  fail,
  failAt,
  isJsonList,
  testPattern,
  type Check,
  type Keyword,
  type Run,
  type Site,
} from "./check.ts";
import { isCount } from "./scalar.ts";

const UNKNOWN = "This field is not known here.";
const REQUIRED = "This field is required.";

const properties: Keyword = (argument, site) => {
  if (!isJsonObject(argument)) {
    site.refuse("properties", "Expected an object of schemas.");
    return undefined;
  }
  const checks = new Map(
    Object.entries(argument).map(([name, schema]) => [
      name,
      site.below(schema, "properties", name),
    ]),
  );
  return (value, run, seen) => {
    if (!isJsonObject(value)) return true;
    let passed = true;
    for (const name of Object.keys(value)) {
      const check = checks.get(name);
      if (check === undefined) continue;
      seen?.members.add(name);
      if (!descend(check, value[name] as Json, name, run)) {
        if (run.errors === undefined) return false;
        passed = false;
      }
    }
    return passed;
  };
};

const namePatterns = (
  argument: Json | undefined,
  site: Site,
): readonly (readonly [string, Pattern])[] =>
  Object.keys(isJsonObject(argument) ? argument : {}).flatMap((source) => {
    const pattern = site.pattern(source);
    return pattern === undefined ? [] : [[source, pattern] as const];
  });

const patternProperties: Keyword = (argument, site) => {
  const patterns = namePatterns(argument, site);
  if (!isJsonObject(argument) || patterns.length !== Object.keys(argument).length) {
    site.refuse(
      "patternProperties",
      "Expected an object of schemas by regular expressions in RE2 syntax.",
    );
    return undefined;
  }
  const rules = patterns.map(
    ([source, pattern]) =>
      [pattern, site.below(argument[source] as Json, "patternProperties", source)] as const,
  );
  return (value, run, seen) => {
    if (!isJsonObject(value)) return true;
    let passed = true;
    for (const name of Object.keys(value)) {
      for (const [pattern, check] of rules) {
        if (!testPattern(pattern, name, run)) continue;
        seen?.members.add(name);
        passed = descend(check, value[name] as Json, name, run) && passed;
      }
    }
    return passed;
  };
};

/** Checks the members that no other keyword evaluates, as `isOther` tells. */
const rest =
  (
    argument: Json,
    check: Check,
    isOther: (name: string, run: Run, seen: Set<string> | undefined) => boolean,
  ): Check =>
  (value, run, seen) => {
    if (!isJsonObject(value)) return true;
    let passed = true;
    for (const name of Object.keys(value)) {
      if (!isOther(name, run, seen?.members)) continue;
      seen?.members.add(name);
      passed =
        (argument === false
          ? failAt(run, name, "unknown_field", UNKNOWN)
          : descend(check, value[name] as Json, name, run)) && passed;
    }
    return passed;
  };

const additionalProperties: Keyword = (argument, site) => {
  const named = site.schema["properties"];
  const known = new Set(isJsonObject(named) ? Object.keys(named) : []);
  const patterns = namePatterns(site.schema["patternProperties"], site);
  const check = site.below(argument, "additionalProperties");
  return rest(
    argument,
    check,
    (name, run) =>
      !known.has(name) && !patterns.some(([, pattern]) => testPattern(pattern, name, run)),
  );
};

const unevaluatedProperties: Keyword = (argument, site) => {
  const check = site.below(argument, "unevaluatedProperties");
  return rest(argument, check, (name, _run, seen) => seen?.has(name) !== true);
};

const propertyNames: Keyword = (argument, site) => {
  const check = site.below(argument, "propertyNames");
  return (value, run) => {
    if (!isJsonObject(value)) return true;
    let passed = true;
    for (const name of Object.keys(value)) passed = descend(check, name, name, run) && passed;
    return passed;
  };
};

const isNameList = (argument: Json | undefined): argument is readonly string[] =>
  isJsonList(argument) && argument.every((name) => typeof name === "string");

const required: Keyword = (argument, site) => {
  if (!isNameList(argument)) {
    site.refuse("required", "Expected a list of field names.");
    return undefined;
  }
  return (value, run) => {
    if (!isJsonObject(value)) return true;
    let passed = true;
    for (const name of argument) {
      if (!Object.hasOwn(value, name)) passed = failAt(run, name, "required", REQUIRED);
    }
    return passed;
  };
};

const dependentRequired: Keyword = (argument, site) => {
  if (!isJsonObject(argument) || !Object.values(argument).every(isNameList)) {
    site.refuse("dependentRequired", "Expected an object of lists of field names.");
    return undefined;
  }
  const rules = Object.entries(argument) as readonly [string, readonly string[]][];
  return (value, run) => {
    if (!isJsonObject(value)) return true;
    let passed = true;
    for (const [trigger, names] of rules) {
      if (!Object.hasOwn(value, trigger)) continue;
      for (const name of names) {
        if (!Object.hasOwn(value, name)) passed = failAt(run, name, "required", REQUIRED);
      }
    }
    return passed;
  };
};

const size =
  (keyword: string, words: string, holds: (members: number, limit: number) => boolean): Keyword =>
  (argument, site) => {
    if (!isCount(argument)) {
      site.refuse(keyword, "Expected a whole number from 0.");
      return undefined;
    }
    return (value, run) =>
      !isJsonObject(value) ||
      holds(Object.keys(value).length, argument) ||
      fail(run, "invalid_value", `Expected an object of ${words} ${argument} members.`);
  };

/** Keywords about objects (JSON Schema Core 2020-12, 10.3.2; Validation, 6.5). */
export const OBJECT_KEYWORDS: ReadonlyMap<string, Keyword> = new Map<string, Keyword>([
  ["properties", properties],
  ["patternProperties", patternProperties],
  ["additionalProperties", additionalProperties],
  ["propertyNames", propertyNames],
  ["required", required],
  ["dependentRequired", dependentRequired],
  ["minProperties", size("minProperties", "at least", (members, limit) => members >= limit)],
  ["maxProperties", size("maxProperties", "at most", (members, limit) => members <= limit)],
]);

/** Runs after every other keyword of its schema (Core 2020-12, 11.3). */
export const UNEVALUATED_PROPERTIES: Keyword = unevaluatedProperties;
