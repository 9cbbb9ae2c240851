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

  describe("whose names in the database", () => {
    const alpha = definitionOf({
      payloadType: "alpha",
      jsonSchema: { type: "object", properties: { beta_size: text, Beta_Word: text } },
      indexes: ["beta_size"],
    });
    const withIndex = (payloadType: string, field: string) =>
      definitionOf({
        payloadType,
        jsonSchema: { type: "object", properties: { [field]: text } },
        indexes: [field],
      });
    const key = (...fields: string[]) => ({ fields, unique: true });
    const withKeys = (...keys: ReturnType<typeof key>[]) =>
      definitionOf({
        payloadType: "keyed",
        jsonSchema: { type: "object", properties: { a: text, b_c: text, a_b: text, c: text } },
        keys,
      });
    const alone = createRegistry(1, [alpha]);

    test.each([
      ["an index of another type", withIndex("alpha_beta", "size"), "indexes.0"],
      ["one that differs in capitals alone", withIndex("alpha_beta", "SIZE"), "indexes.0"],
      ["one of a built-in type", withIndex("source", "spec_owner_id"), "indexes.0"],
      ["a table", definitionOf({ payloadType: "alpha_beta_size_asc" }), "payload_type"],
      ["its own index", withKeys(key("a", "b_c"), key("a_b", "c")), "keys"],
      ["nothing else", withKeys(key("a", "b_c"), key("a", "c")), undefined],
    ])("are those of %s", (_, definition, path) => {
      const { errors } = admitDefinition(alone, definition);
      expect(errors.map((error) => error.path)).toEqual(path === undefined ? [] : [path]);
    });

    test("tell what has them, and do not change with a version", () => {
      const [error] = admitDefinition(alone, withIndex("alpha_beta", "size")).errors;
      expect(error?.detail).toContain("alpha.beta_size");
      const both = createRegistry(2, [alpha, withIndex("alpha_beta", "size")]);
      const next = { ...withIndex("alpha_beta", "size"), version: "1.1.0", strict: false };
      expect(admitDefinition(both, next)).toEqual({ repeated: false, errors: [] });
    });
  });
});
