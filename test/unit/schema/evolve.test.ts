import { describe, expect, test } from "vitest";
import { evolve, isSameDefinition } from "../../../src/schema/evolve.ts";
import type { TypeDefinition } from "../../../src/schema/type.ts";
import { definitionOf, pathsAndCodes } from "./support.ts";

const text = { type: "string" };
const first = definitionOf({
  jsonSchema: {
    type: "object",
    properties: {
      label: text,
      count: { type: "integer" },
      tags: { type: "array", items: text },
    },
    required: ["label"],
  },
  indexes: ["label"],
});

const next = (members: Partial<TypeDefinition>): TypeDefinition => ({
  ...first,
  version: "1.1.0",
  ...members,
});

const errorsOf = (members: Partial<TypeDefinition>): readonly string[] =>
  pathsAndCodes(evolve(first, next(members)));

const schemaWith = (properties: object, required: readonly string[] = ["label"]) => ({
  type: "object",
  properties: { ...(first.jsonSchema["properties"] as object), ...properties },
  required,
});

describe("the next version of a type", () => {
  test("may be the first one", () => {
    expect(evolve(undefined, first)).toEqual([]);
  });

  test("is refused when it is invalid by itself, also as the first one", () => {
    expect(pathsAndCodes(evolve(undefined, { ...first, version: "1" }))).toEqual([
      "version invalid_value",
    ]);
    expect(errorsOf({ indexes: ["none"] })).toEqual(["indexes.0 invalid_value"]);
  });

  test("may be the latest one again, whatever the order of members", () => {
    const properties = {
      tags: { items: text, type: "array" },
      count: { type: "integer" },
      label: text,
    };
    const repeat = { ...first, jsonSchema: { required: ["label"], properties, type: "object" } };
    expect(isSameDefinition(first, repeat)).toBe(true);
    expect(evolve(first, repeat)).toEqual([]);
  });

  test.each(["1.0.0", "0.9.9", "1.0.0-rc.1", "1.0.0+build"])("cannot be %s", (version) => {
    expect(errorsOf({ version, strict: false })).toEqual(["version invalid_value"]);
  });

  test("may add optional fields, indexes, defaults, relations and change strictness", () => {
    expect(
      errorsOf({
        jsonSchema: schemaWith({ note: text }),
        indexes: ["label", "note"],
        defaults: { note: "none" },
        relations: [{ dataset: "image", cardinality: "one-to-one" }],
        strict: false,
      }),
    ).toEqual([]);
  });

  test("cannot remove a field", () => {
    const jsonSchema = { properties: { label: text, tags: { type: "array", items: text } } };
    expect(errorsOf({ jsonSchema })).toEqual(["json_schema.properties.count invalid_value"]);
  });

  test.each([
    ["label", { type: "integer" }],
    ["label", { type: "string", format: "date" }],
    ["count", {}],
    ["count", { type: "number" }],
    ["tags", { type: "array", items: { type: "integer" } }],
    ["tags", { type: "array" }],
  ])("cannot give %s the type %j", (name, property) => {
    expect(errorsOf({ jsonSchema: schemaWith({ [name]: property }) })).toContain(
      `json_schema.properties.${name} invalid_value`,
    );
  });

  test("may change how a field is constrained, described and whether null is allowed", () => {
    const label = { type: ["string", "null"], maxLength: 20, description: "Name." };
    expect(errorsOf({ jsonSchema: schemaWith({ label }) })).toEqual([]);
  });

  test("may require a new or an optional field only with a default", () => {
    const jsonSchema = schemaWith({ note: text }, ["label", "note", "count"]);
    expect(errorsOf({ jsonSchema })).toEqual([
      "json_schema.required.note invalid_value",
      "json_schema.required.count invalid_value",
    ]);
    expect(errorsOf({ jsonSchema, defaults: { note: "", count: 0 } })).toEqual([]);
  });

  test("cannot drop the default that stands in for what older payloads lack", () => {
    const jsonSchema = schemaWith({}, ["label", "count"]);
    const second = next({ jsonSchema, defaults: { count: 0 } });
    const third = next({ jsonSchema, version: "1.2.0" });
    expect(pathsAndCodes(evolve(second, third))).toEqual([
      "json_schema.required.count invalid_value",
    ]);
  });

  test("may relax what is required", () => {
    expect(errorsOf({ jsonSchema: schemaWith({}, []) })).toEqual([]);
  });
});
