/** The description of one kind of admin resource. */
import type { KindType } from "../../wire/kinds.ts";
import type { Json, JsonObject } from "../../../../model/json.ts";
import { formatInstant, type InstantMicros } from "../../../../model/time.ts";

/** A resource as it is returned: its identifier, its payload, and its instants. */
export interface AdminResource {
  readonly id: string;
  readonly payload: JsonObject;
  readonly createdAt: InstantMicros;
  readonly updatedAt: InstantMicros;
  readonly isDeleted: boolean;
}

/** The result of a create or an update. */
export interface Composed {
  /** Members to set; null removes a value. */
  readonly payload: JsonObject;
  /** Secrets to set, by name; null removes one. */
  readonly secrets: Readonly<Record<string, string | null>>;
}

/** What composing a payload may use. */
export interface Composing {
  readonly body: JsonObject;
  /** The payload as it is stored; null for a new resource. */
  readonly before: JsonObject | null;
  readonly now: InstantMicros;
  readonly config: {
    readonly allowPrivateWebhooks: boolean;
    readonly scheduler: "embedded" | "prefect";
    readonly s3Bucket: string;
    readonly s3Endpoint: string;
  };
  readonly uuid: () => string;
}

/** A kind of admin resource. */
export interface Kind {
  readonly payloadType: KindType;
  /** Its name in errors, e.g. `Storage location`. */
  readonly word: string;
  /** Members of the body that name other resources. */
  readonly references: Readonly<Record<string, { readonly type: string; readonly word: string }>>;
  /** True: no two live resources have the same name. */
  readonly hasUniqueName: boolean;
  /** @throws RequestError for errors that the zod schema cannot express. */
  readonly compose: (composing: Composing) => Composed;
  /** The prefix of the keys that it stores in the server's own bucket; undefined for none. */
  readonly basePath?: (payload: JsonObject, config: Composing["config"]) => string | undefined;
  readonly render: (resource: AdminResource) => JsonObject;
}

/** Members of a payload in a response: null where they have no value. */
export function membersOf(payload: JsonObject, names: readonly string[]): Record<string, Json> {
  return Object.fromEntries(names.map((name) => [name, payload[name] ?? null]));
}

/** When a resource was deleted; null while it is live. */
export function deletionOf({ isDeleted, updatedAt }: AdminResource): JsonObject {
  return {
    deleted_at: isDeleted ? formatInstant(updatedAt) : null,
  };
}

/** The instants of a resource. */
export function stampsOf(resource: AdminResource): JsonObject {
  return {
    created_at: formatInstant(resource.createdAt),
    updated_at: formatInstant(resource.updatedAt),
    ...deletionOf(resource),
  };
}

/** Members of a body that are in a list, unchanged. */
export function picked(body: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = body[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Default members of a new resource. */
export function withDefaults(
  payload: JsonObject,
  before: JsonObject | null,
  defaults: JsonObject,
): JsonObject {
  return before === null ? { ...defaults, ...payload } : payload;
}
