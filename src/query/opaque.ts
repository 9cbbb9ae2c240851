/**
 * Opaque strings that callers carry from one call to the next and can neither read nor make:
 * positions in results. They may count what the caller must not see, so they are encrypted, and two
 * strings of one position differ, so that comparing them reveals nothing either.
 */

/** Bytes of the random nonce in front (AES-GCM). */
const NONCE_BYTES = 12;

const encoder = new TextEncoder();

/** Bytes that become arguments of one call; V8 takes some ten thousand. */
const CHUNK_BYTES = 8_192;

/** RFC 4648 base64url without padding. */
export function encodeBase64url(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK_BYTES));
  }
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Decodes only strings that `encodeBase64url` writes; undefined for all others. */
const decodeBase64url = (text: string): Uint8Array<ArrayBuffer> | undefined => {
  if (!/^[\w-]*$/.test(text)) return undefined;
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    return encodeBase64url(bytes) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
};

/**
 * The key of opaque strings, derived from the secret of cursors (HKDF with SHA-256), so that one
 * secret is used for one algorithm each.
 */
export async function importOpaqueKey(secret: Uint8Array): Promise<CryptoKey> {
  const source = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const info = encoder.encode("opaque positions");
  return crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info },
    source,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}

/** Encrypts bytes (AES-256-GCM) as a base64url string, whose length depends only on theirs. */
export async function seal(key: CryptoKey, purpose: string, body: Uint8Array): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const additionalData = encoder.encode(purpose);
  const ciphertext = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv, additionalData },
    key,
    body,
  );
  const bytes = new Uint8Array(NONCE_BYTES + ciphertext.byteLength);
  bytes.set(iv);
  bytes.set(new Uint8Array(ciphertext), NONCE_BYTES);
  return encodeBase64url(bytes);
}

/** The bytes of a string that `seal` wrote for the purpose; undefined for every other string. */
export async function unseal(
  key: CryptoKey,
  purpose: string,
  text: string,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const bytes = decodeBase64url(text);
  if (bytes === undefined || bytes.length <= NONCE_BYTES) return undefined;
  const iv = bytes.subarray(0, NONCE_BYTES);
  const additionalData = encoder.encode(purpose);
  try {
    const body = bytes.subarray(NONCE_BYTES);
    return new Uint8Array(
      await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, body),
    );
  } catch {
    return undefined;
  }
}
