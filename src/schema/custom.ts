import { isJsonObject, type Json, type JsonObject } from "../model/json.ts";
import { SCHEMA_BOUNDS } from "./bounds.ts";
import { isBuiltinName } from "./builtin/index.ts";
import { addError, errorAt } from "./error.ts";
import { columnsOf, fieldsOf, propertiesOf, referencesOf, requiredOf, shapeOf } from "./fields.ts";
import { inspect, textError } from "./inspect.ts";
import { registeredJsonSchema } from "./json-schema.ts";
import { isJsonList } from "./keywords/check.ts";
import { compileSchema, evaluate, type CompiledSchema } from "./keywords/compile.ts";
import { checkReferenceFields } from "./references.ts";
import { METADATA_NAMES } from "../model/metadata.ts";
import { RESERVED_TYPE_NAMES, TYPE_NAME } from "./names.ts";
import { checkRelations, relationsOf } from "./relations.ts";
import { isVersion } from "./semver.ts";
import type { ErrorDetail, PayloadType, TypeDefinition } from "./type.ts";
import { createValidator } from "./validate.ts";

type Tell = (path: readonly string[], detail: string) => void;

const checkName = (name: string, tell: Tell): void => {
  if (!TYPE_NAME.test(name)) {
    tell(["payload_type"], "Expected a lower-case letter, then up to 63 of a-z, 0-9 and _.");
  } else if (isBuiltinName(name) || RESERVED_TYPE_NAMES.has(name)) {
    tell(["payload_type"], "This name belongs to a built-in payload type.");
  }
};

const checkFieldNames = (names: readonly string[], tell: Tell): void => {
  if (names.length > SCHEMA_BOUNDS.fieldsMax) {
    tell(["json_schema", "properties"], `Expected at most ${SCHEMA_BOUNDS.fieldsMax} fields.`);
  }
  for (const name of names) {
    const path = ["json_schema", "properties", name];
    if (METADATA_NAMES.has(name)) tell(path, "This name belongs to the metadata of a resource.");
    else if (name === "" || name.length > SCHEMA_BOUNDS.fieldNameLengthMax) {
      tell(path, `Expected a name of 1 to ${SCHEMA_BOUNDS.fieldNameLengthMax} characters.`);
    }
  }
};

/** True when the schema can be compiled at all: its form and size are valid. */
const checkForm = (schema: JsonObject, tell: Tell, errors: ErrorDetail[]): boolean => {
  const before = errors.length;
  const { bytesMax } = inspect({ json_schema: schema }, errors);
  if (errors.length > before) return false;
  if (
    bytesMax > SCHEMA_BOUNDS.bytesMax &&
    new TextEncoder().encode(JSON.stringify(schema)).length > SCHEMA_BOUNDS.bytesMax
  ) {
    tell(["json_schema"], `Expected at most ${SCHEMA_BOUNDS.bytesMax} bytes.`);
    return false;
  }
  const { type = "object", properties = {} } = schema;
  if (type !== "object") tell(["json_schema", "type"], 'Expected "object".');
  if (!isJsonObject(properties)) {
    tell(["json_schema", "properties"], "Expected an object of schemas.");
  }
  return errors.length === before;
};

const checkIndexes = (definition: TypeDefinition, tell: Tell): void => {
  const { indexes, jsonSchema } = definition;
  const properties = propertiesOf(jsonSchema);
  const columns = columnsOf([definition]);
  if (indexes.length > SCHEMA_BOUNDS.indexesMax) {
    tell(["indexes"], `Expected at most ${SCHEMA_BOUNDS.indexesMax} fields.`);
  }
  for (const [position, name] of indexes.entries()) {
    const path = ["indexes", String(position)];
    if (!Object.hasOwn(properties, name)) tell(path, "Expected the name of a field.");
    else if (indexes.indexOf(name) !== position) tell(path, "Expected each field once.");
    else if (["list", "json"].includes(shapeOf(properties[name] as Json, jsonSchema).kind)) {
      tell(path, "Expected a field that holds a text, a number, a date or true and false.");
    } else if (!columns.has(name)) {
      tell(path, "Expected a field whose name is a letter or _, then up to 62 of a-z, 0-9 and _.");
    }
  }
};

const checkDefaults = (
  { defaults, jsonSchema }: TypeDefinition,
  { check }: CompiledSchema,
  errors: ErrorDetail[],
): void => {
  const before = errors.length;
  const weight = inspect({ defaults }, errors);
  if (errors.length > before) return;
  const properties = propertiesOf(jsonSchema);
  const given = Object.entries(defaults).filter(([, value]) => value !== null);
  for (const [name, value] of given) {
    if (!Object.hasOwn(properties, name)) {
      addError(errors, errorAt(["defaults", name], "unknown_field", "Expected a field's name."));
      continue;
    }
    // The other fields are missing here: only errors about this one count.
    for (const error of evaluate(check, { [name]: value }, weight)) {
      const own = errorAt([name], "", "").path;
      if (error.path !== own && !error.path.startsWith(`${own}.`)) continue;
      addError(errors, { ...error, path: `defaults.${error.path}` });
    }
  }
};

const checkRequired = (schema: JsonObject, strict: boolean, tell: Tell): void => {
  const required = schema["required"];
  if (!strict || !isJsonList(required)) return;
  for (const name of requiredOf(schema)) {
    if (Object.hasOwn(propertiesOf(schema), name)) continue;
    tell(["json_schema", "required"], "Expected only fields that the strict type has.");
  }
};

/**
 * The errors of a definition by itself, whatever was registered before. A definition without errors
 * compiles, and its payloads can be checked in bounded time.
 */
export function checkDefinition(definition: TypeDefinition): readonly ErrorDetail[] {
  const errors: ErrorDetail[] = [];
  const tell: Tell = (path, detail) => addError(errors, errorAt(path, "invalid_value", detail));
  checkName(definition.payloadType, tell);
  if (!isVersion(definition.version)) {
    tell(["version"], "Expected a semantic version such as 1.0.0.");
  }
  if (definition.indexes.some((name) => textError(name) !== undefined)) {
    tell(["indexes"], "Expected names of fields.");
  }
  checkRelations(definition, Object.keys(propertiesOf(definition.jsonSchema)), tell);
  if (!checkForm(definition.jsonSchema, tell, errors)) return errors;
  const compiled = compileSchema(definition.jsonSchema, "json_schema");
  for (const error of compiled.errors) addError(errors, error);
  checkFieldNames(Object.keys(propertiesOf(definition.jsonSchema)), tell);
  checkRequired(definition.jsonSchema, definition.strict, tell);
  checkIndexes(definition, tell);
  checkReferenceFields(definition.jsonSchema, tell);
  if (compiled.errors.length === 0) checkDefaults(definition, compiled, errors);
  return errors;
}

/**
 * The payload type of a definition; older definitions, oldest first, contribute to which fields
 * have columns.
 */
export function registeredType(
  definition: TypeDefinition,
  older: readonly TypeDefinition[],
): PayloadType {
  const { payloadType, version, indexes, strict, defaults } = definition;
  const jsonSchema = registeredJsonSchema(payloadType, definition.jsonSchema, strict);
  const columns = columnsOf([...older, definition]);
  return {
    name: payloadType,
    builtin: false,
    version,
    fields: fieldsOf(jsonSchema, columns, defaults),
    indexes: indexes.filter((name) => columns.has(name)),
    keys: (definition.keys ?? []).filter(({ fields }) => fields.every((name) => columns.has(name))),
    strict,
    defaults,
    relations: relationsOf(definition),
    references: referencesOf(jsonSchema),
    jsonSchema,
    olderSchemas: older.map((each) =>
      registeredJsonSchema(payloadType, each.jsonSchema, each.strict),
    ),
    validate: createValidator(jsonSchema, defaults),
  };
}
