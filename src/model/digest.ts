/** Digests as strings. */
import { bytesToHex } from "@noble/hashes/utils.js";

/** The SHA-256 digest of some bytes, in 64 lower-case hexadecimal digits. */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return bytesToHex(new Uint8Array(digest));
}
