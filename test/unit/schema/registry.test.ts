import { describe, expect, test } from "vitest";
import {
  admitDefinition,
  BUILTIN_TYPES,
  createRegistry,
  typeAtVersion,
} from "../../../src/schema/registry.ts";
import { definitionOf, definitionWith, pathsAndCodes } from "./support.ts";

const text = { type: "string" };
const v1 = definitionWith({ a: text });
const v2 = definitionWith({ a: text, b: text }, { version: "1.2.0", strict: false });
const v3 = definitionWith({ a: text, b: text, c: text }, { version: "1.10.0" });

describe("the registry", () => {
  test("holds the built-in types and the newest version of each registered one", () => {
    const registry = createRegistry(7, [v3, v1, v2]);
    expect(registry.version).toBe(7);
    expect(registry.types.size).toBe(BUILTIN_TYPES.size + 1);
    expect(registry.types.get("sample")?.version).toBe("1.10.0");
    expect(registry.types.get("image")?.builtin).toBe(true);
    expect(registry.types.get("other")).toBeUndefined();
  });

  test("answers older versions as they were", () => {
    const registry = createRegistry(1, [v1, v2, v3]);
    expect(typeAtVersion(registry, "sample", "1.0.0")?.jsonSchema).toMatchObject({
      properties: { a: text },
      additionalProperties: false,
    });
    expect([...(typeAtVersion(registry, "sample", "1.2.0")?.fields.keys() ?? [])]).toEqual([
      "a",
      "b",
    ]);
    expect(typeAtVersion(registry, "sample", "1.10.0")).toBe(registry.types.get("sample"));
    expect(typeAtVersion(registry, "sample", "9.0.0")).toBeUndefined();
    expect(typeAtVersion(registry, "image", "1.0.0")).toBe(registry.types.get("image"));
    expect(typeAtVersion(registry, "image", "2.0.0")).toBeUndefined();
    expect(typeAtVersion(registry, "other", "1.0.0")).toBeUndefined();
  });

  test("gives no column to fields that came after an open version", () => {
    const fields = createRegistry(1, [v1, v2, v3]).types.get("sample")?.fields;
    expect([...(fields?.values() ?? [])].map((field) => [field.name, field.column])).toEqual([
      ["a", true],
      ["b", true],
      ["c", false],
    ]);
  });

  test("lets no registered type hide a built-in one", () => {
    const registry = createRegistry(1, [definitionOf({ payloadType: "image" })]);
    expect(registry.types.get("image")?.builtin).toBe(true);
  });
});

describe("admitting a definition", () => {
  const registry = createRegistry(3, [v1, v2]);

  test("distinguishes a repeat from a new version", () => {
    expect(admitDefinition(registry, v2)).toEqual({ repeated: true, errors: [] });
    expect(admitDefinition(registry, v3)).toEqual({ repeated: false, errors: [] });
    expect(admitDefinition(registry, definitionOf({ payloadType: "fresh" }))).toEqual({
      repeated: false,
      errors: [],
    });
  });

  test("refuses what is invalid by itself or incompatible with the latest version", () => {
    expect(admitDefinition(registry, v1).errors.length).toBeGreaterThan(0);
    expect(admitDefinition(registry, { ...v3, version: "x" }).errors.length).toBeGreaterThan(0);
  });

  test("refuses an index on a field without a column", () => {
    const { errors } = admitDefinition(registry, { ...v3, indexes: ["a", "c"] });
    expect(pathsAndCodes(errors)).toEqual(["indexes.1 invalid_value"]);
  });
});
