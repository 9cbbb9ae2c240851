/** What there is to know about a kind of resource that admins manage. */
import type { KindType } from "../../wire/kinds.ts";
import type { Json, JsonObject } from "../../../../model/json.ts";
import { formatInstant, type InstantMicros } from "../../../../model/time.ts";

/** A resource as it is shown: its identifier, its payload, and when what happened to it. */
export interface Shown {
  readonly id: string;
  readonly payload: JsonObject;
  readonly createdAt: InstantMicros;
  readonly updatedAt: InstantMicros;
  readonly isDeleted: boolean;
}

/** What a create or an update comes to. */
export interface Composed {
  /** Members to set; null for those that are to have no value. */
  readonly payload: JsonObject;
  /** Secrets to set, by name; null for those that are gone. */
  readonly secrets: Readonly<Record<string, string | null>>;
}

/** What composing may look at. */
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

/** A kind of managed resource. */
export interface Kind {
  readonly payloadType: KindType;
  /** What it is called in errors, e.g. `Storage location`. */
  readonly word: string;
  /** Members of the body that name other resources. */
  readonly references: Readonly<Record<string, { readonly type: string; readonly word: string }>>;
  /** True: no two live ones have the same name. */
  readonly hasUniqueName: boolean;
  /** @throws RequestError for what the shape alone cannot tell. */
  readonly compose: (composing: Composing) => Composed;
  /** The beginning of the keys that it stores in the server's own bucket; undefined for none. */
  readonly basePath?: (payload: JsonObject, config: Composing["config"]) => string | undefined;
  readonly render: (shown: Shown) => JsonObject;
}

/** Members of a payload in an answer: null where they have no value. */
export function membersOf(payload: JsonObject, names: readonly string[]): Record<string, Json> {
  return Object.fromEntries(names.map((name) => [name, payload[name] ?? null]));
}

/** When a resource was deleted; null while it is live. */
export function deletionOf({ isDeleted, updatedAt }: Shown): JsonObject {
  return {
    deleted_at: isDeleted ? formatInstant(updatedAt) : null,
  };
}

/** When what happened to a resource. */
export function stampsOf(shown: Shown): JsonObject {
  return {
    created_at: formatInstant(shown.createdAt),
    updated_at: formatInstant(shown.updatedAt),
    ...deletionOf(shown),
  };
}

/** Members of a body that are in a list, as they are. */
export function picked(body: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = body[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Members that a new resource has although nobody says so. */
export function withDefaults(
  payload: JsonObject,
  before: JsonObject | null,
  defaults: JsonObject,
): JsonObject {
  return before === null ? { ...defaults, ...payload } : payload;
}
