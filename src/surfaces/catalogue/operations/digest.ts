import { sha256Hex } from "../../../model/digest.ts";

/**
 * The salted digest that is stored in place of an external identifier: SHA-256 over salt, scope and
 * identifier, as a JSON array so that no two inputs have the same encoding. The external identifier
 * may be a name or a hospital number, so it is never stored.
 */
export function digestOf(salt: string, scope: string, externalUid: string): Promise<string> {
  return sha256Hex(new TextEncoder().encode(JSON.stringify([salt, scope, externalUid])));
}
