/** Encryption of stored secrets: AES-256-GCM, with the key's id in the text. */
import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { parseSecretBytes } from "./settings.ts";

const ALGORITHM = "aes-256-gcm";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = "v1";
const KEY_ID = /^[A-Za-z0-9-]{1,64}$/;

/** Keys by their ids, and the one that encrypts. */
export type EncryptionKeys = ReadonlyMap<string, Uint8Array>;

const keyOf = (text: unknown): Uint8Array => {
  const key = typeof text === "string" ? parseSecretBytes(text) : new Uint8Array();
  if (key.length !== KEY_BYTES) throw new Error("must hold keys of 32 bytes in base64");
  return key;
};

const parseObject = (text: string): object => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Reported below, without the text.
  }
  throw new Error("must be a JSON object of key ids and keys");
};

/**
 * Parses the keys of the settings: the first encrypts, all decrypt.
 * @throws {Error} with a sentence without subject that never quotes the text.
 */
export function parseEncryptionKeys(text: string): EncryptionKeys {
  const entries = Object.entries(parseObject(text));
  if (entries.length === 0) throw new Error("must hold at least one key");
  return new Map(
    entries.map(([id, key]) => {
      // JavaScript would order numeric ids first, whatever their place in the text.
      if (!KEY_ID.test(id) || /^\d+$/.test(id)) {
        throw new Error("must hold key ids of letters, digits and `-`, with a letter or a `-`");
      }
      return [id, keyOf(key)];
    }),
  );
}

/**
 * Encrypts a text for a place: it can be decrypted only there, so that it cannot be moved.
 *
 * @returns `v1.<key id>.<base64url of nonce, text and tag>`.
 */
export function encryptSecret(keys: EncryptionKeys, place: string, secret: string): string {
  const [first] = keys;
  if (first === undefined) throw new Error("There is no encryption key.");
  const [id, key] = first;
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(place));
  const body = Buffer.concat([nonce, cipher.update(secret, "utf8"), cipher.final()]);
  return `${VERSION}.${id}.${Buffer.concat([body, cipher.getAuthTag()]).toString("base64url")}`;
}

/**
 * Decrypts what `encryptSecret` made with any of the keys for the same place.
 * @throws {Error} that never quotes the text.
 */
export function decryptSecret(keys: EncryptionKeys, place: string, text: string): string {
  const [version, id = "", encoded = ""] = text.split(".");
  const key = keys.get(id);
  if (version !== VERSION || key === undefined) {
    throw new Error("A stored secret was encrypted with a key that is not in ENCRYPTION_KEYS.");
  }
  const bytes = Buffer.from(encoded, "base64url");
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES))
    .setAAD(Buffer.from(place))
    .setAuthTag(bytes.subarray(-TAG_BYTES));
  const plain = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
  return Buffer.concat([plain, decipher.final()]).toString("utf8");
}
