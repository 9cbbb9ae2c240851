import { isJsonObject, type Json, type JsonObject } from "../model/json.ts";
import { LIMITS } from "../model/limits.ts";
import { errorAt } from "./error.ts";
import { propertiesOf, requiredOf, shapeOf } from "./fields.ts";
import { inspect } from "./inspect.ts";
import { canonicalInstant } from "./instant.ts";
import { isJsonList, type Check } from "./keywords/check.ts";
import { compileSchema, evaluate } from "./keywords/compile.ts";
import { METADATA_NAMES } from "../model/metadata.ts";
import type { ErrorDetail, PayloadType } from "./type.ts";

const admitsNull = (schema: Json | undefined): boolean => {
  if (!isJsonObject(schema)) return schema === true;
  const { type, enum: values, anyOf, oneOf } = schema;
  if (type !== undefined) return (isJsonList(type) ? type : [type]).includes("null");
  if (isJsonList(values)) return values.includes(null);
  const forms = anyOf ?? oneOf;
  return isJsonList(forms) ? forms.some(admitsNull) : true;
};

/** What is known about a schema before any payload is checked. */
interface Plan {
  readonly check: Check;
  readonly isKnown: (name: string) => boolean;
  /** True when the schema itself refuses unknown members. */
  readonly closed: boolean;
  /** Required fields that may be null: there null does not mean absent. */
  readonly nullable: ReadonlySet<string>;
  readonly instants: readonly string[];
  readonly defaults: readonly (readonly [string, Json])[];
  /** Those of required fields. */
  readonly needed: readonly (readonly [string, Json])[];
  readonly defaultsBytesMax: number;
}

const planOf = (jsonSchema: JsonObject, defaults: JsonObject): Plan => {
  const { check, errors } = compileSchema(jsonSchema, "json_schema");
  const [error] = errors;
  // Definitions are checked before they are stored, so this is a defect and not the caller's error.
  if (error !== undefined) throw new Error(`Stored schema is bad at ${error.path}`);
  const properties = propertiesOf(jsonSchema);
  const names = Object.keys(properties);
  const required = requiredOf(jsonSchema);
  const given = Object.entries(defaults).filter(([, value]) => value !== null);
  return {
    check,
    isKnown: (name) => Object.hasOwn(properties, name),
    closed: jsonSchema["additionalProperties"] === false,
    nullable: new Set([...required].filter((name) => admitsNull(properties[name]))),
    instants: names.filter(
      (name) => shapeOf(properties[name] as Json, jsonSchema).kind === "datetime",
    ),
    defaults: given,
    needed: given.filter(([name]) => required.has(name)),
    defaultsBytesMax: inspect(defaults, []).bytesMax,
  };
};

/** Null means absent; a null under an unknown name stays, so that a closed schema refuses it. */
const withoutNulls = (payload: JsonObject, plan: Plan): JsonObject => {
  const isDropped = (name: string): boolean =>
    payload[name] === null && !plan.nullable.has(name) && (plan.isKnown(name) || !plan.closed);
  const names = Object.keys(payload);
  if (!names.some(isDropped)) return payload;
  return Object.fromEntries(
    names.filter((name) => !isDropped(name)).map((name) => [name, payload[name] as Json]),
  );
};

const withDefaults = (payload: JsonObject, defaults: Plan["defaults"]): JsonObject => {
  const missing = defaults.filter(([name]) => !Object.hasOwn(payload, name));
  return missing.length === 0 ? payload : { ...payload, ...Object.fromEntries(missing) };
};

const withCanonicalInstants = (payload: JsonObject, plan: Plan): JsonObject => {
  const changes = plan.instants.flatMap((name) => {
    const value = Object.hasOwn(payload, name) ? payload[name] : undefined;
    const text = typeof value === "string" ? canonicalInstant(value) : undefined;
    return text === undefined || text === value ? [] : [[name, text] as const];
  });
  return changes.length === 0 ? payload : { ...payload, ...Object.fromEntries(changes) };
};

const reservedNames = (payload: JsonObject): readonly ErrorDetail[] =>
  Object.keys(payload)
    .filter((name) => METADATA_NAMES.has(name))
    .map((name) => errorAt([name], "unknown_field", "This name belongs to the metadata."));

const isTooLarge = (payload: JsonObject, bytesMax: number): boolean =>
  bytesMax > LIMITS.payloadBytesMax &&
  new TextEncoder().encode(JSON.stringify(payload)).length > LIMITS.payloadBytesMax;

const TOO_LARGE = errorAt(
  [],
  "too_large",
  `Expected a payload of at most ${LIMITS.payloadBytesMax} bytes of JSON.`,
);

/**
 * The validator of a JSON Schema 2020-12: checks what no payload may contain, drops null members
 * (null is absent), fills in defaults, asserts the schema and writes instants canonically. The
 * schema is compiled for the first payload.
 */
export function createValidator(
  jsonSchema: JsonObject,
  defaults: JsonObject,
): PayloadType["validate"] {
  let plan: Plan | undefined;
  return (payload, { defaults: isNew = true } = {}) => {
    plan ??= planOf(jsonSchema, defaults);
    const errors: ErrorDetail[] = [];
    const weight = inspect(payload, errors);
    if (errors.length > 0) return { ok: false, errors };
    const complete = withDefaults(withoutNulls(payload, plan), isNew ? plan.defaults : plan.needed);
    const found = evaluate(plan.check, complete, weight);
    if (found.length > 0) return { ok: false, errors: found };
    const reserved = plan.closed ? [] : reservedNames(complete);
    if (reserved.length > 0) return { ok: false, errors: reserved };
    const normalised = withCanonicalInstants(complete, plan);
    return isTooLarge(normalised, weight.bytesMax + plan.defaultsBytesMax)
      ? { ok: false, errors: [TOO_LARGE] }
      : { ok: true, payload: normalised };
  };
}
