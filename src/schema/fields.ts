import { isJsonObject, jsonEqual, type Json, type JsonObject } from "../model/json.ts";
import { LIMITS } from "../model/limits.ts";
import { isJsonList } from "./keywords/check.ts";
import { findAnchors, lookUp } from "./keywords/reference.ts";
import { COLUMN_NAME } from "./names.ts";
import type { Field, FieldKind, IndexKey } from "./type.ts";

/** Kind of a value, and of its elements when it is a list. */
export interface Shape {
  readonly kind: FieldKind;
  readonly items?: NonNullable<Field["items"]>;
}

const JSON_SHAPE: Shape = { kind: "json" };
const NESTING_MAX = 16;

/** The shape that all alternatives have in common, if any; numbers include integers. */
const unite = (shapes: readonly (Shape | undefined)[]): Shape | undefined => {
  const present = shapes.filter((shape) => shape !== undefined);
  const [first] = present;
  if (first === undefined) return undefined;
  if (present.every((shape) => jsonEqual({ ...shape }, { ...first }))) return first;
  return present.every((shape) => shape.kind === "integer" || shape.kind === "number")
    ? { kind: "number" }
    : JSON_SHAPE;
};

const literalShape = (value: Json): Shape | undefined => {
  if (value === null) return undefined;
  if (typeof value === "string") return { kind: "string" };
  if (typeof value === "boolean") return { kind: "boolean" };
  if (typeof value === "number") return { kind: Number.isInteger(value) ? "integer" : "number" };
  return JSON_SHAPE;
};

const textShape = (format: Json | undefined): Shape => {
  if (format === "date") return { kind: "date" };
  return { kind: format === "date-time" ? "datetime" : "string" };
};

const listShape = (schema: JsonObject, root: JsonObject, nesting: number): Shape => {
  const items = schema["items"];
  if (items === undefined || schema["prefixItems"] !== undefined) return JSON_SHAPE;
  const shape = derive(items, root, nesting + 1);
  switch (shape?.kind) {
    case "string":
    case "integer":
    case "number":
    case "boolean":
      return { kind: "list", items: shape.kind };
    case "date":
    case "datetime":
      return { kind: "list", items: "string" };
    case "list":
    case "json":
    case undefined:
      return JSON_SHAPE;
  }
};

const typeShape = (
  type: Json,
  schema: JsonObject,
  root: JsonObject,
  nesting: number,
): Shape | undefined => {
  if (type === "null") return undefined;
  if (type === "string") return textShape(schema["format"]);
  if (type === "integer" || type === "number" || type === "boolean") return { kind: type };
  return type === "array" ? listShape(schema, root, nesting) : JSON_SHAPE;
};

/** Undefined: only null. */
const derive = (schema: Json, root: JsonObject, nesting: number): Shape | undefined => {
  if (!isJsonObject(schema) || nesting > NESTING_MAX) return JSON_SHAPE;
  const { type, enum: values, const: constant, $ref, anyOf, oneOf } = schema;
  if (type !== undefined) {
    const types = isJsonList(type) ? type : [type];
    return unite(types.map((name) => typeShape(name, schema, root, nesting)));
  }
  if (constant !== undefined) return literalShape(constant);
  if (isJsonList(values)) return unite(values.map(literalShape));
  if (typeof $ref === "string") {
    const target = lookUp(root, findAnchors(root), $ref);
    return target === undefined ? JSON_SHAPE : derive(target, root, nesting + 1);
  }
  const forms = anyOf ?? oneOf;
  if (!isJsonList(forms)) return JSON_SHAPE;
  return unite(forms.map((form) => derive(form, root, nesting + 1)));
};

/**
 * The kind of a field by its schema, apart from null, as far as queries and typed columns need it.
 */
export function shapeOf(schema: Json, root: JsonObject): Shape {
  return derive(schema, root, 0) ?? JSON_SHAPE;
}

/** The top-level properties of an object schema. */
export function propertiesOf(schema: JsonObject): Readonly<Record<string, Json>> {
  const properties = schema["properties"];
  return isJsonObject(properties) ? properties : {};
}

/** The names that an object schema requires. */
export function requiredOf(schema: JsonObject): ReadonlySet<string> {
  const required = schema["required"];
  return new Set(isJsonList(required) ? required.filter((name) => typeof name === "string") : []);
}

/** What decides the columns of one version of a type. */
export interface ColumnSource {
  readonly jsonSchema: JsonObject;
  readonly indexes: readonly string[];
  readonly strict: boolean;
  readonly keys?: readonly IndexKey[];
}

/**
 * The fields that have a typed column after these versions of a type, oldest first: scalars and
 * lists with a name that SQL can use, as many as fit, indexed ones before others. A field keeps its
 * column. A field that was added after a version that was not strict has none, because older
 * payloads may have anything under its name.
 */
export function columnsOf(versions: readonly ColumnSource[]): ReadonlySet<string> {
  const known = new Set<string>();
  const folded = new Set<string>();
  const columns = new Set<string>();
  let open = false;
  for (const { jsonSchema, indexes, strict, keys = [] } of versions) {
    const indexed = new Set([...indexes, ...keys.flatMap(({ fields }) => fields)]);
    const properties = propertiesOf(jsonSchema);
    // By name, because a store need not keep the order of members.
    const names = Object.keys(properties).toSorted();
    const ordered = [
      ...names.filter((name) => indexed.has(name)),
      ...names.filter((name) => !indexed.has(name)),
    ];
    for (const name of ordered.filter((candidate) => !known.has(candidate))) {
      known.add(name);
      const eligible =
        !open &&
        COLUMN_NAME.test(name) &&
        !folded.has(name.toLowerCase()) &&
        columns.size < LIMITS.projectionColumnsMax &&
        shapeOf(properties[name] as Json, jsonSchema).kind !== "json";
      folded.add(name.toLowerCase());
      if (eligible) columns.add(name);
    }
    open ||= !strict;
  }
  return columns;
}

const textOf = (schema: Json, member: string): string | undefined => {
  const value = isJsonObject(schema) ? schema[member] : undefined;
  return typeof value === "string" ? value : undefined;
};

/**
 * The fields of an object schema, by name. A field counts as required when the schema requires it
 * and it has no default.
 */
export function fieldsOf(
  schema: JsonObject,
  columns: ReadonlySet<string>,
  defaults: JsonObject,
): ReadonlyMap<string, Field> {
  const required = requiredOf(schema);
  return new Map(
    Object.entries(propertiesOf(schema)).map(([name, property]) => {
      const unit = textOf(property, "x-unit");
      const field: Field = {
        name,
        ...shapeOf(property, schema),
        required: required.has(name) && (defaults[name] ?? null) === null,
        ...(unit === undefined ? {} : { unit }),
        description: textOf(property, "description") ?? "",
        column: columns.has(name),
      };
      return [name, field];
    }),
  );
}

/** The annotation of a field that names objects in the bucket. */
export const OBJECT_REFERENCE = "x-object-reference";

/** The fields of an object schema that are declared as references to objects. */
export function referencesOf(schema: JsonObject): readonly string[] {
  return Object.entries(propertiesOf(schema)).flatMap(([name, property]) =>
    isJsonObject(property) && property[OBJECT_REFERENCE] === true ? [name] : [],
  );
}
