import { isJsonObject, type Json, type JsonObject } from "../../model/json.ts";
import type { FieldRule } from "./mapping.ts";

/** The server's payload types: JSON Schema by name. */
export type Schemas = Readonly<Record<string, JsonObject>>;

/** How a cell becomes a payload field: a scalar type, and whether it is a list. */
export interface FieldType {
  readonly type: NonNullable<FieldRule["type"]>;
  readonly list: boolean;
}

/** The fields of a payload type; `open` when it takes fields that the schema does not name. */
export interface TypeFields {
  readonly fields: ReadonlyMap<string, FieldType>;
  readonly open: boolean;
}

const SCALARS: Readonly<Record<string, FieldType["type"]>> = {
  string: "string",
  integer: "integer",
  number: "number",
  boolean: "boolean",
};

/** The branch of a nullable schema that is not null, or the schema itself. */
const inner = (schema: JsonObject): JsonObject => {
  const branches = schema["anyOf"] ?? schema["oneOf"];
  if (!Array.isArray(branches)) return schema;
  const useful = (branches as readonly Json[]).filter(
    (branch): branch is JsonObject => isJsonObject(branch) && branch["type"] !== "null",
  );
  return useful.length === 1 ? inner(useful[0] ?? {}) : schema;
};

const typeName = (schema: JsonObject): string => {
  const type = schema["type"];
  const names: readonly Json[] = Array.isArray(type) ? (type as readonly Json[]) : [type ?? ""];
  const name = names.find((candidate) => candidate !== "null");
  return typeof name === "string" ? name : "";
};

const fieldType = (schema: JsonObject): FieldType => {
  const plain = inner(schema);
  const name = typeName(plain);
  if (name === "array") {
    const items = isJsonObject(plain["items"]) ? inner(plain["items"]) : {};
    const type = SCALARS[typeName(items)];
    return type === undefined ? { type: "json", list: false } : { type, list: true };
  }
  if (name === "" && Array.isArray(plain["enum"])) return { type: "string", list: false };
  return { type: SCALARS[name] ?? "json", list: false };
};

/** The fields that a payload type's JSON Schema names. */
export function typeFields(schema: JsonObject): TypeFields {
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  const named = Object.entries(properties).flatMap(([name, property]) =>
    isJsonObject(property) ? [[name, fieldType(property)] as const] : [],
  );
  const extra = schema["additionalProperties"];
  return { fields: new Map(named), open: extra !== false };
}
