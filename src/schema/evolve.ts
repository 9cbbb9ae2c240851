import { jsonEqual, type Json, type JsonObject } from "../model/json.ts";
import { checkDefinition } from "./custom.ts";
import { addError, errorAt } from "./error.ts";
import { propertiesOf, requiredOf, shapeOf } from "./fields.ts";
import { checkReferencesKept } from "./references.ts";
import { checkRelationsKept } from "./relations.ts";
import { compareVersions } from "./semver.ts";
import type { ErrorDetail, TypeDefinition } from "./type.ts";

const contentOf = (definition: TypeDefinition): JsonObject => ({
  jsonSchema: definition.jsonSchema,
  indexes: definition.indexes,
  defaults: definition.defaults,
  relations: definition.relations,
  strict: definition.strict,
  keys: (definition.keys ?? []) as unknown as Json,
});

/**
 * True when both have the same content for the same version: registering it again changes nothing.
 */
export function isSameDefinition(left: TypeDefinition, right: TypeDefinition): boolean {
  return (
    left.payloadType === right.payloadType &&
    left.version === right.version &&
    jsonEqual(contentOf(left), contentOf(right))
  );
}

const checkFields = (previous: JsonObject, next: JsonObject, errors: ErrorDetail[]): void => {
  const [before, after] = [propertiesOf(previous), propertiesOf(next)];
  for (const [name, property] of Object.entries(before)) {
    const path = ["json_schema", "properties", name];
    if (!Object.hasOwn(after, name)) {
      addError(errors, errorAt(path, "invalid_value", "A field cannot be removed."));
      continue;
    }
    const shape = shapeOf(property, previous);
    if (jsonEqual({ ...shape }, { ...shapeOf(after[name] as Json, next) })) continue;
    const of = shape.items === undefined ? "" : ` of ${shape.items}`;
    const detail = `The type of a field cannot change: expected ${shape.kind}${of}.`;
    addError(errors, errorAt(path, "invalid_value", detail));
  }
};

const hasDefault = ({ defaults }: TypeDefinition, name: string): boolean =>
  (defaults[name] ?? null) !== null;

const checkRequired = (
  previous: TypeDefinition,
  next: TypeDefinition,
  errors: ErrorDetail[],
): void => {
  const before = requiredOf(previous.jsonSchema);
  for (const name of requiredOf(next.jsonSchema)) {
    // A default may have been added after the oldest payloads.
    if (before.has(name) && !hasDefault(previous, name)) continue;
    if (hasDefault(next, name)) continue;
    const detail = `Stored payloads may lack ${JSON.stringify(name)}: expected a default for it.`;
    addError(errors, errorAt(["json_schema", "required", name], "invalid_value", detail));
  }
};

/**
 * The errors of a definition as the next version of a type after `previous`, its latest: errors by
 * itself, else what is incompatible with earlier versions. The latest one repeated has none. Fields
 * may be added, never removed or given another type, and a field that stored payloads may lack is
 * required only with a default.
 */
export function evolve(
  previous: TypeDefinition | undefined,
  next: TypeDefinition,
): readonly ErrorDetail[] {
  if (previous !== undefined && isSameDefinition(previous, next)) return [];
  const errors: ErrorDetail[] = [...checkDefinition(next)];
  if (previous === undefined || errors.length > 0) return errors;
  if (compareVersions(next.version, previous.version) <= 0) {
    const detail = `Expected a version above ${previous.version}.`;
    addError(errors, errorAt(["version"], "invalid_value", detail));
  }
  checkFields(previous.jsonSchema, next.jsonSchema, errors);
  checkRequired(previous, next, errors);
  const tell = (path: readonly string[], detail: string): void =>
    addError(errors, errorAt(path, "invalid_value", detail));
  checkRelationsKept(previous, next, tell);
  checkReferencesKept(previous.jsonSchema, next.jsonSchema, tell);
  return errors;
}
