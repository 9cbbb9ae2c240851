/** Definitions of datasets: from the wire to the definition of a payload type. Pure. */
import { AppError } from "../../../model/error.ts";
import { jsonEqual, type Json, type JsonObject } from "../../../model/json.ts";
import { compilePattern } from "../../../query/pattern.ts";
import { INTERNAL_TYPES } from "../../../schema/internal.ts";
import { COLUMN_NAME } from "../../../schema/names.ts";
import { admitDefinition, type VersionedRegistry } from "../../../schema/registry.ts";
import type { TypeDefinition } from "../../../schema/type.ts";
import { constraintSchema, isLength, isNumeric, type Constraint } from "./constraints.ts";
import { datasetNamed, type FieldType } from "./dataset.ts";
import { refuse } from "./error.ts";
import { isImmutable, outputName, storedName } from "./names.ts";
import type { DatasetBody } from "../wire/datasets.ts";

type FieldBody = DatasetBody["fields"][number];

const TYPE_SCHEMAS: Readonly<Record<FieldType, JsonObject>> = {
  boolean: { type: "boolean" },
  date: { type: "string", format: "date" },
  datetime: { type: "string", format: "date-time" },
  float: { type: "number" },
  integer: { type: "integer" },
  json: {},
  string: { type: "string" },
  uuid: { type: "string", format: "uuid" },
};

const applies = (type: FieldType, constraint: Constraint["type"]): boolean => {
  if (constraint === "required") return true;
  const isBound = constraint === "min" || constraint === "max";
  if (type === "integer" || type === "float") return isBound;
  return type === "string" && !isBound;
};

const valued = (type: Constraint["type"], value: Json | undefined, at: string): Constraint => {
  if (isNumeric(type)) {
    const isGood =
      typeof value === "number" && (!isLength(type) || (Number.isSafeInteger(value) && value >= 0));
    return isGood ? { type, value } : refuse(`${at}.value`, `Expected a number as ${type}.`);
  }
  if (type === "regexp") {
    return typeof value === "string" && compilePattern(value) !== undefined
      ? { type, value }
      : refuse(`${at}.value`, "Expected a regular expression in RE2 syntax.");
  }
  return value === undefined || value === null || value === true
    ? { type }
    : refuse(`${at}.value`, `Expected no value: ${type} has none.`);
};

const constraintsOf = (field: FieldBody, at: string): readonly Constraint[] => {
  const seen = new Set<string>();
  return (field.constraints ?? []).map(({ type, value }, position) => {
    const place = `${at}.constraints.${position}`;
    if (!applies(field.type, type)) {
      return refuse(`${place}.type`, `${type} does not apply to a field of type ${field.type}.`);
    }
    if (seen.has(type)) return refuse(`${place}.type`, "Expected each constraint once.");
    seen.add(type);
    return valued(type, value, place);
  });
};

const checkName = (name: string, at: string): void => {
  if (isImmutable(name)) refuse(`${at}.name`, "Every record has this member by itself.");
  if (!COLUMN_NAME.test(storedName(name))) {
    refuse(`${at}.name`, "Expected a letter or _, then up to 62 of a-z, A-Z, 0-9 and _.");
  }
};

const defaultOf = ({ default: value = null }: FieldBody, at: string): Json => {
  if (value === "") return refuse(`${at}.default`, "Expected null instead of an empty text.");
  return value as Json;
};

/** What the fields of a definition result in. */
interface Fields {
  readonly properties: Record<string, Json>;
  readonly required: string[];
  readonly defaults: Record<string, Json>;
}

const fieldsOf = (fields: readonly FieldBody[]): Fields => {
  const all: Fields = { properties: {}, required: [], defaults: {} };
  for (const [position, field] of fields.entries()) {
    const at = `fields.${position}`;
    checkName(field.name, at);
    const stored = storedName(field.name);
    if (Object.hasOwn(all.properties, stored)) {
      refuse(`${at}.name`, "Expected a name of its own for each field.");
    }
    const constraints = constraintsOf(field, at);
    all.properties[stored] = {
      ...TYPE_SCHEMAS[field.type],
      ...constraintSchema(constraints),
      "x-type": field.type,
      "x-constraints": constraints as unknown as Json,
    };
    if (constraints.some(({ type }) => type === "required")) all.required.push(stored);
    const value = defaultOf(field, at);
    if (value !== null) all.defaults[stored] = value;
  }
  return all;
};

const checkTargets = (
  registry: VersionedRegistry,
  relations: NonNullable<DatasetBody["relations"]>,
): void => {
  for (const [position, { dataset }] of relations.entries()) {
    const child = INTERNAL_TYPES.has(dataset) ? undefined : datasetNamed(registry, dataset);
    if (child !== undefined && !child.retired) continue;
    refuse(`relations.${position}.dataset`, "Expected a dataset that there is.");
  }
};

/** A field keeps its type: a UUID is not a plain string, although both are stored as text. */
const checkTypes = (
  registry: VersionedRegistry,
  name: string,
  fields: readonly FieldBody[],
): void => {
  const known = datasetNamed(registry, name)?.fields;
  for (const [position, { name: field, type }] of fields.entries()) {
    const before = known?.get(field)?.type ?? type;
    if (before === type) continue;
    refuse(`fields.${position}.type`, `The type of a field cannot change: expected ${before}.`);
  }
};

/** The next version of a dataset. */
const above = (version: string): string => {
  const [major = "1", minor = "0"] = version.split(/[.+-]/);
  return `${major}.${Number(minor) + 1}.0`;
};

/** The next definition after the latest of a type; that one itself when nothing changes. */
const following = (
  registry: VersionedRegistry,
  next: Omit<TypeDefinition, "version">,
): TypeDefinition => {
  const newest = registry.definitions.get(next.payloadType)?.at(-1);
  if (newest === undefined) return { ...next, version: "1.0.0" };
  const same = { ...next, version: newest.version };
  const isSame = jsonEqual(same as unknown as Json, newest as unknown as Json);
  return isSame ? newest : { ...next, version: above(newest.version) };
};

const PLACES: readonly (readonly [RegExp, string])[] = [
  [/^json_schema\.(?:properties|required)\./, "fields."],
  [/^defaults\./, "fields."],
  [/^payload_type$/, "name"],
];

/** The path of an error in the body. */
const placeOf = (path: string): string => {
  const found = PLACES.find(([pattern]) => pattern.test(path));
  if (found === undefined) return path;
  const [first = "", ...rest] = path.replace(found[0], "").split(".");
  return `${found[1]}${[outputName(first), ...rest].join(".")}`.replace(/^name.*/, "name");
};

const refuseErrors = (registry: VersionedRegistry, definition: TypeDefinition): void => {
  const { errors } = admitDefinition(registry, definition);
  const [first] = errors;
  if (first === undefined) return;
  const details = errors.map((error) => ({ ...error, path: placeOf(error.path) }));
  throw new AppError("invalid_value", `${placeOf(first.path)}: ${first.detail}`, { details });
};

/** The definition that a dataset gets, given what is registered. */
export const definitionOf =
  (name: string, body: DatasetBody) =>
  (registry: VersionedRegistry): TypeDefinition => {
    const { fields, strict = false, relations = [], indexes = [] } = body;
    checkTypes(registry, name, fields);
    checkTargets(registry, relations);
    const { properties, required, defaults } = fieldsOf(fields);
    const definition = following(registry, {
      payloadType: name,
      jsonSchema: { type: "object", properties, required, "x-dataset": "defined" },
      indexes: indexes.map(storedName),
      defaults,
      relations: relations.map(({ dataset, cardinality, cascade = true }) => ({
        dataset,
        cardinality,
        cascade,
      })),
      strict,
    });
    refuseErrors(registry, definition);
    return definition;
  };

/** The definition of a deleted dataset: it keeps its history and takes no records. */
export const retirementOf =
  (name: string) =>
  (registry: VersionedRegistry): TypeDefinition => {
    const newest = registry.definitions.get(name)?.at(-1);
    if (newest === undefined) {
      throw new AppError("not_found", "There is no such dataset.");
    }
    const { jsonSchema } = newest;
    return following(registry, {
      ...newest,
      jsonSchema: { ...jsonSchema, "x-dataset": "retired" },
    });
  };
