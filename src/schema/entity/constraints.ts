/** Constraints: errors in the values of a stored document, as a version sees it. */
import { canonicalJson, isJsonObject, type Json, type JsonObject } from "../../model/json.ts";
import { codePointCount } from "../../query/text.ts";
import type { EntityError } from "./error.ts";
import type { Constraints, EntityField, EntityVersion, ObjectField } from "./metadata.ts";

type Tell = (code: string, path: string) => void;

const checkText = (constraints: Constraints, value: string, path: string, tell: Tell): void => {
  const { minLength, maxLength, matches } = constraints;
  const length = minLength === null && maxLength === null ? 0 : codePointCount(value);
  if (minLength !== null && length < minLength) tell("crud:TooShort", path);
  if (maxLength !== null && length > maxLength) tell("crud:TooLong", path);
  if (matches !== null && value !== "" && !matches(value)) tell("crud:InvalidEntity", path);
};

const checkScalar = (field: EntityField, value: Json, path: string, tell: Tell): void => {
  const { constraints } = field;
  if (typeof value === "string") checkText(constraints, value, path, tell);
  const { minimum, maximum } = constraints;
  const isBig = field.kind === "scalar" && field.type.startsWith("big");
  const number = typeof value === "number" || isBig ? Number(value) : null;
  if (number !== null && minimum !== null && number < minimum) tell("crud:ValueTooSmall", path);
  if (number !== null && maximum !== null && number > maximum) tell("crud:ValueTooLarge", path);
  const text = typeof value === "string" ? value : JSON.stringify(value);
  if (constraints.enum !== null && !constraints.enum.includes(text)) tell("crud:InvalidEnum", path);
};

const checkIdentities = (
  items: ObjectField,
  elements: readonly Json[],
  path: string,
  tell: Tell,
): void => {
  for (const { name, constraints } of items.fields.values()) {
    if (!constraints.elementIdentity) continue;
    const values = elements.flatMap((each) => {
      const value = isJsonObject(each) ? (each[name] ?? null) : null;
      return value === null ? [] : [canonicalJson(value)];
    });
    if (new Set(values).size < values.length)
      tell("crud:DuplicateArrayElementId", `${path}.${name}`);
  }
};

const checkValue = (field: EntityField, value: Json, path: string, tell: Tell): void => {
  if (field.kind === "scalar") {
    if (value !== null) checkScalar(field, value, path, tell);
    return;
  }
  if (field.kind === "object") {
    if (isJsonObject(value)) checkObject(field, value, path, tell);
    return;
  }
  if (!Array.isArray(value)) return;
  const elements = value as readonly Json[];
  const { minItems, maxItems } = field.constraints;
  if (minItems !== null && elements.length < minItems) tell("crud:ArrayTooSmall", path);
  if (maxItems !== null && elements.length > maxItems) tell("crud:ArrayTooLarge", path);
  if (field.items.kind === "object") checkIdentities(field.items, elements, path, tell);
  for (const [at, each] of elements.entries()) checkValue(field.items, each, `${path}.${at}`, tell);
};

const checkObject = (field: ObjectField, object: JsonObject, path: string, tell: Tell): void => {
  for (const [name, inner] of field.fields) {
    const at = path === "" ? name : `${path}.${name}`;
    const value = Object.hasOwn(object, name) ? (object[name] ?? null) : null;
    const { required, identity } = inner.constraints;
    if (value !== null) checkValue(inner, value, at, tell);
    else if ((required || identity) && inner.carries === null) tell("crud:Required", at);
  }
};

/** Every violated constraint of a document with its predefined fields, in the order of the fields. */
export function checkConstraints(
  version: EntityVersion,
  document: JsonObject,
): readonly EntityError[] {
  const errors: EntityError[] = [];
  checkObject(version.root, document, "", (code, msg) => errors.push({ code, msg }));
  return errors;
}
