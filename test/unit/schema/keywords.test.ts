import { Validator } from "@cfworker/json-schema";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { inspect } from "../../../src/schema/inspect.ts";
import { expectation } from "../../../src/schema/keywords/expectation.ts";
import { compileSchema, evaluate } from "../../../src/schema/keywords/compile.ts";
import { otherValidator, SEED } from "./support.ts";
import { runs } from "../../support/run/figures.ts";

const NAMES = ["a", "b", "ab", "c"] as const;
const SCALARS = [null, true, false, 0, 1, 2, 2.5, -1, "", "a", "ab", "2024-02-29"] as const;

const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<Json>(...SCALARS),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
}));

const LEAVES: readonly Json[] = [
  true,
  false,
  {},
  { type: "string" },
  { type: "integer" },
  { type: ["number", "null"] },
  { type: "object" },
  { type: "array" },
  { type: "boolean" },
  { enum: ["a", 1, null, { a: 1 }] },
  { const: [1, "a"] },
  { minimum: 1, maximum: 2 },
  { exclusiveMinimum: 0 },
  { exclusiveMaximum: 2 },
  { multipleOf: 0.5 },
  { minLength: 1, maxLength: 1 },
  { pattern: "^a" },
  { format: "date" },
  { required: ["a"] },
  { dependentRequired: { a: ["b"] } },
  { minProperties: 1, maxProperties: 2 },
  { propertyNames: { pattern: "^a" } },
  { minItems: 1, maxItems: 2 },
  { uniqueItems: true },
  { $ref: "#/$defs/node" },
  { $ref: "#word" },
];

const { schema } = fc.letrec<{ schema: Json; part: JsonObject }>((tie) => {
  const inner = tie("schema");
  const one = (name: string): fc.Arbitrary<JsonObject> => inner.map((it) => ({ [name]: it }));
  const several = (name: string): fc.Arbitrary<JsonObject> =>
    fc.array(inner, { minLength: 1, maxLength: 3 }).map((list) => ({ [name]: list }));
  const named = (keyword: string, names: readonly string[]): fc.Arbitrary<JsonObject> =>
    fc
      .dictionary(fc.constantFrom(...names), inner, { maxKeys: 2, noNullPrototype: true })
      .map((members) => ({ [keyword]: members }));
  return {
    schema: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom(...LEAVES),
      fc
        .array(tie("part"), { minLength: 1, maxLength: 3 })
        .map((parts) => Object.assign({}, ...parts) as JsonObject),
    ),
    part: fc.oneof(
      ...["allOf", "anyOf", "oneOf", "prefixItems"].map(several),
      ...["not", "items", "additionalProperties", "propertyNames"].map(one),
      one("unevaluatedProperties"),
      fc.tuple(one("if"), one("then"), one("else")).map((parts) => Object.assign({}, ...parts)),
      fc.tuple(one("contains"), fc.nat(2)).map(([it, minContains]) => ({ ...it, minContains })),
      named("properties", NAMES),
      named("patternProperties", ["^a", "b$"]),
      named("dependentSchemas", NAMES),
    ),
  };
});

const $defs: JsonObject = {
  node: { type: ["object", "string"], properties: { a: { $ref: "#/$defs/node" } } },
  word: { $anchor: "word", type: "string", minLength: 2 },
};

const rooted = (inner: Json): JsonObject => ({ properties: { root: inner }, $defs });

const accepts = (root: JsonObject, instance: Json): boolean => {
  const compiled = compileSchema(root, "schema");
  expect(compiled.errors).toEqual([]);
  return evaluate(compiled.check, instance, inspect(instance, [])).length === 0;
};

// Each of the two other validators is sometimes wrong about contains and unevaluated*, or throws.
const verdictOf = (judge: () => boolean): boolean | undefined => {
  try {
    return judge();
  } catch {
    return undefined;
  }
};

test(
  "random schemas judge random values as two other validators do where those agree",
  {
    timeout: 60_000,
  },
  () => {
    const ajv = otherValidator();
    fc.assert(
      fc.property(schema, fc.array(value, { minLength: 1, maxLength: 8 }), (inner, values) => {
        const root = rooted(inner);
        const [one, other] = [ajv.compile(root), new Validator(root, "2020-12")];
        for (const it of values) {
          const instance = { root: it };
          const accepted = accepts(root, instance);
          const verdict = verdictOf(() => one(instance));
          if (verdict !== other.validate(instance).valid) continue;
          expect(accepted, JSON.stringify(instance)).toBe(verdict);
        }
      }),
      { seed: SEED, numRuns: runs(300) },
    );
  },
);

test("a value has errors exactly when it is invalid, and each error has a message", () => {
  fc.assert(
    fc.property(schema, value, (inner, it) => {
      const { check } = compileSchema(inner === true ? {} : rooted(inner), "schema");
      const errors = evaluate(check, { root: it }, { values: 50, bytesMax: 1_000 });
      for (const error of errors) {
        expect(error.path.split(".")[0]).toBe("root");
        expect(error.detail).toMatch(/^[A-Z].*\.$/su);
      }
    }),
    { seed: SEED, numRuns: runs(300) },
  );
});

test.each<readonly [Json, string]>([
  [{ type: "integer", minimum: 1, maximum: 8 }, "a whole number from 1 to 8"],
  [{ type: "number", exclusiveMinimum: 0 }, "a number above 0"],
  [{ type: "number", minimum: 0, exclusiveMaximum: 1 }, "a number of at least 0 and below 1"],
  [{ type: "integer", multipleOf: 5 }, "a whole number that is a multiple of 5"],
  [{ type: "string", minLength: 2, maxLength: 4 }, "a text of 2 to 4 characters"],
  [{ type: "string", minLength: 2, maxLength: 2 }, "a text of 2 characters"],
  [{ type: "string", pattern: "^a" }, "a text that matches ^a"],
  [{ format: "date" }, "a calendar date YYYY-MM-DD"],
  [{ type: ["string", "null"] }, "a text or null"],
  [{ enum: ["a", "b", 3] }, '"a", "b" or 3'],
  [{ const: true }, "true"],
  [
    { type: "array", items: { type: "boolean" }, maxItems: 3 },
    "a list of at most 3 elements, each true or false",
  ],
  [{ anyOf: [{ type: "string" }, { type: "object" }] }, "a text or an object"],
  [{ enum: Array.from({ length: 30 }, (_, at) => at) }, "one of 30 listed values"],
  [{}, "another value"],
])("%j expects %s", (schema_, words) => {
  expect(expectation(schema_)).toBe(`Expected ${words}.`);
});
