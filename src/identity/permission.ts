/** Permission tokens: what an auth server, ours or another, permits a user in a service. */
import { decodeProtectedHeader, importJWK, importSPKI, jwtVerify, type CryptoKey } from "jose";
import type { SigningKey } from "./signing-key.ts";

/** The claims of a valid permission token. */
export interface Permission {
  readonly userId: string;
  readonly datasetsMax: number;
  /** In our own tokens: the version of the user's credentials. */
  readonly tokenVersion?: number;
}

/** Verifies permission tokens. Create one per isolate: it caches keys. */
export interface Permissions {
  /** The claims of a token; undefined for an invalid token. */
  readonly read: (token: string) => Promise<Permission | undefined>;
}

/** Where keys come from, and what a token must have. */
export interface PermissionOptions {
  /** The keys that may have signed a token; `fresh`: reload them, if that is due. */
  readonly keys: (kid: string | undefined, fresh: boolean) => Promise<readonly CryptoKey[]>;
  /** True: the tokens are our own. */
  readonly isOwn: boolean;
  /** The service that a token must be for; null for any. */
  readonly service: string | null;
  readonly nowMillis: () => number;
}

const ALGORITHM = "RS256";
const TOKEN_LENGTH_MAX = 8 * 1_024;
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const CLOCK_TOLERANCE_SECONDS = 5;

type Claims = Readonly<Record<string, unknown>>;

const verifyWith = async (
  token: string,
  keys: readonly CryptoKey[],
  { isOwn, nowMillis }: PermissionOptions,
): Promise<Claims | undefined> => {
  for (const key of keys) {
    const verified = await jwtVerify(token, key, {
      algorithms: [ALGORITHM],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(nowMillis()),
      ...(isOwn ? { issuer: "vxdata", requiredClaims: ["exp"] } : {}),
    }).catch(() => undefined);
    if (verified !== undefined) return verified.payload;
  }
  return undefined;
};

const countOf = (value: unknown): number =>
  typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : 0;

const permissionOf = (
  { userid, permissions, service, token_version: tokenVersion }: Claims,
  options: PermissionOptions,
): Permission | undefined => {
  if (typeof userid !== "string" || userid === "") return undefined;
  if (options.service !== null && service !== options.service) return undefined;
  const allowed = typeof permissions === "object" && permissions !== null ? permissions : {};
  const datasetsMax = countOf(Reflect.get(allowed, "max_dataset_num"));
  if (!options.isOwn) return { userId: userid, datasetsMax };
  return typeof tokenVersion === "number"
    ? { userId: userid, datasetsMax, tokenVersion }
    : undefined;
};

const kidOf = (token: string): string | undefined => {
  try {
    return decodeProtectedHeader(token).kid;
  } catch {
    return undefined;
  }
};

/**
 * Verifies tokens as the options say. A signature that fails is verified once more with reloaded
 * keys.
 */
export function createPermissions(options: PermissionOptions): Permissions {
  return {
    read: async (token) => {
      if (token.length > TOKEN_LENGTH_MAX || !COMPACT.test(token)) return undefined;
      const kid = kidOf(token);
      const known = await options.keys(kid, false);
      let claims = await verifyWith(token, known, options);
      if (claims === undefined) {
        const fresh = await options.keys(kid, true);
        if (fresh !== known) claims = await verifyWith(token, fresh, options);
      }
      return claims === undefined ? undefined : permissionOf(claims, options);
    },
  };
}

/** Our own keys: the one that a token names. */
export function ownKeys(signing: readonly SigningKey[]): PermissionOptions["keys"] {
  const imported = new Map<string, readonly CryptoKey[]>();
  const none: readonly CryptoKey[] = [];
  return async (kid) => {
    const found = signing.find((each) => each.kid === kid);
    if (found === undefined) return none;
    const known = imported.get(found.kid);
    if (known !== undefined) return known;
    const { kty, n, e } = found.publicKey;
    const key: CryptoKey = await importJWK({ kty, n, e }, ALGORITHM);
    const keys = [key];
    imported.set(found.kid, keys);
    return keys;
  };
}

/** A fixed key. */
export function fixedKey(pem: string): PermissionOptions["keys"] {
  let keys: readonly CryptoKey[] | undefined;
  return async () => (keys ??= [await importSPKI(pem, ALGORITHM)]);
}

const REREAD_MILLIS = 60_000;
const PATIENCE_MILLIS = 5_000;
const PEM_LENGTH_MAX = 16_384;

const fetchPem = async (address: string): Promise<string> => {
  const signal = AbortSignal.timeout(PATIENCE_MILLIS);
  const response = await fetch(address, { redirect: "manual", signal });
  if (response.status !== 200) throw new Error("The auth server has no key.");
  const text = await response.text();
  if (text.length > PEM_LENGTH_MAX) throw new Error("The auth server's key is too long.");
  return text;
};

/**
 * The key of another auth server, loaded when it is first needed and cached. It is reloaded on
 * request, at most once a minute. While it cannot be loaded there is none.
 */
export function remoteKey(
  server: string,
  nowMillis: () => number,
  read: (address: string) => Promise<string> = fetchPem,
): PermissionOptions["keys"] {
  let keys: readonly CryptoKey[] = [];
  let triedAt: number | undefined;
  return async (_kid, fresh) => {
    const now = nowMillis();
    const isDue = triedAt === undefined || now - triedAt >= REREAD_MILLIS;
    if (!isDue || (keys.length > 0 && !fresh)) return keys;
    triedAt = now;
    try {
      keys = [await importSPKI(await read(`${server}/auth/public-key`), ALGORITHM)];
    } catch {
      // Callers that wait for it get an invalid token; the next one may try again.
    }
    return keys;
  };
}
