/** RSA keys that sign and verify tokens, as JSON Web Keys (RFC 7517, RFC 7518 section 6.3). */
import { isJsonObject, type Json, type JsonObject } from "../model/json.ts";

/** The public half of a key, as in /.well-known/jwks.json. */
export interface PublicKey {
  readonly kty: "RSA";
  readonly use: "sig";
  readonly alg: "RS256";
  readonly kid: string;
  readonly n: string;
  readonly e: string;
}

/** A key for RS256. Without its private half it only verifies. */
export interface SigningKey {
  readonly kid: string;
  readonly publicKey: PublicKey;
  readonly privateKey: Readonly<Record<string, string>> | undefined;
}

const PRIVATE_MEMBERS = ["d", "p", "q", "dp", "dq", "qi"] as const;
const BASE64URL = /^[\w-]+$/;
const KID = /^[\w.-]{1,64}$/;
/** Base64url characters of a modulus of 2,048 bits, whose first byte is never 0. */
const MODULUS_LENGTH_MIN = 342;
/** Prefixes of the moduli of the keys printed in RFC 7515 and RFC 7517. */
const PRINTED_KEYS = ["ofgWCuLjybRlzo0tZWJj", "0vx7agoebGcQSuuPiLJX"];

const member = (jwk: JsonObject, name: string): string => {
  const value = jwk[name];
  if (typeof value !== "string" || !BASE64URL.test(value)) {
    throw new Error(`needs the member ${name} as base64url text in each key`);
  }
  return value;
};

const readPublic = (jwk: JsonObject): PublicKey => {
  const kid = jwk["kid"];
  if (typeof kid !== "string" || !KID.test(kid)) {
    throw new Error("needs a kid of 1 to 64 letters, digits, '.', '_' or '-' in each key");
  }
  const [alg = "RS256", use = "sig"] = [jwk["alg"], jwk["use"]];
  if (jwk["kty"] !== "RSA" || alg !== "RS256" || use !== "sig") {
    throw new Error("may hold RSA keys for RS256 signatures alone");
  }
  const [n, e] = [member(jwk, "n"), member(jwk, "e")];
  if (n.length < MODULUS_LENGTH_MIN || n.startsWith("A")) {
    throw new Error("needs keys of at least 2048 bits");
  }
  if (PRINTED_KEYS.some((start) => n.startsWith(start))) {
    throw new Error("holds a key that is printed in a standard; make a key of your own");
  }
  return { kty: "RSA", use: "sig", alg: "RS256", kid, n, e };
};

const readKey = (value: Json): SigningKey => {
  if (!isJsonObject(value)) throw new Error("must be an array of JSON Web Keys");
  const publicKey = readPublic(value);
  if (value["d"] === undefined) return { kid: publicKey.kid, publicKey, privateKey: undefined };
  const secrets = Object.fromEntries(PRIVATE_MEMBERS.map((name) => [name, member(value, name)]));
  const { kty, n, e } = publicKey;
  return { kid: publicKey.kid, publicKey, privateKey: { kty, n, e, ...secrets } };
};

const parseJson = (text: string): Json => {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new Error("must be JSON");
  }
};

/**
 * Parses a JSON array of RSA keys. The first one signs and must be private; all of them verify, so
 * that a retired key may stay as its public half until its tokens have expired.
 * @throws {Error} a sentence without subject that says what is wrong, never the value.
 */
export function parseSigningKeys(text: string): readonly SigningKey[] {
  const values = parseJson(text);
  if (!Array.isArray(values)) throw new Error("must be an array of JSON Web Keys");
  const keys = (values as readonly Json[]).map(readKey);
  if (keys[0]?.privateKey === undefined) throw new Error("must begin with a private key");
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length) {
    throw new Error("must not use a kid twice");
  }
  return keys;
}
