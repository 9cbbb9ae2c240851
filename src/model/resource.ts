import type { JsonObject } from "./json.ts";

/** Who may see a resource: `restricted` only by grant, ownership or the admin role. */
export const ACCESS_LEVELS = ["public", "internal", "restricted"] as const;

/** One of the access levels. */
export type AccessLevel = (typeof ACCESS_LEVELS)[number];

/**
 * The payload of a stored version, whichever of its columns were loaded: an empty object when the
 * payload was not.
 *
 * @param row its payload as JSON text.
 */
export function payloadOf({ payload }: { readonly payload: string | null }): JsonObject {
  return payload === null ? {} : (JSON.parse(payload) as JsonObject);
}
