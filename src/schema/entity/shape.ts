/** Parts of metadata documents, checked as they are read. */
import { isJsonObject, type Json, type JsonObject } from "../../model/json.ts";
import { refuse } from "./error.ts";

/** The error code for invalid metadata. */
export const INVALID = "metadata:InvalidMetadata";

/** An object. */
export function objectAt(value: Json | undefined, path: string): JsonObject {
  return isJsonObject(value) ? value : refuse(INVALID, `${path}: expected an object`);
}

/** A list. */
export function listAt(value: Json | undefined, path: string): readonly Json[] {
  return Array.isArray(value)
    ? (value as readonly Json[])
    : refuse(INVALID, `${path}: expected an array`);
}

/** A string that is not empty. */
export function textAt(value: Json | undefined, path: string): string {
  return typeof value === "string" && value !== "" && value.isWellFormed() && !value.includes("\0")
    ? value
    : refuse(INVALID, `${path}: expected a text`);
}
