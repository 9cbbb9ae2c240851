/** Maps entities to payload types: the type that holds an entity's documents, and the reverse. */
import { isJsonObject, jsonEqual, type Json, type JsonObject } from "../../model/json.ts";
import { propertiesOf } from "../fields.ts";
import type { Field, IndexKey, PayloadType, TypeDefinition } from "../type.ts";
import { refuse } from "./error.ts";
import {
  ID,
  OBJECT_TYPE,
  type Entity,
  type EntityField,
  type EntityState,
  type ObjectField,
  type ScalarType,
} from "./metadata.ts";
import { parseEntity } from "./parse.ts";

const SCALARS: Readonly<Record<ScalarType, JsonObject>> = {
  string: { type: "string" },
  integer: { type: "integer" },
  double: { type: "number" },
  bigdecimal: { type: "string" },
  biginteger: { type: "string" },
  boolean: { type: "boolean" },
  date: { type: "string", format: "date-time" },
  binary: { type: "string" },
  uid: { type: "string" },
  any: {},
};

const orNull = (schema: JsonObject): JsonObject =>
  typeof schema["type"] === "string" ? { ...schema, type: [schema["type"], "null"] } : schema;

const schemaOf = (field: EntityField): JsonObject => {
  if (field.kind === "scalar") return SCALARS[field.type];
  if (field.kind === "array") return { type: "array", items: orNull(schemaOf(field.items)) };
  return {
    type: "object",
    properties: Object.fromEntries(
      [...field.fields.values()]
        .filter((inner) => inner.carries === null)
        .map((inner) => [inner.name, schemaOf(inner)]),
    ),
    additionalProperties: false,
  };
};

/** Merges both schemas: objects have the members of both. */
const unite = (left: JsonObject, right: JsonObject, path: string): JsonObject => {
  if (jsonEqual(left, right)) return left;
  const isObject = (one: JsonObject): boolean => isJsonObject(one["properties"]);
  if (isObject(left) && isObject(right) && jsonEqual(left["type"], right["type"])) {
    const properties = new Map<string, Json>(Object.entries(propertiesOf(left)));
    for (const [name, schema] of Object.entries(propertiesOf(right))) {
      const known = properties.get(name);
      const inner = schema as JsonObject;
      properties.set(
        name,
        known === undefined ? inner : unite(known as JsonObject, inner, `${path}.${name}`),
      );
    }
    return { ...left, properties: Object.fromEntries(properties) };
  }
  const [one, other] = [left["items"], right["items"]];
  if (isJsonObject(one) && isJsonObject(other)) {
    return { ...left, items: unite(one, other, `${path}.items`) };
  }
  return refuse("metadata:IncompatibleFields", `fields${path}: another version has another type`);
};

const storedRoot = (root: ObjectField): ObjectField => ({
  ...root,
  fields: new Map([...root.fields].filter(([name]) => name !== ID && name !== OBJECT_TYPE)),
});

const keysOf = (entity: Entity): readonly IndexKey[] => {
  const identities = [...entity.versions.values()]
    .map(({ identity }) => identity)
    .filter((fields) => fields.length > 0);
  const unique = [
    ...entity.indexes.filter((index) => index.unique).map(({ fields }) => fields),
    ...identities,
  ];
  const compound = entity.indexes.filter((index) => !index.unique && index.fields.length > 1);
  const keys = [
    ...unique.map((fields) => ({ fields, unique: true })),
    ...compound.map(({ fields }) => ({ fields, unique: false })),
  ];
  return keys.filter(
    (key, at) => keys.findIndex((each) => jsonEqual({ ...each }, { ...key })) === at,
  );
};

/**
 * The next definition of the payload type that holds the documents of all versions of an entity;
 * the previous one when nothing has to change. Fields are never removed: stored documents keep what
 * removed versions have written.
 */
export function definitionOf(entity: Entity, previous: TypeDefinition | undefined): TypeDefinition {
  const empty: JsonObject = { type: "object", properties: {}, additionalProperties: false };
  const jsonSchema = [...entity.versions.values()]
    .map(({ root }) => schemaOf(storedRoot(root)))
    .reduce((left, right) => unite(left, right, ""), previous?.jsonSchema ?? empty);
  const next: TypeDefinition = {
    payloadType: entity.name,
    version: previous?.version ?? "1.0.0",
    jsonSchema,
    indexes: [...new Set(entity.indexes.map(({ fields }) => fields[0] ?? ""))],
    defaults: {},
    relations: previous?.relations ?? [],
    strict: true,
    keys: keysOf(entity),
  };
  if (
    previous === undefined ||
    jsonEqual({ ...previous } as unknown as Json, { ...next } as unknown as Json)
  ) {
    return previous ?? next;
  }
  const [, minor = "0"] = previous.version.split(".");
  return { ...next, version: `1.${Number(minor) + 1}.0` };
}

const KINDS: Readonly<Record<Exclude<Field["kind"], "list">, ScalarType>> = {
  string: "string",
  integer: "integer",
  number: "double",
  boolean: "boolean",
  // A calendar date is not an instant.
  date: "string",
  datetime: "date",
  json: "any",
};

const fieldDocument = (field: Field, schema: Json | undefined): JsonObject => {
  const { description } = field;
  const about = description === "" ? {} : { description };
  if (field.kind === "list") {
    return { type: "array", items: { type: KINDS[field.items ?? "json"] }, ...about };
  }
  const choice = isJsonObject(schema) && Array.isArray(schema["enum"]) && field.kind === "string";
  const constraints = {
    ...(field.required ? { required: true } : {}),
    ...(choice ? { enum: field.name } : {}),
  };
  const has = Object.keys(constraints).length > 0;
  return { type: KINDS[field.kind], ...(has ? { constraints } : {}), ...about };
};

/** The metadata of a payload type that is not registered as an entity. */
const derivedState = (type: PayloadType): EntityState => {
  const properties = propertiesOf(type.jsonSchema);
  const fields = [...type.fields.values()];
  const enums = fields.flatMap(({ name, kind }) => {
    const schema = properties[name];
    const values = isJsonObject(schema) && kind === "string" ? schema["enum"] : undefined;
    return Array.isArray(values) ? [{ name, values: values as Json }] : [];
  });
  const indexes = type.indexes.map((field) => ({
    name: field,
    unique: false,
    fields: [{ field, dir: "$asc" }],
  }));
  const schema: JsonObject = {
    name: type.name,
    version: {
      value: type.version,
      extendVersions: [],
      changelog: "derived from the payload type",
    },
    status: { value: "active" },
    fields: Object.fromEntries(
      fields.map((field) => [field.name, fieldDocument(field, properties[field.name])]),
    ),
  };
  return {
    entityInfo: {
      name: type.name,
      defaultVersion: type.version,
      datastore: { backend: "d1" },
      enums,
      indexes,
      hooks: [],
    },
    schemas: { [type.version]: schema },
  };
};

const derived = new WeakMap<PayloadType, Entity>();

/** A payload type as an entity, with one version. */
export function entityOfType(type: PayloadType): Entity {
  const known = derived.get(type);
  if (known !== undefined) return known;
  const entity = parseEntity(derivedState(type), true);
  derived.set(type, entity);
  return entity;
}
