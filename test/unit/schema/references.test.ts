import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { checkDefinition } from "../../../src/schema/custom.ts";
import { evolve } from "../../../src/schema/evolve.ts";
import { BUILTIN_TYPES, createRegistry } from "../../../src/schema/registry.ts";
import type { TypeDefinition } from "../../../src/schema/type.ts";

const MARK = { "x-object-reference": true };

const typed = (
  properties: JsonObject,
  version = "1.0.0",
  more: JsonObject = {},
): TypeDefinition => ({
  payloadType: "scan",
  version,
  jsonSchema: { type: "object", properties, ...more },
  indexes: [],
  defaults: {},
  relations: [],
  strict: true,
});

describe("a field that names objects", () => {
  test("is declared by an annotation, and by its name nowhere", () => {
    const definition = typed({
      scan: { type: "string", ...MARK },
      maybe: { type: ["string", "null"], ...MARK },
      slices: { type: "array", items: { type: "string" }, ...MARK },
      s3_path: { type: "string" },
    });
    expect(checkDefinition(definition)).toEqual([]);
    const type = createRegistry(1, [definition]).types.get("scan");
    expect(type?.references).toEqual(["scan", "maybe", "slices"]);
    expect(type?.jsonSchema["properties"]).toMatchObject({ scan: MARK });
  });

  test("is s3_path of each built-in type that has one", () => {
    for (const { fields, references } of BUILTIN_TYPES.values()) {
      expect(references).toEqual(fields.has("s3_path") ? ["s3_path"] : []);
    }
  });

  test.each<[string, JsonObject, JsonObject]>([
    ["a number", { n: { type: "integer", ...MARK } }, {}],
    ["a date", { d: { type: "string", format: "date", ...MARK } }, {}],
    ["an object", { o: { type: "object", ...MARK } }, {}],
    ["a list of numbers", { l: { type: "array", items: { type: "number" }, ...MARK } }, {}],
    ["anything", { a: { ...MARK } }, {}],
    ["false", { f: { type: "string", "x-object-reference": false } }, {}],
    ["a word", { w: { type: "string", "x-object-reference": "yes" } }, {}],
    [
      "what lies deeper",
      { o: { type: "object", properties: { s: { type: "string", ...MARK } } } },
      {},
    ],
    ["what a list holds", { l: { type: "array", items: { type: "string", ...MARK } } }, {}],
    ["a definition", { s: { type: "string" } }, { $defs: { key: { type: "string", ...MARK } } }],
    ["the whole payload", { s: { type: "string" } }, MARK],
  ])("cannot be %s", (_, properties, more) => {
    const errors = checkDefinition(typed(properties, "1.0.0", more));
    expect(errors.map(({ path }) => path)).toEqual([expect.stringMatching(/x-object-reference$/)]);
  });

  test("may have the name of the annotation", () => {
    const properties: Record<string, Json> = { "x-object-reference": { type: "string", ...MARK } };
    expect(checkDefinition(typed(properties))).toEqual([]);
  });

  test("may be declared by a later version, and stays declared", () => {
    const plain = { scan: { type: "string" } };
    const marked = { scan: { type: "string", ...MARK } };
    expect(evolve(typed(plain), typed(marked, "1.1.0"))).toEqual([]);
    expect(evolve(typed(marked), typed(plain, "1.1.0"))).toMatchObject([
      { path: "json_schema.properties.scan", detail: expect.stringContaining("keeps it") },
    ]);
  });
});
