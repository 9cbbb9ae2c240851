/** Fields that name objects in the bucket: how a schema declares them. */
import { isJsonObject, type Json, type JsonObject } from "../model/json.ts";
import { OBJECT_REFERENCE, propertiesOf, referencesOf, shapeOf } from "./fields.ts";

type Tell = (path: readonly string[], detail: string) => void;

const WORDS = JSON.stringify(OBJECT_REFERENCE);

/** Every place in a schema with the annotation; names of properties are not annotations. */
const placesOf = (value: Json, path: readonly string[]): readonly (readonly string[])[] => {
  if (Array.isArray(value)) {
    return (value as readonly Json[]).flatMap((each, at) => placesOf(each, [...path, String(at)]));
  }
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const isAnnotation = name === OBJECT_REFERENCE && !isJsonObject(inner);
    return isAnnotation ? [path] : placesOf(inner, [...path, name]);
  });
};

const isField = (path: readonly string[]): boolean => path.length === 2 && path[0] === "properties";

/** Only strings can be keys: a string, or a list of strings. */
const holdsTexts = (schema: JsonObject, name: string): boolean => {
  const { kind, items } = shapeOf(propertiesOf(schema)[name] as Json, schema);
  return kind === "string" || (kind === "list" && items === "string");
};

/** Finds annotations that have no effect on any field. */
export function checkReferenceFields(schema: JsonObject, tell: Tell): void {
  const declared = new Set(referencesOf(schema));
  for (const path of placesOf(schema, [])) {
    const [, name = ""] = path;
    const at = ["json_schema", ...path, OBJECT_REFERENCE];
    if (!isField(path)) tell(at, `Expected ${WORDS} on a field of the type itself alone.`);
    else if (!declared.has(name)) tell(at, "Expected true.");
    else if (!holdsTexts(schema, name)) {
      tell(at, "Expected a field that holds a text or a list of texts.");
    }
  }
}

/**
 * Finds fields that named objects before and would no longer do so: their references would remain.
 */
export function checkReferencesKept(previous: JsonObject, next: JsonObject, tell: Tell): void {
  const declared = new Set(referencesOf(next));
  for (const name of referencesOf(previous)) {
    if (declared.has(name)) continue;
    tell(["json_schema", "properties", name], `A field with ${WORDS} keeps it.`);
  }
}
