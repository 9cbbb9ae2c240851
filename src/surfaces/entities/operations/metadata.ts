/** Changes of metadata as functions from one state of an entity to the next. */
import { isJsonObject, type Json, type JsonObject } from "../../../model/json.ts";
import { formatInstant, type InstantMicros } from "../../../model/time.ts";
import type { WriteContext } from "../../../model/transaction.ts";
import { refuse, quoted } from "../../../schema/entity/error.ts";
import { STATUSES, type Entity, type EntityState } from "../../../schema/entity/metadata.ts";
import { showScalar } from "../../../schema/entity/scalar.ts";
import { entityNamed, type VersionedRegistry } from "../../../schema/registry.ts";
import type { Redescription } from "../../../store/index.ts";
import type { Caller } from "./latest-metadata.ts";

const VERSION = /^\d{1,9}\.\d{1,9}\.\d{1,9}(-[0-9A-Za-z.-]{1,64})?$/;

const objectOf = (value: Json | undefined, what: string): JsonObject =>
  isJsonObject(value) ? value : refuse("metadata:InvalidMetadata", `${what}: expected an object`);

const requireName = (document: JsonObject, name: string): void => {
  const given = document["name"];
  if (given !== undefined && given !== name) refuse("rest-metadata:NoNameMatch", quoted(given));
};

const requireVersion = (schema: JsonObject, version: string): void => {
  const { value = null } = objectOf(schema["version"], "schema.version");
  if (value !== version) refuse("rest-metadata:NoVersionMatch", quoted(value));
  if (!VERSION.test(version)) refuse("metadata:InvalidVersionNumber", quoted(version));
};

/** The state of a registered entity; undefined where the name is free. */
const stateOf = (registry: VersionedRegistry, name: string): EntityState | undefined => {
  const entity = registry.entities.get(name);
  const isTaken = entity === undefined && registry.types.has(name);
  if (isTaken) refuse("mongo-metadata:DuplicateMetadata", `${name} is a payload type`);
  return entity?.state;
};

const existing = (registry: VersionedRegistry, name: string): EntityState => {
  const state = registry.entities.get(name)?.state;
  return state ?? refuse("crud:UnknownEntity", quoted(name));
};

const existingVersion = (state: EntityState, name: string, version: string): JsonObject => {
  const schema = Object.hasOwn(state.schemas, version) ? state.schemas[version] : undefined;
  return schema ?? refuse("crud:UnknownEntity", `${name}:${quoted(version)}`);
};

const statusOf = (schema: JsonObject): Json => {
  const { status } = schema;
  return isJsonObject(status) ? (status["value"] ?? "active") : "active";
};

/** The default version exists and is not disabled. */
const sound = (state: EntityState): EntityState => {
  const chosen = state.entityInfo["defaultVersion"] ?? null;
  if (chosen === null) return state;
  const schema = typeof chosen === "string" ? state.schemas[chosen] : undefined;
  if (schema === undefined) return refuse("metadata:InvalidDefaultVersion", quoted(chosen));
  return statusOf(schema) === "disabled"
    ? refuse("metadata:InvalidDefaultVersion", `${quoted(chosen)} is disabled`)
    : state;
};

const withSchema = (state: EntityState, version: string, schema: JsonObject): EntityState => {
  const isKnown = Object.hasOwn(state.schemas, version);
  if (isKnown && !version.includes("SNAPSHOT")) {
    refuse("mongo-metadata:DuplicateMetadata", quoted(version));
  }
  return { ...state, schemas: { ...state.schemas, [version]: schema } };
};

/** Creates the entity, or adds a version and replaces entityInfo. */
const putVersion =
  (name: string, version: string, document: JsonObject): Redescription =>
  (registry) => {
    const entityInfo = objectOf(document["entityInfo"], "entityInfo");
    const schema = objectOf(document["schema"], "schema");
    for (const each of [entityInfo, schema]) requireName(each, name);
    requireVersion(schema, version);
    const schemas = stateOf(registry, name)?.schemas ?? {};
    return sound(withSchema({ entityInfo: { name, ...entityInfo }, schemas }, version, schema));
  };

/** Adds a version. */
const putSchema =
  (name: string, version: string, document: JsonObject): Redescription =>
  (registry) => {
    const schema = objectOf(document["schema"] ?? document, "schema");
    requireName(schema, name);
    requireVersion(schema, version);
    return sound(withSchema(existing(registry, name), version, schema));
  };

/** Replaces entityInfo. */
export function putInfo(name: string, document: JsonObject): Redescription {
  return (registry) => {
    const entityInfo = objectOf(document["entityInfo"] ?? document, "entityInfo");
    requireName(entityInfo, name);
    return sound({ ...existing(registry, name), entityInfo: { name, ...entityInfo } });
  };
}

/** A change of a version's status, noted in its log. */
export function putStatus(
  name: string,
  version: string,
  change: {
    readonly status: string;
    readonly comment: string | null;
    readonly now: InstantMicros;
  },
): Redescription {
  return (registry) => {
    const value = STATUSES.find((each) => each === change.status.toLowerCase());
    if (value === undefined) refuse("metadata:InvalidStatus", quoted(change.status));
    const state = existing(registry, name);
    const schema = existingVersion(state, name, version);
    const before = isJsonObject(schema["status"]) ? schema["status"] : {};
    const log = Array.isArray(before["log"]) ? (before["log"] as readonly Json[]) : [];
    const entry: JsonObject = {
      date: showScalar("date", formatInstant(change.now)),
      value: value ?? "",
      ...(change.comment === null ? {} : { comment: change.comment }),
    };
    const status = { ...before, value: value ?? "", log: [...log, entry] };
    return sound({ ...state, schemas: { ...state.schemas, [version]: { ...schema, status } } });
  };
}

const SCHEMA_PREFIX = "schema=";

/**
 * Creates an entity, or adds a version.
 *
 * @param word the version as a path names it; with `schema=` before it the body is a schema alone.
 */
export function putDocument(
  name: string,
  word: string,
  body: JsonObject,
): { readonly version: string; readonly redescribe: Redescription } {
  if (!word.startsWith(SCHEMA_PREFIX)) {
    return { version: word, redescribe: putVersion(name, word, body) };
  }
  const version = word.slice(SCHEMA_PREFIX.length);
  return { version, redescribe: putSchema(name, version, body) };
}

/** Makes a version the default, or none with null. */
export function putDefault(name: string, version: string | null): Redescription {
  return (registry) => {
    const state = existing(registry, name);
    if (version !== null) existingVersion(state, name, version);
    const { defaultVersion: _default, ...entityInfo } = state.entityInfo;
    return sound({
      ...state,
      entityInfo: version === null ? entityInfo : { ...entityInfo, defaultVersion: version },
    });
  };
}

/** Deletes an entity of which every version is disabled; its documents stay in the store. */
export function deleteEntity(name: string): Redescription {
  return (registry) => {
    const { schemas } = existing(registry, name);
    const used = Object.entries(schemas).find(([, schema]) => statusOf(schema) !== "disabled");
    if (used !== undefined) refuse("metadata:VersionNotDisabled", `${name}:${used[0]}`);
    return null;
  };
}

/** Changes nothing. */
export function leave(name: string): Redescription {
  return (registry) =>
    registry.types.has(name) && registry.entities.get(name) === undefined
      ? null
      : existing(registry, name);
}

/** The document of one version. */
export function versionDocument({ name, state }: Entity, version: string): JsonObject {
  return {
    entityInfo: state.entityInfo,
    schema: existingVersion(state, name, version),
  };
}

/** One line for each version of an entity. */
export function versionList(entity: Entity): readonly JsonObject[] {
  return Object.entries(entity.state.schemas).map(([version, schema]) => {
    const about = isJsonObject(schema["version"]) ? schema["version"] : {};
    return {
      version,
      changelog: about["changelog"] ?? null,
      extendsVersions: about["extendVersions"] ?? [],
      status: statusOf(schema),
      defaultVersion: entity.defaultVersion === version,
    };
  });
}

const OPERATIONS = ["insert", "find", "update", "delete"] as const;

/** Which role may do what with which versions. */
export function roleList(entities: readonly Entity[], version?: string): readonly JsonObject[] {
  const roles = new Map<string, Record<(typeof OPERATIONS)[number], string[]>>();
  for (const entity of entities) {
    for (const each of entity.versions.values()) {
      if (version !== undefined && each.version !== version) continue;
      for (const operation of OPERATIONS) {
        for (const role of each.access[operation] ?? ["anyone"]) {
          const lists = roles.get(role) ?? { insert: [], find: [], update: [], delete: [] };
          lists[operation].push(`${entity.name}:${each.version}`);
          roles.set(role, lists);
        }
      }
    }
  }
  return [...roles].map(([role, lists]) => ({ role, ...lists }));
}

/** A change of the metadata of an entity, and the version that it concerns. */
export interface Described {
  readonly name: string;
  readonly redescribe: Redescription;
  readonly version?: string | undefined;
}

/** Changes the metadata of an entity, and returns the result. @throws EntityErrorItem as the change. */
export async function describeEntity(
  { store, principal }: Caller,
  { name, redescribe, version }: Described,
  context: WriteContext,
): Promise<{ readonly replayed: boolean; readonly body: JsonObject }> {
  const { replayed } = await store.describeEntity(principal, context, name, redescribe);
  const entity = entityNamed(store.registry(), name);
  if (entity === undefined) return { replayed, body: { status: "COMPLETE" } };
  const { entityInfo } = entity.state;
  return {
    replayed,
    body: version === undefined ? { entityInfo } : versionDocument(entity, version),
  };
}
