/** Parts of metadata documents, checked as they are taken. */
import { isJsonObject, type Json, type JsonObject } from "../../model/json.ts";
import { refuse } from "./error.ts";

/** The code of metadata that are not what is expected. */
export const INVALID = "metadata:InvalidMetadata";

/** An object. */
export const objectAt = (value: Json | undefined, path: string): JsonObject =>
  isJsonObject(value) ? value : refuse(INVALID, `${path}: expected an object`);

/** A list. */
export const listAt = (value: Json | undefined, path: string): readonly Json[] =>
  Array.isArray(value) ? (value as readonly Json[]) : refuse(INVALID, `${path}: expected an array`);

/** A text that is not empty. */
export const textAt = (value: Json | undefined, path: string): string =>
  typeof value === "string" && value !== "" && value.isWellFormed() && !value.includes("\0")
    ? value
    : refuse(INVALID, `${path}: expected a text`);
