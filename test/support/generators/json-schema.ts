// Generates values that a documented schema admits, so that fuzzing begins with valid requests.
import fc from "fast-check";
import { isJsonObject, type Json, type JsonObject } from "../../../src/model/json.ts";
import { resolved, type OpenApiDocument } from "../checks/openapi-document.ts";

/**
 * Arbitraries for members of given names, for what a schema cannot say (existing identifiers, for
 * example).
 */
export type Hints = Readonly<Record<string, fc.Arbitrary<Json>>>;

interface Making {
  readonly document: OpenApiDocument;
  readonly hints: Hints;
  readonly depth: number;
}

const DEPTH_MAX = 6;
const LENGTH_MAX = 12;
const ITEMS_MAX = 3;

const numberOf = (value: Json | undefined, fallback: number): number =>
  typeof value === "number" ? value : fallback;

const formatted: Readonly<Record<string, fc.Arbitrary<string>>> = {
  date: fc
    .date({ min: new Date("1900-01-01"), max: new Date("2199-12-31"), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10)),
  "date-time": fc
    .date({ min: new Date("1970-01-02"), max: new Date("2199-12-31"), noInvalidDate: true })
    .map((date) => date.toISOString()),
  email: fc.nat({ max: 99 }).map((number) => `fuzz-${number}@example.org`),
};

const textOf = (schema: JsonObject): fc.Arbitrary<string> => {
  const { pattern, format } = schema;
  if (typeof pattern === "string" && !pattern.includes("(?")) {
    return fc.stringMatching(new RegExp(pattern));
  }
  if (typeof pattern === "string") return fc.stringMatching(/^[a-z][a-z0-9_]{0,7}$/);
  const form = typeof format === "string" ? formatted[format] : undefined;
  if (form !== undefined) return form;
  const minLength = numberOf(schema["minLength"], 0);
  const maxLength = Math.min(
    numberOf(schema["maxLength"], LENGTH_MAX),
    Math.max(minLength, LENGTH_MAX),
  );
  return fc.string({ minLength, maxLength });
};

const integerOf = (schema: JsonObject): fc.Arbitrary<number> =>
  fc.integer({
    min: Math.max(numberOf(schema["minimum"], -1_000), Number.MIN_SAFE_INTEGER),
    max: Math.min(numberOf(schema["maximum"], 1_000), Number.MAX_SAFE_INTEGER),
  });

const realOf = (schema: JsonObject): fc.Arbitrary<number> =>
  fc.double({
    min: numberOf(schema["minimum"], -1e6),
    max: numberOf(schema["maximum"], 1e6),
    noNaN: true,
  });

const listOf = (making: Making, schema: JsonObject): fc.Arbitrary<Json> => {
  const minLength = numberOf(schema["minItems"], 0);
  const maxLength = Math.min(numberOf(schema["maxItems"], ITEMS_MAX), minLength + ITEMS_MAX);
  const items = isJsonObject(schema["items"]) ? schema["items"] : {};
  return fc.array(make(making, items), { minLength, maxLength });
};

const namesIn = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? (value as readonly string[]) : [];

const objectOf = (making: Making, schema: JsonObject): fc.Arbitrary<Json> => {
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  const required = new Set(namesIn(schema["required"]));
  const members = Object.entries(properties).map(([name, property]) => {
    const own = isJsonObject(property) ? property : {};
    const isFixed = own["enum"] !== undefined || own["const"] !== undefined;
    const value = (isFixed ? undefined : making.hints[name]) ?? make(making, own);
    // One or two of many optional members are sufficient.
    const freq = Math.max(1, Math.ceil(Object.keys(properties).length / 4));
    const missing = fc.constant<Json | undefined>(undefined);
    const made = required.has(name)
      ? value
      : fc.oneof({ arbitrary: missing, weight: freq }, { arbitrary: value, weight: 1 });
    return [name, made] as const;
  });
  return fc.record(Object.fromEntries(members)).map((record) => {
    const present = Object.entries(record).filter(([, value]) => value !== undefined);
    return Object.fromEntries(present) as JsonObject;
  });
};

const anything = (): fc.Arbitrary<Json> => fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>;

const typed = (making: Making, schema: JsonObject, type: Json | undefined): fc.Arbitrary<Json> => {
  switch (String(type)) {
    case "string":
      return textOf(schema);
    case "integer":
      return integerOf(schema);
    case "number":
      return realOf(schema);
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return listOf(making, schema);
    case "object":
      return objectOf(making, schema);
    default:
      return anything();
  }
};

const alternatives = (making: Making, branches: Json | undefined): fc.Arbitrary<Json> =>
  fc.oneof(...(branches as readonly JsonObject[]).map((branch) => make(making, branch)));

function make(making: Making, given: JsonObject): fc.Arbitrary<Json> {
  if (making.depth > DEPTH_MAX) return fc.constant(null);
  const deeper = { ...making, depth: making.depth + 1 };
  const schema = resolved(making.document, given);
  if (Array.isArray(schema["enum"])) return fc.constantFrom(...(schema["enum"] as Json[]));
  if (schema["const"] !== undefined) return fc.constant(schema["const"]);
  const branches = schema["anyOf"] ?? schema["oneOf"];
  if (branches !== undefined) return alternatives(deeper, branches);
  const { type } = schema;
  const types = Array.isArray(type) ? (type as readonly Json[]) : [type];
  return fc.oneof(...types.map((each) => typed(deeper, schema, each)));
}

/** Values of a schema of the document. */
export const arbitraryOf = (
  document: OpenApiDocument,
  schema: JsonObject,
  hints: Hints,
): fc.Arbitrary<Json> => make({ document, hints, depth: 0 }, schema);
