/** Any value that JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [member: string]: Json;
}

/** True for a JSON object, false for arrays, scalars, null and undefined. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value when it is an object, or else an object without members. */
export function asObject(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** An own member of an object by its name; null when it has none. */
export function ownMember(object: JsonObject, name: string): Json {
  return Object.hasOwn(object, name) ? (object[name] ?? null) : null;
}

/**
 * The canonical text of a JSON value (RFC 8785 in spirit): members sorted by code unit, no white
 * space. Two values are equal exactly when their canonical texts are.
 */
export function canonicalJson(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(",")}]`;
  if (!isJsonObject(value)) return JSON.stringify(value ?? null);
  const members = Object.keys(value).toSorted();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name])}`).join(",")}}`;
}

/** Deep equality of JSON values; the order of members does not matter. */
export function jsonEqual(left: Json | undefined, right: Json | undefined): boolean {
  return left === right || canonicalJson(left) === canonicalJson(right);
}
