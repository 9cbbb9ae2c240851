import { createHash } from "node:crypto";
import { bytesToHex } from "@noble/hashes/utils.js";

/** Sixteen bytes in the canonical form of a UUID. */
const uuidFrom = (bytes: Uint8Array): string =>
  bytesToHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");

/**
 * A UUID version 7 (RFC 9562, section 5.7): 48 bits of milliseconds since 1970, then 74 random
 * bits. UUIDs of different milliseconds sort by time; those of one millisecond do not.
 */
export function createUuid(nowMillis: number = Date.now()): string {
  const random = crypto.getRandomValues(new Uint8Array(10));
  const bytes = [...nowMillis.toString(16).padStart(12, "0").matchAll(/../g)]
    .map(([pair]) => Number.parseInt(pair, 16))
    .concat([...random]);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return uuidFrom(Uint8Array.from(bytes));
}

/**
 * The UUID of some names: always the same for the same ones. It looks random (version 4) and cannot
 * be guessed without all names, one of which is a random UUID.
 */
export function uuidOf(...names: readonly string[]): string {
  const bytes = createHash("sha256").update(JSON.stringify(names)).digest().subarray(0, 16);
  bytes[6] = 0x40 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return uuidFrom(bytes);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** True for a UUID of any version in its canonical lower-case form. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
