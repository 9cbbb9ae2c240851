/** What all requests have in common: entity, version, caller. */
import { isJsonObject, type Json, type JsonObject } from "../../../model/json.ts";
import { LIMITS } from "../../../model/limits.ts";
import { AppError } from "../../../model/error.ts";
import { mayThrough, type EntityOperation } from "../../../schema/entity/access.ts";
import { EntityErrorItem, refuse, quoted } from "../../../schema/entity/error.ts";
import type { Entity, EntityVersion } from "../../../schema/entity/metadata.ts";
import { asOfFrom, type AsOf } from "../../../query/query.ts";
import { compareVersions } from "../../../schema/semver.ts";
import { entityNamed } from "../../../schema/registry.ts";
import type { Registry } from "../../../schema/type.ts";

/** The calls of the surface. */
export type Command = "insert" | "save" | "update" | "delete" | "find" | "explain" | "generate";

/** A request before its entity is looked up. */
export interface EntityRequest {
  readonly command: Command;
  readonly entity: string;
  /** Null: the default version, or else the newest active one. */
  readonly version: string | null;
  readonly body: JsonObject;
}

const textOf = (value: Json | undefined, name: string): string | null => {
  if (value === undefined || value === null) return null;
  return typeof value === "string"
    ? value
    : refuse("rest-crud:RestError", `${name}: ${quoted(value)}`);
};

/** Path and body must not contradict each other. */
const agree = (code: string, path: string | undefined, body: string | null): string | null => {
  if (path !== undefined && body !== null && path !== body) refuse(code, quoted(body));
  return path ?? body;
};

/** Reads entity and version of a request from its path and its body. */
export function readRequest(
  command: Command,
  params: { readonly entity?: string | undefined; readonly version?: string | undefined },
  body: JsonObject,
): EntityRequest {
  const entity = agree("rest-crud:NoEntityMatch", params.entity, textOf(body["entity"], "entity"));
  const named = textOf(body["entityVersion"], "entityVersion");
  const version = agree("rest-crud:NoVersionMatch", params.version, named);
  const name = entity ?? textOf(body["objectType"], "objectType");
  if (name === null) return refuse("rest-crud:RestError", "entity: expected a name");
  return { command, entity: name, version: version ?? textOf(body["version"], "version"), body };
}

const newest = (versions: readonly EntityVersion[]): EntityVersion | undefined =>
  versions.toSorted((one, other) => compareVersions(other.version, one.version))[0];

const versionOf = (entity: Entity, name: string | null): EntityVersion | undefined => {
  const wanted = name ?? entity.defaultVersion;
  if (wanted !== null) return entity.versions.get(wanted);
  return newest([...entity.versions.values()].filter(({ status }) => status === "active"));
};

/**
 * The version of an entity that a request goes through.
 *
 * @throws EntityErrorItem `crud:UnknownEntity`, `crud:DisabledMetadataVersion`.
 */
export function resolveVersion(
  registry: Registry,
  name: string,
  wanted: string | null,
): { readonly entity: Entity; readonly version: EntityVersion } {
  const entity = entityNamed(registry, name);
  const version = entity === undefined ? undefined : versionOf(entity, wanted);
  if (entity === undefined || version === undefined) {
    const text = wanted === null ? name : `${name}:${wanted}`;
    throw new EntityErrorItem({ code: "crud:UnknownEntity", msg: quoted(text) });
  }
  if (version.status === "disabled") {
    refuse("crud:DisabledMetadataVersion", `${name}:${version.version}`);
  }
  return { entity, version };
}

/** Refuses a role that the version's access lists do not admit. */
export function requireAccess(
  version: EntityVersion,
  operations: readonly EntityOperation[],
  role: string | null,
): void {
  const closed = operations.find((operation) => !mayThrough(version, operation, role));
  if (closed !== undefined) refuse("crud:NoAccess", `${closed} ${version.entity}`);
}

/** The documents of an insert or a save. */
export function dataOf(body: JsonObject): readonly Json[] {
  const { data } = body;
  if (Array.isArray(data)) {
    if (data.length <= LIMITS.batchItemsMax) return data as readonly Json[];
    const detail = `Expected at most ${LIMITS.batchItemsMax} documents.`;
    throw new AppError("too_large", detail, {
      details: [{ path: "data", code: "too_large", detail }],
    });
  }
  return isJsonObject(data) ? [data] : refuse("rest-crud:RestError", "data: expected documents");
}

/** The state that `as_of` names. @throws EntityErrorItem `rest-crud:RestFindError`. */
export function parseAsOf(value: Json | undefined): AsOf {
  return asOfFrom(value) ?? refuse("rest-crud:RestFindError", `as_of: ${quoted(value ?? null)}`);
}

/** The versions that documents must have; null when the request does not require any. */
export function currentOnly(body: JsonObject): ReadonlyMap<string, ReadonlySet<string>> | null {
  if (body["onlyIfCurrent"] !== true && body["onlyIfCurrent"] !== "true") return null;
  const listed = body["documentVersions"] ?? [];
  if (!Array.isArray(listed)) return refuse("rest-crud:RestError", "documentVersions");
  const versions = new Map<string, Set<string>>();
  for (const each of listed as readonly Json[]) {
    const text =
      typeof each === "string" ? each : refuse("rest-crud:RestError", "documentVersions");
    const id = text.slice(0, text.lastIndexOf(":"));
    versions.set(id, (versions.get(id) ?? new Set()).add(text));
  }
  return versions;
}
