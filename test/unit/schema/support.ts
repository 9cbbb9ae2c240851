import type { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import fc from "fast-check";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import type { ErrorDetail, TypeDefinition } from "../../../src/schema/type.ts";
import { seedOf } from "../../support/run/clock.ts";

/** Set FC_SEED to repeat a run. */
export const SEED = seedOf(process.env["FC_SEED"]);

/** An independent validator that asserts the same two formats as the product. */
export const otherValidator = (): Ajv => {
  const ajv = new Ajv2020({ strict: false, allErrors: false });
  return addFormats(ajv, ["date", "date-time"]);
};

/** A valid definition with some members replaced. */
export const definitionOf = (members: Partial<TypeDefinition> = {}): TypeDefinition => ({
  payloadType: "sample",
  version: "1.0.0",
  jsonSchema: { type: "object", properties: { label: { type: "string" } } },
  indexes: [],
  defaults: {},
  relations: [],
  strict: true,
  ...members,
});

/** A definition by its properties. */
export const definitionWith = (
  properties: JsonObject,
  members: Partial<TypeDefinition> = {},
): TypeDefinition => definitionOf({ jsonSchema: { type: "object", properties }, ...members });

/** Path and code of each error. */
export const pathsAndCodes = (errors: readonly ErrorDetail[]): readonly string[] =>
  errors.map((error) => `${error.path} ${error.code}`);

/** Any small JSON value. */
export const anyJson = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>;
