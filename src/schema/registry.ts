import { BUILTINS, type Builtin } from "./builtin/index.ts";
import { registeredType } from "./custom.ts";
import { evolve, isSameDefinition } from "./evolve.ts";
import { addError, errorAt } from "./error.ts";
import { entityOfType } from "./entity/definition.ts";
import type { Entity, EntityState } from "./entity/metadata.ts";
import { parseEntity } from "./entity/parse.ts";
import { namesTakenBy, type TakenName } from "./database-names.ts";
import { columnsOf, fieldsOf, referencesOf } from "./fields.ts";
import { withIndexes, type IndexRecord } from "./indexed.ts";
import { INTERNAL_TYPES } from "./internal.ts";
import { builtinJsonSchema } from "./json-schema.ts";
import { compareVersions } from "./semver.ts";
import type { ErrorDetail, PayloadType, Registry, TypeDefinition } from "./type.ts";
import { createValidator } from "./validate.ts";

/** Version of every built-in type. */
const BUILTIN_VERSION = "1.0.0";

/** What a function makes when it is called first. */
const once = <Value>(make: () => Value): (() => Value) => {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
};

/** A built-in type. What is worked out from its schema is so at its first use: an isolate begins sooner. */
const builtinType = (name: string, { payload, indexes, keys = [] }: Builtin): PayloadType => {
  const jsonSchema = once(() => builtinJsonSchema(payload));
  const fields = once(() => {
    const columns = columnsOf([{ jsonSchema: jsonSchema(), indexes, strict: true }]);
    return fieldsOf(jsonSchema(), columns, {});
  });
  const references = once(() => referencesOf(jsonSchema()));
  const validate = once(() => createValidator(jsonSchema(), {}));
  return {
    name,
    builtin: true,
    version: BUILTIN_VERSION,
    get fields() {
      return fields();
    },
    indexes,
    keys,
    strict: true,
    defaults: {},
    relations: [],
    get references() {
      return references();
    },
    get jsonSchema() {
      return jsonSchema();
    },
    get validate() {
      return validate();
    },
  };
};

/** The built-in payload types, by name. */
export const BUILTIN_TYPES: ReadonlyMap<string, PayloadType> = new Map(
  Object.entries(BUILTINS).map(([name, builtin]) => [name, builtinType(name, builtin)]),
);

/** A registry that also knows the older versions of registered types. */
export interface VersionedRegistry extends Registry {
  /** Every definition of each registered type, oldest first. */
  readonly definitions: ReadonlyMap<string, readonly TypeDefinition[]>;
  /** What admins have set for the indexes of types. */
  readonly indexRecords: readonly IndexRecord[];
}

const groupByType = (
  definitions: readonly TypeDefinition[],
): ReadonlyMap<string, readonly TypeDefinition[]> => {
  const groups = Map.groupBy(definitions, (definition) => definition.payloadType);
  return new Map(
    [...groups].map(([name, versions]) => [
      name,
      versions.toSorted((left, right) => compareVersions(left.version, right.version)),
    ]),
  );
};

/** The metadata of an entity after a change of it; null when it was deleted. */
export interface EntityRecord {
  readonly name: string;
  readonly state: EntityState | null;
}

/**
 * The types of one moment: the built-in ones and the latest version of each registered one, and the
 * entities by the latest record of each.
 *
 * @param indexRecords what admins have set for the indexes of types.
 */
export function createRegistry(
  version: number,
  definitions: readonly TypeDefinition[],
  records: readonly EntityRecord[] = [],
  indexRecords: readonly IndexRecord[] = [],
): VersionedRegistry {
  const versions = groupByType(definitions);
  const registered = [...versions].flatMap(([name, all]) => {
    const newest = all.at(-1);
    return newest === undefined ? [] : [[name, registeredType(newest, all.slice(0, -1))] as const];
  });
  const changed = new Set(indexRecords.map(({ payloadType }) => payloadType));
  const types = new Map([...registered, ...BUILTIN_TYPES]);
  for (const [name, type] of types) {
    if (changed.has(name)) types.set(name, withIndexes(type, indexRecords));
  }
  return {
    version,
    types,
    definitions: versions,
    indexRecords,
    entities: new Map(
      records.map(({ name, state }) => [name, state === null ? null : parseEntity(state)]),
    ),
  };
}

/** An entity by its name: a registered one, or a payload type with its derived metadata. */
export function entityNamed(registry: Registry, name: string): Entity | undefined {
  const registered = registry.entities.get(name);
  if (registered !== undefined) return registered ?? undefined;
  const type = INTERNAL_TYPES.has(name) ? undefined : registry.types.get(name);
  return type === undefined ? undefined : entityOfType(type);
}

/** A type as it was at one of its versions; undefined when there is no such type or version. */
export function typeAtVersion(
  registry: VersionedRegistry,
  name: string,
  version: string,
): PayloadType | undefined {
  const current = registry.types.get(name);
  if (current === undefined || current.version === version) return current;
  const all = registry.definitions.get(name) ?? [];
  const position = all.findIndex((definition) => definition.version === version);
  const definition = all[position];
  return definition === undefined ? undefined : registeredType(definition, all.slice(0, position));
}

/** The effect of registering a definition. */
export interface Admission {
  /** True when the registry has it already: nothing is stored. */
  readonly repeated: boolean;
  /** Its errors; empty when it may be stored. */
  readonly errors: readonly ErrorDetail[];
}

const checkIndexColumns = (
  older: readonly TypeDefinition[],
  next: TypeDefinition,
): readonly ErrorDetail[] => {
  const columns = columnsOf([...older, next]);
  const errors: ErrorDetail[] = [];
  const names = [...next.indexes, ...(next.keys ?? []).flatMap(({ fields }) => fields)];
  for (const [position, name] of names.entries()) {
    if (columns.has(name)) continue;
    const detail = "Expected a field that has had a column from the start of a strict type.";
    addError(errors, errorAt(["indexes", String(position)], "invalid_value", detail));
  }
  return errors;
};

/** The names in the database that everything has which is registered, and what is built in. */
const takenNames = (registry: VersionedRegistry): readonly TakenName[] => [
  ...[...BUILTIN_TYPES.values()].flatMap(({ name, indexes, keys }) =>
    namesTakenBy({ payloadType: name, indexes, keys }),
  ),
  // Those of earlier versions too: what they had indexed stays in the database.
  ...[...registry.definitions.values()].flat().flatMap(namesTakenBy),
];

/** Nothing that a definition adds to the database has the name of something else there. */
const checkDatabaseNames = (
  registry: VersionedRegistry,
  next: TypeDefinition,
): readonly ErrorDetail[] => {
  const older = registry.definitions.get(next.payloadType) ?? [];
  const own = new Set(older.flatMap(namesTakenBy).map(({ name }) => name));
  const taken = new Map(takenNames(registry).map(({ name, owner }) => [name, owner]));
  const errors: ErrorDetail[] = [];
  for (const { name, path, owner } of namesTakenBy(next)) {
    const other = own.has(name) ? undefined : taken.get(name);
    if (other !== undefined && other !== owner) {
      const detail = `Expected another name: in the database ${owner} would be ${name}, and that is ${other} already.`;
      addError(errors, errorAt(path, "invalid_value", detail));
    }
    taken.set(name, owner);
  }
  return errors;
};

/** Checks a definition by itself and against everything that is registered under its name. */
export function admitDefinition(registry: VersionedRegistry, next: TypeDefinition): Admission {
  const older = registry.definitions.get(next.payloadType) ?? [];
  const newest = older.at(-1);
  if (newest !== undefined && isSameDefinition(newest, next)) return { repeated: true, errors: [] };
  const errors = evolve(newest, next);
  return {
    repeated: false,
    errors:
      errors.length > 0
        ? errors
        : [...checkIndexColumns(older, next), ...checkDatabaseNames(registry, next)],
  };
}
