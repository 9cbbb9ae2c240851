/**
 * What can be read of the metadata: names, versions, roles, and differences between versions. Pure.
 */
import { jsonEqual, type Json, type JsonObject } from "../../../model/json.ts";
import { refuse, quoted } from "../../../schema/entity/error.ts";
import type { Entity } from "../../../schema/entity/metadata.ts";
import { INTERNAL_TYPES } from "../../../schema/internal.ts";
import { entityNamed } from "../../../schema/registry.ts";
import type { Registry } from "../../../schema/type.ts";
import { roleList, versionDocument, versionList } from "./metadata.ts";

/** A response: a document, or a list of them. */
export type Answer = JsonObject | readonly JsonObject[];

const entitiesOf = (registry: Registry): readonly Entity[] =>
  [...new Set([...registry.entities.keys(), ...registry.types.keys()])]
    .filter((name) => !INTERNAL_TYPES.has(name))
    .toSorted()
    .flatMap((name) => entityNamed(registry, name) ?? []);

const requireEntity = (registry: Registry, name: string): Entity =>
  entityNamed(registry, name) ?? refuse("crud:UnknownEntity", quoted(name));

/** The names of all entities, or of those that have a version in one of some states. */
export function namesOf(registry: Registry, statuses: readonly string[] | null): JsonObject {
  return {
    entities: entitiesOf(registry)
      .filter(
        ({ versions }) =>
          statuses === null ||
          [...versions.values()].some(({ status }) => statuses.includes(status)),
      )
      .map(({ name }) => name),
  };
}

const STATUS_FILTER = "s=";

/** A name, or the filter `s=active,deprecated`; returns what matches. */
export function listOf(registry: Registry, name: string): Answer {
  return name.startsWith(STATUS_FILTER)
    ? namesOf(registry, name.slice(STATUS_FILTER.length).split(","))
    : versionList(requireEntity(registry, name));
}

/** An entity, or a version of one. */
export interface Named {
  readonly entity?: string;
  readonly version?: string;
}

/** Entities have no references to others in this surface. */
export function dependenciesOf(registry: Registry, { entity, version }: Named): Answer {
  if (entity !== undefined) {
    const found = requireEntity(registry, entity);
    if (version !== undefined) versionDocument(found, version);
  }
  return { ...(entity === undefined ? {} : { entity }), dependencies: [] };
}

const difference = (
  before: Json | undefined,
  after: Json | undefined,
  path: string,
): readonly JsonObject[] => {
  if (jsonEqual(before, after)) return [];
  const isPlain = (value: Json | undefined): value is JsonObject =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  if (isPlain(before) && isPlain(after)) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) =>
      difference(before[name], after[name], path === "" ? name : `${path}.${name}`),
    );
  }
  return [{ path, before: before ?? null, after: after ?? null }];
};

/** What each role may do: with one version, one entity, or all of them. @throws EntityErrorItem `crud:UnknownEntity`. */
export function rolesOf(registry: Registry, { entity, version }: Named): Answer {
  const entities = entity === undefined ? entitiesOf(registry) : [requireEntity(registry, entity)];
  return roleList(entities, version);
}

/** The document of a version. @throws EntityErrorItem `crud:UnknownEntity`, or as `versionDocument`. */
export function documentOf(registry: Registry, entity: string, version: string): Answer {
  return versionDocument(requireEntity(registry, entity), version);
}

/** The members of the schema that differ between two versions of an entity. */
export function differencesOf(
  registry: Registry,
  entity: string,
  versions: readonly [string, string],
): Answer {
  const found = requireEntity(registry, entity);
  const [one, two] = versions.map((each) => versionDocument(found, each)["schema"]);
  return { differences: difference(one, two, "") };
}
