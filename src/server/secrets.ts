import { generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";

/** A new RS256 private key as a JWK, with its `kid`. */
const signingKey = () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), kid: randomUUID(), alg: "RS256", use: "sig" };
};

const key = (): string => randomBytes(32).toString("base64");

/**
 * New random secrets of a Worker, by the names of its settings: signing keys (a JSON array of
 * private JWKs, the first signs), the cursors' key (32 bytes, base64), the encryption keys (a JSON
 * object, key id to 32 bytes in base64) and the first admin.
 */
export const freshSecrets = () => ({
  SIGNING_KEYS: JSON.stringify([signingKey()]),
  CURSOR_SECRET: key(),
  ENCRYPTION_KEYS: JSON.stringify({ [randomUUID()]: key() }),
  ADMIN_EMAIL: "admin@example.org",
  ADMIN_PASSWORD: randomBytes(18).toString("base64url"),
});
