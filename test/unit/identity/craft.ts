// Makes tokens by hand, so that they can be invalid in ways that no library produces.
import {
  createHmac,
  createPrivateKey,
  sign,
  type KeyObject,
  type SigningOptions,
} from "node:crypto";
import { freshSecrets } from "../../../src/server/secrets.ts";
import { parseSigningKeys, type SigningKey } from "../../../src/identity/signing-key.ts";

/** A new key, in the product's format. */
export const freshKey = (): SigningKey => {
  const [key] = parseSigningKeys(freshSecrets().SIGNING_KEYS);
  if (key === undefined) throw new Error("no signing key");
  return key;
};

/** The private key, for signing by hand. */
export const privateKeyOf = ({ privateKey }: SigningKey): KeyObject => {
  if (privateKey === undefined) throw new Error("the key has no private half");
  return createPrivateKey({ key: { ...privateKey }, format: "jwk" });
};

/** Base64url of a text, of bytes, or of a value's JSON. */
export const encode = (part: unknown): string => {
  const raw = typeof part === "string" || part instanceof Uint8Array;
  const text = raw ? part : JSON.stringify(part);
  return Buffer.from(text as string).toString("base64url");
};

/** A token with any header, claims and signature function. */
export const craft = (
  header: unknown,
  claims: unknown,
  signer: (input: string) => Uint8Array,
): string => {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${Buffer.from(signer(input)).toString("base64url")}`;
};

/** Signs with RSA or elliptic curves. */
export const asymmetric =
  (key: KeyObject, digest: string | null = "sha256", options: SigningOptions = {}) =>
  (input: string): Uint8Array =>
    sign(digest, Buffer.from(input), { key, ...options });

/** Signs with a shared secret. */
export const symmetric =
  (secret: string | Uint8Array, digest = "sha256") =>
  (input: string): Uint8Array =>
    createHmac(digest, secret).update(input).digest();
