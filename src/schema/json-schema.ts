import { z } from "zod";
import type { Json, JsonObject } from "../model/json.ts";
import { DIALECT } from "./names.ts";

/**
 * The JSON Schema 2020-12 of a built-in type: title, description, and for each field its
 * description and, as `x-unit`, its UCUM unit.
 */
export function builtinJsonSchema(payload: z.ZodObject): JsonObject {
  return z.toJSONSchema(payload, { target: "draft-2020-12" }) as JsonObject;
}

/**
 * The JSON Schema of a registered type as it is enforced and published: with its dialect, a title,
 * and closed when the type is strict.
 */
export function registeredJsonSchema(
  name: string,
  schema: JsonObject,
  strict: boolean,
): JsonObject {
  return {
    $schema: DIALECT,
    title: name,
    type: "object",
    ...schema,
    ...(strict ? { additionalProperties: false satisfies Json } : {}),
  };
}
