import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import type { Condition } from "../../../src/query/condition.ts";
import { columnPath, keyPath, type Path } from "../../../src/query/path.ts";
import { checkQuery } from "../../../src/schema/check.ts";
import { createRegistry } from "../../../src/schema/registry.ts";
import type { TypeDefinition } from "../../../src/schema/type.ts";

const definitionOf = (version: string, properties: JsonObject, strict = true): TypeDefinition => ({
  payloadType: "visit",
  version,
  jsonSchema: {
    type: "object",
    properties,
    $defs: { geo: { type: "object", properties: { lat: { type: "number" } } } },
  },
  indexes: [],
  defaults: {},
  relations: [],
  strict,
});

const SITE: JsonObject = {
  type: "object",
  properties: {
    geo: { $ref: "#/$defs/geo" },
    name: { type: "string" },
    opened: { type: "string", format: "date-time" },
    tags: { type: "array", items: { type: "string" } },
    rooms: {
      type: "array",
      items: { type: "object", properties: { beds: { type: "integer" } } },
    },
    sizes: { type: "object", additionalProperties: { type: "number" } },
    closed: {
      type: "object",
      properties: { on: { type: "boolean" } },
      additionalProperties: false,
    },
    either: { anyOf: [{ type: "string" }, { type: "number" }, { type: "null" }] },
    merged: { allOf: [{ properties: { deep: { type: "integer" } } }, { type: "object" }] },
  },
};

const below = (...names: readonly string[]): Path => keyPath("site", ...names);

const compare = (path: Path, value: string | number | boolean): Condition => ({
  kind: "compare",
  path,
  op: "eq",
  value,
});

const errors = (condition: Condition, ...definitions: readonly TypeDefinition[]) => {
  const all = definitions.length === 0 ? [definitionOf("1.0.0", { site: SITE })] : definitions;
  const query = {
    payloadTypes: ["visit"],
    condition,
    sort: [{ path: columnPath("identifier"), direction: "asc" as const }],
    page: { limit: 1 },
    asOf: { kind: "now" as const },
  };
  const result = checkQuery(query, createRegistry(1, all));
  return result.ok ? [] : result.errors.map(({ path, detail }) => `${path}: ${detail}`);
};

describe("a member below a field", () => {
  test.each<readonly [Path, string | number | boolean, string]>([
    [below("geo", "lat"), "north", "site.geo.lat: Expected a number."],
    [below("name"), 5, "site.name: Expected a text."],
    [below("sizes", "any"), "large", "site.sizes.any: Expected a number."],
    [below("closed", "on"), "yes", "site.closed.on: Expected true or false."],
    [below("merged", "deep"), "x", "site.merged.deep: Expected a number."],
  ])("has the kinds of its schema: %j is not %j", (path, value, expected) => {
    expect(errors(compare(path, value))).toEqual([expected]);
  });

  test.each<readonly [Path, string | number | boolean]>([
    [below("geo", "lat"), 52.5],
    [below("geo", "undeclared"), "anything"],
    [below("name"), "Charité"],
    [below("opened"), "2026"],
    [below("either"), "text"],
    [below("either"), 5],
    [below("undeclared", "deep"), true],
  ])(
    "may be compared with what it can be, or with anything where the schema is silent: %j",
    (path, value) => {
      expect(errors(compare(path, value))).toEqual([]);
    },
  );

  test("is unknown where the schema is closed, and below a value that has no members", () => {
    for (const path of [below("closed", "off"), below("name", "first"), below("geo", "lat", "x")]) {
      expect(errors(compare(path, 1))[0]).toContain("No payload type asked for has the field");
    }
  });

  test("is looked at in elements of lists too, by position and one by one", () => {
    const beds = (condition: Condition): Condition => ({
      kind: "element",
      path: below("rooms"),
      condition,
    });
    expect(errors(beds(compare(keyPath("beds"), "two")))).toEqual(["beds: Expected a number."]);
    expect(errors(beds(compare(keyPath("beds"), 2)))).toEqual([]);
    const first: Path = {
      segments: [
        { kind: "key", name: "site" },
        { kind: "key", name: "rooms" },
        { kind: "keyOrIndex", name: "0" },
        { kind: "key", name: "beds" },
      ],
    };
    expect(errors(compare(first, "two"))).toEqual(["site.rooms.0.beds: Expected a number."]);
    expect(errors(compare(first, 2))).toEqual([]);
    const tagged: Condition = {
      kind: "contains",
      path: below("tags"),
      values: [5],
      quantifier: "any",
    };
    expect(errors(tagged)).toEqual(["site.tags: Expected a text."]);
  });

  test("takes what any version of the type admits: stored payloads may be of each", () => {
    const lat = (type: string): JsonObject => ({
      type: "object",
      properties: { lat: { type } },
    });
    const versions = [
      definitionOf("1.0.0", { site: lat("string") }),
      definitionOf("1.1.0", { site: lat("number") }),
    ];
    expect(errors(compare(below("lat"), "north"), ...versions)).toEqual([]);
    expect(errors(compare(below("lat"), 1), ...versions)).toEqual([]);
    expect(errors(compare(below("lat"), true), ...versions)).toEqual([
      "site.lat: Expected a text or a number.",
    ]);
    const open = [definitionOf("1.0.0", {}, false), definitionOf("1.1.0", { site: lat("number") })];
    expect(errors(compare(below("lat"), "north"), ...open)).toEqual([]);
  });

  test("of a schema that leads in circles may be anything", () => {
    const circle: JsonObject = { $ref: "#/properties/site" };
    expect(errors(compare(below("lat"), true), definitionOf("1.0.0", { site: circle }))).toEqual(
      [],
    );
  });
});
