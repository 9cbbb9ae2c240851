import { sha256Hex } from "../../../model/digest.ts";

/**
 * The salted digest under which an external identifier is kept: SHA-256 over salt, scope and text,
 * as a JSON array so that no two inputs share a text. The external identifier may be a name or a
 * hospital number, so it is not stored.
 */
export function digestOf(salt: string, scope: string, externalUid: string): Promise<string> {
  return sha256Hex(new TextEncoder().encode(JSON.stringify([salt, scope, externalUid])));
}
