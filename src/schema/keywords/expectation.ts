import { isJsonObject, type Json, type JsonObject } from "../../model/json.ts";
import { isJsonList } from "./check.ts";

const ALTERNATIVES_MAX = 20;
const NESTING_MAX = 3;
const TEXT_LENGTH_MAX = 200;

const orList = (words: readonly string[]): string => {
  const distinct = [...new Set(words)];
  const last = distinct.pop() ?? "another value";
  return distinct.length === 0 ? last : `${distinct.join(", ")} or ${last}`;
};

const literals = (values: readonly Json[]): string =>
  values.length > ALTERNATIVES_MAX
    ? `one of ${values.length} listed values`
    : orList(values.map((value) => JSON.stringify(value)));

/** `from 1 to 5`, `of at least 1`, `above 0`; empty without bounds. */
const range = (schema: JsonObject): string => {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  if (minimum !== undefined && maximum !== undefined) {
    return ` from ${JSON.stringify(minimum)} to ${JSON.stringify(maximum)}`;
  }
  const parts = [
    minimum === undefined ? [] : [` of at least ${JSON.stringify(minimum)}`],
    maximum === undefined ? [] : [` of at most ${JSON.stringify(maximum)}`],
    exclusiveMinimum === undefined ? [] : [` above ${JSON.stringify(exclusiveMinimum)}`],
    exclusiveMaximum === undefined ? [] : [` below ${JSON.stringify(exclusiveMaximum)}`],
  ];
  return parts.flat().join(" and");
};

const step = (schema: JsonObject): string => {
  const divisor = schema["multipleOf"];
  return divisor === undefined ? "" : ` that is a multiple of ${JSON.stringify(divisor)}`;
};

const amount = (low: Json | undefined, high: Json | undefined, unit: string): string => {
  if (low !== undefined && high !== undefined) {
    return low === high
      ? ` of ${JSON.stringify(low)} ${unit}`
      : ` of ${JSON.stringify(low)} to ${JSON.stringify(high)} ${unit}`;
  }
  if (low !== undefined) return ` of at least ${JSON.stringify(low)} ${unit}`;
  return high === undefined ? "" : ` of at most ${JSON.stringify(high)} ${unit}`;
};

const FORMATS: Readonly<Record<string, string>> = {
  date: "a calendar date YYYY-MM-DD",
  "date-time": "an RFC 3339 instant with an offset and at most six decimals",
};

const text = (schema: JsonObject): string => {
  const format = schema["format"];
  if (typeof format === "string" && Object.hasOwn(FORMATS, format)) return FORMATS[format] ?? "";
  const pattern = schema["pattern"];
  const matching = typeof pattern === "string" ? ` that matches ${pattern}` : "";
  return `a text${amount(schema["minLength"], schema["maxLength"], "characters")}${matching}`;
};

const list = (schema: JsonObject, nesting: number): string => {
  const items = schema["items"];
  const each = isJsonObject(items) ? `, each ${describe(items, nesting + 1)}` : "";
  return `a list${amount(schema["minItems"], schema["maxItems"], "elements")}${each}`;
};

const TYPES: Readonly<Record<string, (schema: JsonObject, nesting: number) => string>> = {
  string: text,
  integer: (schema) => `a whole number${range(schema)}${step(schema)}`,
  number: (schema) => `a number${range(schema)}${step(schema)}`,
  boolean: () => "true or false",
  array: list,
  object: () => "an object",
  null: () => "null",
};

const ofType = (type: Json, schema: JsonObject, nesting: number): string =>
  typeof type === "string" && Object.hasOwn(TYPES, type)
    ? (TYPES[type]?.(schema, nesting) ?? "")
    : "another value";

const IMPLIED: Readonly<Record<string, readonly string[]>> = {
  string: ["format", "pattern", "minLength", "maxLength"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  array: ["items", "minItems", "maxItems"],
};

/** The one type that the keywords imply, when the schema names none. */
const impliedType = (schema: JsonObject): string => {
  const types = Object.entries(IMPLIED).filter(([, keywords]) =>
    keywords.some((keyword) => Object.hasOwn(schema, keyword)),
  );
  return types.length === 1 ? (types[0]?.[0] ?? "") : "";
};

const describe = (schema: Json, nesting: number): string => {
  if (!isJsonObject(schema) || nesting > NESTING_MAX) return "another value";
  const { const: constant, enum: values, type, anyOf, oneOf } = schema;
  if (constant !== undefined) return literals([constant]);
  if (isJsonList(values)) return literals(values);
  const forms = anyOf ?? oneOf;
  if (type === undefined && isJsonList(forms) && forms.length <= ALTERNATIVES_MAX) {
    return orList(forms.map((form) => describe(form, nesting + 1)));
  }
  const types = isJsonList(type) ? type : [type ?? impliedType(schema)];
  return orList(types.map((name) => ofType(name, schema, nesting)));
};

/**
 * What a schema expects, as one sentence that describes only the schema, never a value: `Expected a
 * whole number from 1 to 8.`
 */
export function expectation(schema: Json): string {
  const words = describe(schema, 0);
  const shortened = words.length > TEXT_LENGTH_MAX ? `${words.slice(0, TEXT_LENGTH_MAX)}…` : words;
  return `Expected ${shortened.toWellFormed()}.`;
}
