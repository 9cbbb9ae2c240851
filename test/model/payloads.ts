// The errors of a payload, in the model.
import type { Json, JsonObject } from "../../src/model/json.ts";
import { isObject, toMicros } from "./filter.ts";
import type { Flaw, FieldKind, TypeModel } from "./types.ts";

const isScalarOf = (value: Json, kind: FieldKind): boolean => {
  if (kind === "integer") return Number.isSafeInteger(value);
  if (kind === "number" || kind === "boolean") return typeof value === kind;
  if (kind === "list")
    return Array.isArray(value) && value.every((item) => isScalarOf(item as Json, "string"));
  if (kind === "json") return isObject(value);
  if (typeof value !== "string") return false;
  if (kind === "date") return new Date(`${value}T00:00Z`).toJSON()?.slice(0, 10) === value;
  return kind === "string" || !Number.isNaN(toMicros(value));
};

/** The error codes of a payload. */
export const payloadCodes = (type: TypeModel, payload: JsonObject): readonly Flaw["code"][] => {
  const strange = Object.keys(payload).some((name) => type[name] === undefined);
  const wrong = Object.entries(type).some(([name, field]) => {
    const value = payload[name];
    return value === undefined ? field.required === true : !isScalarOf(value, field.kind);
  });
  return [
    ...(strange ? (["unknown_field"] as const) : []),
    ...(wrong ? (["invalid_value"] as const) : []),
  ];
};
