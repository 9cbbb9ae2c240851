/**
 * Destinations in the server's own bucket: which locations are there, and which keys they may have.
 */
import { isJsonObject, type JsonObject } from "../../../model/json.ts";
import { harvestPrefix, isKey, isReservedPrefix } from "../../../model/object-key.ts";
import type { PrefixUse } from "../../../store/index.ts";
import { keyOf } from "../language/destination.ts";
import { textIn } from "./hook.ts";

/** The address of the server's own bucket. */
export interface OwnBucket {
  readonly bucket: string;
  readonly endpoint: string;
}

/** True for a location (its payload) in the bucket that this server signs URLs for. */
export function isOwnBucket(location: JsonObject, { bucket, endpoint }: OwnBucket): boolean {
  const config = location["connection_config"];
  if (location["type"] !== "s3" || !isJsonObject(config)) return false;
  const named = textIn(config["endpoint_url"])?.replace(/\/+$/, "") ?? null;
  return config["bucket"] === bucket && (named === null || named === endpoint);
}

/** Why a path cannot be a prefix of keys; undefined for a valid one. */
export const basePathError = (basePath: string): string | undefined => {
  const prefix = harvestPrefix(basePath);
  if (prefix === undefined) return "a path of one folder or more, since it lies in this bucket";
  const isPlain = isKey(basePath.replaceAll(/^\/+|\/+$/g, ""));
  return isPlain && !isReservedPrefix(prefix)
    ? undefined
    : "a path of plain folders, none of which the server keeps for itself";
};

/** True when uploads or sources use a first segment and no harvest does yet. */
export function isTakenPrefix(use: PrefixUse | undefined): boolean {
  return use !== undefined && !use.harvest && (use.uploads || use.sources);
}

/** Why nothing can be stored at a destination in the bucket; undefined when something can. */
export function destinationError(
  destination: string,
  prefixes: ReadonlyMap<string, PrefixUse>,
): string | undefined {
  const key = keyOf(destination);
  const prefix = harvestPrefix(destination) ?? "";
  if (!isKey(key)) return "The destination cannot be a key of the bucket";
  if (isReservedPrefix(prefix)) return "The server keeps the destination for itself";
  return isTakenPrefix(prefixes.get(prefix))
    ? "Uploads or sources lie below the destination"
    : undefined;
}
