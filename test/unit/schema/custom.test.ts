import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { SCHEMA_BOUNDS } from "../../../src/schema/bounds.ts";
import { checkDefinition, registeredType } from "../../../src/schema/custom.ts";
import { METADATA_NAMES } from "../../../src/model/metadata.ts";
import type { TypeDefinition } from "../../../src/schema/type.ts";
import { definitionOf, definitionWith, otherValidator, pathsAndCodes } from "./support.ts";

const errorsOf = (members: Partial<TypeDefinition>): readonly string[] =>
  pathsAndCodes(checkDefinition(definitionOf(members)));

const errorsWith = (
  properties: JsonObject,
  members: Partial<TypeDefinition> = {},
): readonly string[] => pathsAndCodes(checkDefinition(definitionWith(properties, members)));

const text = { type: "string" };

describe("a definition", () => {
  test("with all parts valid is accepted", () => {
    const definition = definitionWith(
      {
        label: { type: "string", maxLength: 40, pattern: "^[a-z]" },
        taken_at: { type: "string", format: "date-time" },
        values: { type: "array", items: { type: "number" } },
        nested: { type: "object", properties: { deep: { $ref: "#/properties/values" } } },
      },
      {
        version: "2.1.0-rc.1",
        indexes: ["label", "taken_at"],
        defaults: { label: "none", taken_at: "2026-01-01T00:00:00Z" },
        relations: [{ dataset: "image", cardinality: "one-to-many" }],
      },
    );
    expect(checkDefinition(definition)).toEqual([]);
  });

  test.each(["", "Sample", "1sample", "sam-ple", "s".repeat(65), "sample\n", "ſample"])(
    "cannot be named %j",
    (payloadType) => {
      expect(errorsOf({ payloadType })).toEqual(["payload_type invalid_value"]);
    },
  );

  test.each(["image", "patient", "grant", "file", "pipeline", "storage_location"])(
    "cannot take the built-in name %s",
    (payloadType) => {
      expect(errorsOf({ payloadType })).toEqual(["payload_type invalid_value"]);
    },
  );

  test.each(["1", "1.0", "v1.0.0", "latest", ""])("cannot have the version %j", (version) => {
    expect(errorsOf({ version })).toEqual(["version invalid_value"]);
  });

  test("must be about an object", () => {
    expect(errorsOf({ jsonSchema: { type: "array" } })).toEqual(["json_schema.type invalid_value"]);
    expect(errorsOf({ jsonSchema: { properties: [] } })).toEqual([
      "json_schema.properties invalid_value",
    ]);
    expect(errorsOf({ jsonSchema: { properties: { a: text } } })).toEqual([]);
  });

  test.each([...METADATA_NAMES])("cannot have a field named %s", (name) => {
    expect(errorsWith({ [name]: text })).toEqual([`json_schema.properties.${name} invalid_value`]);
  });

  test("cannot have fields without a name, with too long ones or too many", () => {
    expect(errorsWith({ "": text })).toEqual(["json_schema.properties. invalid_value"]);
    expect(errorsWith({ ["n".repeat(257)]: text })).toHaveLength(1);
    const many = Array.from({ length: SCHEMA_BOUNDS.fieldsMax + 1 }, (_, at) => [`f${at}`, true]);
    expect(errorsWith(Object.fromEntries(many) as JsonObject)).toEqual([
      "json_schema.properties invalid_value",
    ]);
  });

  test("cannot be too deep or too large", () => {
    const nested = (depth: number): Json => (depth === 0 ? true : { items: nested(depth - 1) });
    expect(errorsWith({ a: nested(80) })).toHaveLength(1);
    expect(errorsOf({ jsonSchema: { $comment: "x".repeat(SCHEMA_BOUNDS.bytesMax) } })).toEqual([
      "json_schema invalid_value",
    ]);
  });

  test("cannot contain what no payload may contain", () => {
    expect(errorsWith({ "a\0": text })).toHaveLength(1);
    expect(errorsWith(JSON.parse('{"__proto__":{"type":"string"}}') as JsonObject)).toHaveLength(1);
    expect(errorsWith({ a: { const: "\uD800" } })).toHaveLength(1);
  });

  test("cannot require a field that the strict type does not have", () => {
    const jsonSchema = { properties: { a: text }, required: ["b"] };
    expect(errorsOf({ jsonSchema })).toEqual(["json_schema.required invalid_value"]);
    expect(errorsOf({ jsonSchema, strict: false })).toEqual([]);
  });
});

describe("the keywords of a definition", () => {
  const cases: readonly (readonly [string, Json, string])[] = [
    ["a type that there is not", { type: "text" }, "type"],
    ["a negative length", { minLength: -1 }, "minLength"],
    ["a bound that is no number", { maximum: "3" }, "maximum"],
    ["a step of zero", { multipleOf: 0 }, "multipleOf"],
    ["an enum that is no list", { enum: "a" }, "enum"],
    ["a list of schemas that is empty", { anyOf: [] }, "anyOf"],
    ["items of draft 7", { items: [{}, {}] }, "items"],
    ["properties that are no object", { properties: 1 }, "properties"],
    ["required of draft 3", { required: true }, "required"],
    ["a schema that is a text", { not: "x" }, "not"],
    ["another document", { $ref: "https://example.org/schema.json" }, "$ref"],
    ["a relative document", { $ref: "other.json#/a" }, "$ref"],
    ["a pointer to nothing", { $ref: "#/$defs/none" }, "$ref"],
    ["a dynamic reference", { $dynamicRef: "#node" }, "$dynamicRef"],
    ["an identifier below the root", { $id: "https://example.org/x" }, "$id"],
    ["another dialect", { $schema: "http://json-schema.org/draft-07/schema#" }, "$schema"],
    ["a backreference", { pattern: "(a)\\1" }, "pattern"],
    ["a lookahead", { pattern: "(?=a)" }, "pattern"],
    ["a pattern of names that is none", { patternProperties: { "(": true } }, "patternProperties"],
  ];

  test.each(cases)("refuse %s", (_title, schema, keyword) => {
    expect(errorsWith({ field: schema })).toContain(
      `json_schema.properties.field.${keyword} invalid_value`,
    );
  });

  test("refuse more regular expressions than can be compiled at once", () => {
    const pattern = { pattern: "[ab]{900}" };
    const properties = Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [`f${at}`, { ...pattern }]),
    );
    expect(errorsWith(properties).length).toBeGreaterThan(0);
    expect(errorsWith({ a: { ...pattern }, b: { ...pattern } })).toEqual([]);
  });

  test("refuse references that are circular without going into the value", () => {
    const loop = { $ref: "#/$defs/a" };
    const jsonSchema = {
      properties: { x: loop },
      $defs: { a: { allOf: [{ $ref: "#/$defs/b" }] }, b: { anyOf: [loop] } },
    };
    expect(errorsOf({ jsonSchema })).toEqual(["json_schema.$ref invalid_value"]);
  });

  test("accept references that go into the value", () => {
    const jsonSchema = {
      properties: { tree: { $ref: "#/$defs/node" } },
      $defs: { node: { properties: { left: { $ref: "#/$defs/node" } }, type: "object" } },
    };
    expect(errorsOf({ jsonSchema })).toEqual([]);
  });
});

describe("the indexes of a definition", () => {
  test("name scalar fields, each once", () => {
    const properties = { a: text, list: { type: "array", items: text }, doc: {}, "a b": text };
    const indexes = ["a", "a", "none", "list", "doc", "a b"];
    expect(errorsWith(properties, { indexes })).toEqual(
      [1, 2, 3, 4, 5].map((at) => `indexes.${at} invalid_value`),
    );
  });

  test("are bounded in number", () => {
    const names = Array.from({ length: SCHEMA_BOUNDS.indexesMax + 1 }, (_, at) => `f${at}`);
    const properties = Object.fromEntries(names.map((name) => [name, text]));
    expect(errorsWith(properties, { indexes: names })).toEqual(["indexes invalid_value"]);
  });
});

describe("the defaults of a definition", () => {
  test("are values that their fields accept", () => {
    const properties = { n: { type: "integer", maximum: 5 }, doc: { type: "object" }, s: text };
    expect(errorsWith(properties, { defaults: { n: 6 } })).toEqual(["defaults.n invalid_value"]);
    expect(errorsWith(properties, { defaults: { x: 6 } })).toEqual(["defaults.x unknown_field"]);
    expect(errorsWith(properties, { defaults: { s: "a\0" } })).toEqual([
      "defaults.s invalid_value",
    ]);
    expect(errorsWith(properties, { defaults: { n: 5, doc: {}, s: null } })).toEqual([]);
  });

  test("need not fill every required field", () => {
    const jsonSchema = { properties: { a: text, b: text }, required: ["a", "b"] };
    expect(errorsOf({ jsonSchema, defaults: { a: "x" } })).toEqual([]);
  });
});

test("relations of a definition name a type and a cardinality", () => {
  expect(errorsOf({ relations: [{ dataset: "Image", cardinality: "many" }, 1] })).toEqual([
    "relations.0.dataset invalid_value",
    "relations.0.cardinality invalid_value",
    "relations.1.dataset invalid_value",
    "relations.1.cardinality invalid_value",
  ]);
});

describe("a registered type", () => {
  const properties = {
    label: { ...text, description: "Name." },
    size_mm: { type: "number", "x-unit": "mm" },
  };
  const required = { jsonSchema: { properties, required: ["label"] } };

  test("refuses unknown members when strict and keeps them when not", () => {
    const payload = { label: "a", extra: 1 };
    const strict = registeredType(definitionOf(required), []);
    expect(strict.validate(payload)).toMatchObject({
      ok: false,
      errors: [{ path: "extra", code: "unknown_field" }],
    });
    const open = registeredType(definitionOf({ ...required, strict: false }), []);
    expect(open.validate(payload)).toEqual({ ok: true, payload });
  });

  test("publishes the schema that it enforces", () => {
    const type = registeredType(definitionOf(required), []);
    expect(type.jsonSchema).toEqual({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      title: "sample",
      type: "object",
      properties,
      required: ["label"],
      additionalProperties: false,
    });
    expect(otherValidator().validateSchema(type.jsonSchema)).toBe(true);
    expect(type.fields.get("size_mm")).toEqual({
      name: "size_mm",
      kind: "number",
      required: false,
      unit: "mm",
      description: "",
      column: true,
    });
  });

  test("is checked in bounded time under a schema that doubles the work at each level", () => {
    const level = (at: number): Json =>
      at === 0 ? text : { allOf: [{ $ref: `#/$defs/l${at - 1}` }, { $ref: `#/$defs/l${at - 1}` }] };
    const levels = Array.from({ length: 40 }, (_, at) => [`l${at}`, level(at)]);
    const jsonSchema: JsonObject = {
      properties: { a: { $ref: "#/$defs/l39" } },
      $defs: Object.fromEntries(levels) as JsonObject,
    };
    const definition = definitionOf({ jsonSchema });
    expect(checkDefinition(definition)).toEqual([]);
    expect(registeredType(definition, []).validate({ a: "x" })).toMatchObject({
      ok: false,
      errors: [{ path: "", code: "invalid_value" }],
    });
  });

  test("is checked in bounded time under large patterns over long strings", () => {
    const jsonSchema = { properties: { a: { type: "string", pattern: "[ab]{900}$" } } };
    const type = registeredType(definitionOf({ jsonSchema }), []);
    expect(type.validate({ a: "ab".repeat(450) }).ok).toBe(true);
    expect(type.validate({ a: "ab".repeat(450_000) }).ok).toBe(false);
  });

  test("follows long chains of references without stack overflow", () => {
    const names = Array.from({ length: 5_000 }, (_, at) => [
      `d${at}`,
      { $ref: `#/$defs/d${at + 1}` },
    ]);
    const $defs = { ...Object.fromEntries(names), d5000: text } as JsonObject;
    const definition = definitionOf({
      jsonSchema: { properties: { a: { $ref: "#/$defs/d0" } }, $defs },
    });
    expect(checkDefinition(definition)).toEqual([]);
    expect(registeredType(definition, []).validate({ a: "x" }).ok).toBe(false);
  });
});
