/** Permission tokens: what an auth server, ours or another, says that a user may do in a service. */
import { decodeProtectedHeader, importJWK, importSPKI, jwtVerify, type CryptoKey } from "jose";
import type { SigningKey } from "./signing-key.ts";

/** What a good permission token says. */
export interface Permission {
  readonly userId: string;
  readonly datasetsMax: number;
  /** Of our own tokens: the version of the user's credentials. */
  readonly tokenVersion?: number;
}

/** Reads permission tokens. Make one an isolate: it keeps keys. */
export interface Permissions {
  /** What a token says; undefined for everything that is no good token. */
  readonly read: (token: string) => Promise<Permission | undefined>;
}

/** Where keys come from, and how much is asked of a token. */
export interface PermissionOptions {
  /** The keys that may have signed a token; `fresh`: another look is wanted, if one is due. */
  readonly keys: (kid: string | undefined, fresh: boolean) => Promise<readonly CryptoKey[]>;
  /** True: the tokens are our own. */
  readonly isOwn: boolean;
  /** The service that a token has to be for; null for any. */
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

/** Reads tokens as the options say. A signature that fails is tried once more with fresh keys. */
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
 * The key of another auth server, read when it is first needed and kept. It is read again when asked
 * for, at most once a minute. While it cannot be read there is none.
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
      // Whoever waits for it is told that there is no good token; the next may try again.
    }
    return keys;
  };
}
