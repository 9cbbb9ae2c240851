import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { LIMITS } from "../../../src/model/limits.ts";
import { columnsOf, fieldsOf, shapeOf } from "../../../src/schema/fields.ts";

const ROOT: JsonObject = { $defs: { text: { type: "string" }, loop: { $ref: "#/$defs/loop" } } };

describe("the kind of a field", () => {
  const cases: readonly (readonly [Json, object])[] = [
    [{ type: "string" }, { kind: "string" }],
    [{ type: "string", format: "date" }, { kind: "date" }],
    [{ type: "string", format: "date-time" }, { kind: "datetime" }],
    [{ type: "string", format: "email" }, { kind: "string" }],
    [{ type: "integer" }, { kind: "integer" }],
    [{ type: "number" }, { kind: "number" }],
    [{ type: ["integer", "number"] }, { kind: "number" }],
    [{ type: ["string", "null"] }, { kind: "string" }],
    [{ type: ["string", "integer"] }, { kind: "json" }],
    [{ type: "boolean" }, { kind: "boolean" }],
    [
      { type: "array", items: { type: "string" } },
      { kind: "list", items: "string" },
    ],
    [
      { type: "array", items: { type: "number" } },
      { kind: "list", items: "number" },
    ],
    [{ type: "array", items: { type: "array" } }, { kind: "json" }],
    [{ type: "array" }, { kind: "json" }],
    [{ type: "array", prefixItems: [{}], items: { type: "string" } }, { kind: "json" }],
    [{ type: "object" }, { kind: "json" }],
    [{ enum: ["a", "b", null] }, { kind: "string" }],
    [{ enum: [1, 2.5] }, { kind: "number" }],
    [{ enum: ["a", 1] }, { kind: "json" }],
    [{ const: true }, { kind: "boolean" }],
    [{ anyOf: [{ type: "integer" }, { type: "null" }] }, { kind: "integer" }],
    [{ oneOf: [{ type: "string" }, { type: "object" }] }, { kind: "json" }],
    [{ $ref: "#/$defs/text" }, { kind: "string" }],
    [{ $ref: "#/$defs/loop" }, { kind: "json" }],
    [{ type: "null" }, { kind: "json" }],
    [{}, { kind: "json" }],
    [true, { kind: "json" }],
  ];

  test.each(cases)("%j", (schema, shape) => {
    expect(shapeOf(schema, ROOT)).toEqual(shape);
  });
});

const text = { type: "string" };

const sourceOf = (names: readonly string[], strict = true, indexes: readonly string[] = []) => ({
  jsonSchema: { properties: Object.fromEntries(names.map((name) => [name, text])) },
  indexes,
  strict,
});

describe("columns", () => {
  test("are given to names that SQL can use, once regardless of case", () => {
    const columns = columnsOf([sourceOf(["ok", "OK", "a-b", "_x", "1st", "ünï", "a".repeat(64)])]);
    expect([...columns].toSorted()).toEqual(["OK", "_x"]);
  });

  test("are as many as fit, indexed fields first", () => {
    const names = Array.from({ length: 100 }, (_, at) => `field_${String(at).padStart(3, "0")}`);
    const columns = columnsOf([sourceOf(names, true, ["field_099"])]);
    expect(columns.size).toBe(LIMITS.projectionColumnsMax);
    expect(columns.has("field_099")).toBe(true);
    expect(columns.has("field_069")).toBe(false);
  });

  test("do not depend on the order in which a schema lists its fields", () => {
    const names = Array.from({ length: 100 }, (_, at) => `field_${at}`);
    expect(columnsOf([sourceOf(names)])).toEqual(columnsOf([sourceOf(names.toReversed())]));
  });

  test("stay with a field when later versions bring others", () => {
    const first = Array.from({ length: 69 }, (_, at) => `z_${at}`);
    const columns = columnsOf([sourceOf(first), sourceOf(["a", "b", ...first])]);
    expect(columns.has("a")).toBe(true);
    expect(columns.has("b")).toBe(false);
    for (const name of first) expect(columns.has(name)).toBe(true);
  });

  test("are not given to fields that came after an open version", () => {
    const versions = [sourceOf(["a"], false), sourceOf(["a", "b"]), sourceOf(["a", "b", "c"])];
    expect([...columnsOf(versions)]).toEqual(["a"]);
  });

  test("are for scalars and lists, not for documents", () => {
    const properties = { doc: { type: "object" }, list: { type: "array", items: text } };
    expect([...columnsOf([{ jsonSchema: { properties }, indexes: [], strict: true }])]).toEqual([
      "list",
    ]);
  });
});

test("a field is required when the schema says so and it has no default", () => {
  const schema = { properties: { a: text, b: text, c: text, d: text }, required: ["a", "b", "d"] };
  const fields = fieldsOf(schema, new Set(["a"]), { b: "x", d: null });
  expect([...fields.values()].map((field) => [field.name, field.required, field.column])).toEqual([
    ["a", true, true],
    ["b", false, false],
    ["c", false, false],
    ["d", true, false],
  ]);
});
