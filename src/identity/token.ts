/** Access tokens: JSON Web Tokens (RFC 7519) signed with RS256, checked as RFC 8725 advises. */
import { importJWK, jwtVerify, SignJWT, type CryptoKey, type JWTPayload } from "jose";
import { AppError } from "../model/error.ts";
import { ANONYMOUS, ROLES, type Principal, type Role } from "./principal.ts";
import type { PublicKey, SigningKey } from "./signing-key.ts";
import { createTokenCache } from "./token-cache.ts";
import { createUuid, isUuid } from "./uuid.ts";

/** Seconds for which a login is good. */
export const TOKEN_LIFETIME_SECONDS = 3_600;

/** Whom a token is issued for. */
export interface TokenSubject {
  readonly userId: string;
  readonly role: Role;
  /** The version of the user's credentials; a later one makes the token void. */
  readonly tokenVersion: number;
}

/** Issues and verifies the tokens of one installation. Make one an isolate: it keeps keys. */
export interface Tokens {
  /** Signs a token with the first key. */
  readonly issue: (subject: TokenSubject, lifetimeSeconds?: number) => Promise<string>;
  /**
   * The principal that a token was issued for.
   * @throws {AppError} `unauthenticated` for everything that is no good token of ours.
   */
  readonly verify: (token: string) => Promise<Principal>;
  /**
   * The principal of an Authorization header; the anonymous one without a header.
   * @throws {AppError} `unauthenticated` for another scheme than Bearer and for bad tokens.
   */
  readonly authenticate: (authorization: string | undefined) => Promise<Principal>;
  /** The public halves of all keys (RFC 7517, section 5). */
  readonly jwks: () => { readonly keys: readonly PublicKey[] };
}

const ALGORITHM = "RS256";
const ISSUER = "vxdata";
const AUDIENCE = "fastapi-users:auth";
const CLOCK_TOLERANCE_SECONDS = 5;
const AGE_SECONDS_MAX = 24 * 3_600;
const TOKEN_LENGTH_MAX = 8 * 1_024;
const CACHE_SIZE = 1_000;

const BEARER = /^Bearer +([\w.-]+)$/i;
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

// One text for all causes, and no cause: the texts of the parser quote the token's claims.
const refusal = (): AppError =>
  new AppError("unauthenticated", "The bearer token is malformed, expired or not ours.");

const isRole = (value: unknown): value is Role => ROLES.some((role) => role === value);

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

/** Requires and reads the claims beyond issuer and audience; undefined when one is odd. */
const principalOf = (claims: JWTPayload): Principal | undefined => {
  const { sub, exp, iat, jti } = claims;
  const { role, token_version: tokenVersion } = claims as Readonly<Record<string, unknown>>;
  const valid = typeof jti === "string" && jti !== "" && isCount(exp) && isCount(iat);
  if (!valid || typeof sub !== "string" || !isUuid(sub)) return undefined;
  if (!isRole(role) || !isCount(tokenVersion)) return undefined;
  return Object.freeze({ kind: "user", id: `user:${sub}`, role, tokenVersion });
};

/**
 * Makes a value when first asked. It keeps the value and not the promise: one that belongs to a
 * request which was cut off would never settle for the others.
 */
const lazily = <Value>(make: () => Promise<Value>): (() => Promise<Value>) => {
  let made: { readonly value: Value } | undefined;
  return async () => {
    made ??= { value: await make() };
    return made.value;
  };
};

const importKey = async (jwk: Readonly<Record<string, string>>): Promise<CryptoKey> =>
  importJWK({ ...jwk, kty: "RSA" as const }, ALGORITHM);

const importPublic = async (keys: readonly SigningKey[]): Promise<ReadonlyMap<string, CryptoKey>> =>
  new Map(
    await Promise.all(
      keys.map(async ({ kid, publicKey: { kty, n, e } }) => {
        return [kid, await importKey({ kty, n, e })] as const;
      }),
    ),
  );

const importSigning = async ([key]: readonly SigningKey[]): Promise<CryptoKey> => {
  if (key?.privateKey === undefined) throw new Error("The first signing key must be private.");
  return importKey(key.privateKey);
};

/**
 * Tokens signed with the first key and verified with all of them.
 *
 * @param nowMillis the clock; milliseconds since 1970.
 */
export const createTokens = (
  keys: readonly SigningKey[],
  nowMillis: () => number = Date.now,
): Tokens => {
  const publicKeys = lazily(async () => importPublic(keys));
  const signingKey = lazily(async () => importSigning(keys));
  const cache = createTokenCache(CACHE_SIZE);
  const nowSeconds = (): number => Math.floor(nowMillis() / 1_000);

  const check = async (token: string): Promise<Principal> => {
    if (token.length > TOKEN_LENGTH_MAX || !COMPACT.test(token)) throw refusal();
    const known = await publicKeys();
    const verified = await jwtVerify(
      token,
      ({ kid = "" }) => known.get(kid) ?? Promise.reject(refusal()),
      {
        algorithms: [ALGORITHM],
        typ: "JWT",
        issuer: ISSUER,
        audience: AUDIENCE,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        maxTokenAge: AGE_SECONDS_MAX,
        currentDate: new Date(nowMillis()),
      },
    ).catch(() => undefined);
    const principal = verified === undefined ? undefined : principalOf(verified.payload);
    if (verified === undefined || principal === undefined) throw refusal();
    const { exp = 0, iat = 0 } = verified.payload;
    const end = Math.min(exp, iat + AGE_SECONDS_MAX) + CLOCK_TOLERANCE_SECONDS;
    cache.set(token, principal, end);
    return principal;
  };

  const verify = async (token: string): Promise<Principal> =>
    cache.get(token, nowSeconds()) ?? check(token);

  return {
    issue: async ({ userId, role, tokenVersion }, lifetimeSeconds = TOKEN_LIFETIME_SECONDS) => {
      const issuedAt = nowSeconds();
      return new SignJWT({ role, token_version: tokenVersion })
        .setProtectedHeader({ alg: ALGORITHM, typ: "JWT", kid: keys[0]?.kid ?? "" })
        .setIssuer(ISSUER)
        .setAudience([AUDIENCE])
        .setSubject(userId)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + lifetimeSeconds)
        .setJti(createUuid(nowMillis()))
        .sign(await signingKey());
    },
    verify,
    authenticate: async (authorization) => {
      if (authorization === undefined) return ANONYMOUS;
      const token = BEARER.exec(authorization)?.[1];
      if (token === undefined) throw refusal();
      return verify(token);
    },
    jwks: () => ({ keys: keys.map(({ publicKey }) => publicKey) }),
  };
};
