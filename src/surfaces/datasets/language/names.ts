/**
 * Stored names of fields. The fields of a resource share one namespace with its metadata, but a
 * dataset may use any name. So `owner` is stored as `owner_`, `owner_` as `owner__`, and so on: no
 * two names collide.
 */
import { METADATA_NAMES } from "../../../model/metadata.ts";

const SHARED = new RegExp(`^(?:${[...METADATA_NAMES].join("|")})_*$`);

/** The stored name of a field. */
export function storedName(name: string): string {
  return SHARED.test(name) ? `${name}_` : name;
}

/** The name in the dataset of a stored field. */
export function outputName(stored: string): string {
  return stored.endsWith("_") && SHARED.test(stored) ? stored.slice(0, -1) : stored;
}

/** Members that every record has and no caller writes. */
export const IMMUTABLE = ["id", "created_at", "updated_at"] as const;

/** True for such a member. */
export function isImmutable(name: string): name is (typeof IMMUTABLE)[number] {
  return (IMMUTABLE as readonly string[]).includes(name);
}
