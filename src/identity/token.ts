/** Access tokens: JSON Web Tokens (RFC 7519) signed with RS256, checked as RFC 8725 advises. */
import { exportSPKI, importJWK, jwtVerify, SignJWT, type CryptoKey, type JWTPayload } from "jose";
import { AppError } from "../model/error.ts";
import { LOGIN_AUDIENCE, principalOf, sessionClaims } from "./claims.ts";
import { ANONYMOUS, type Principal, type Role } from "./principal.ts";
import type { PublicKey, SigningKey } from "./signing-key.ts";
import { createTokenCache } from "./token-cache.ts";
import { createUuid } from "./uuid.ts";

/** Validity of a login's token in seconds. */
export const TOKEN_LIFETIME_SECONDS = 3_600;

/** The subject of a token. */
export interface TokenSubject {
  readonly userId: string;
  readonly role: Role;
  /** The version of the user's credentials; a later one revokes the token. */
  readonly tokenVersion: number;
}

/** Validity in seconds of an access token of `/auth`. */
const SESSION_TOKEN_LIFETIME_SECONDS = 7_200;

/** The claims of a permission token: what a service may permit its bearer. */
export interface PermissionClaims {
  readonly userid: string;
  readonly permissions: Readonly<Record<string, number>>;
  readonly service: string;
}

/** A permission claim of our own, and the version of the credentials that it depends on. */
export interface OwnPermission {
  readonly claims: PermissionClaims;
  readonly tokenVersion: number;
}

/** Issues and verifies the tokens of one installation. Create one per isolate: it caches keys. */
export interface Tokens {
  /** Signs a token with the first key. */
  readonly issue: (subject: TokenSubject, lifetimeSeconds?: number) => Promise<string>;
  /** Signs an access token for a principal with a session, valid for two hours. */
  readonly issueForSession: (principal: Principal) => Promise<string>;
  /** Signs a permission token, valid for an hour; here it permits only what its service reads. */
  readonly issuePermission: (permission: OwnPermission) => Promise<string>;
  /**
   * The principal that a token was issued for.
   * @throws {AppError} `unauthenticated` for everything but a valid token of ours.
   */
  readonly verify: (token: string) => Promise<Principal>;
  /**
   * The principal of an Authorization header; the anonymous one without a header.
   * @throws {AppError} `unauthenticated` for another scheme than Bearer and for invalid tokens.
   */
  readonly authenticate: (authorization: string | undefined) => Promise<Principal>;
  /** The public half of the signing key, as PEM (RFC 7468, section 13). */
  readonly publicPem: () => Promise<string>;
  /** The public halves of all keys (RFC 7517, section 5). */
  readonly jwks: () => { readonly keys: readonly PublicKey[] };
}

const ALGORITHM = "RS256";
const ISSUER = "vxdata";
const CLOCK_TOLERANCE_SECONDS = 5;
/** The default audience of the tokens of `/auth`. */
const PROJECT = "00000000-0000-4000-8000-000000000000";
const AGE_SECONDS_MAX = 24 * 3_600;
const TOKEN_LENGTH_MAX = 8 * 1_024;
const CACHE_SIZE = 1_000;

const BEARER = /^Bearer +([\w.-]+)$/i;
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

// One message for all causes, without the cause: the parser's messages quote the token's claims.
const unauthenticated = (): AppError =>
  new AppError("unauthenticated", "The bearer token is malformed, expired or not ours.");

/**
 * Creates a value when it is first requested. It caches the value and not the promise: the promise
 * of an aborted request would never resolve for the others.
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

const pemOf = async (key: SigningKey | undefined): Promise<string> => {
  if (key === undefined) throw new Error("There is no signing key.");
  const { kty, n, e } = key.publicKey;
  return exportSPKI(await importJWK({ kty, n, e }, ALGORITHM, { extractable: true }));
};

/** The token of an Authorization header. */
const bearerOf = (authorization: string): string => {
  const token = BEARER.exec(authorization)?.[1];
  if (token === undefined) throw unauthenticated();
  return token;
};

/** What differs between kinds of tokens. */
interface TokenPart {
  readonly claims: JWTPayload;
  readonly subject: string;
  readonly audience: string;
  readonly lifetimeSeconds: number;
}

const signToken = async (
  { claims, subject, audience, lifetimeSeconds }: TokenPart,
  kid: string,
  key: CryptoKey,
  nowMillis: number,
): Promise<string> => {
  const issuedAt = Math.floor(nowMillis / 1_000);
  return new SignJWT(claims)
    .setProtectedHeader({ alg: ALGORITHM, typ: "JWT", kid })
    .setIssuer(ISSUER)
    .setAudience([audience])
    .setSubject(subject)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + lifetimeSeconds)
    .setJti(createUuid(nowMillis))
    .sign(key);
};

/**
 * Tokens signed with the first key and verified with all of them.
 *
 * @param nowMillis the clock; milliseconds since 1970.
 * @param project audience of the tokens of `/auth`.
 */
export function createTokens(
  keys: readonly SigningKey[],
  nowMillis: () => number = Date.now,
  project: string = PROJECT,
): Tokens {
  const publicKeys = lazily(async () => importPublic(keys));
  const signingKey = lazily(async () => importSigning(keys));
  const cache = createTokenCache(CACHE_SIZE);

  const check = async (token: string): Promise<Principal> => {
    if (token.length > TOKEN_LENGTH_MAX || !COMPACT.test(token)) throw unauthenticated();
    const known = await publicKeys();
    const verified = await jwtVerify(
      token,
      ({ kid = "" }) => known.get(kid) ?? Promise.reject(unauthenticated()),
      {
        algorithms: [ALGORITHM],
        typ: "JWT",
        issuer: ISSUER,
        audience: [LOGIN_AUDIENCE, project],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        maxTokenAge: AGE_SECONDS_MAX,
        currentDate: new Date(nowMillis()),
      },
    ).catch(() => undefined);
    const principal = verified === undefined ? undefined : principalOf(verified.payload);
    if (verified === undefined || principal === undefined) throw unauthenticated();
    const { exp = 0, iat = 0 } = verified.payload;
    const end = Math.min(exp, iat + AGE_SECONDS_MAX) + CLOCK_TOLERANCE_SECONDS;
    cache.set(token, principal, end);
    return principal;
  };

  const verify = async (token: string): Promise<Principal> =>
    cache.get(token, Math.floor(nowMillis() / 1_000)) ?? check(token);

  const sign = async (part: TokenPart): Promise<string> =>
    signToken(part, keys[0]?.kid ?? "", await signingKey(), nowMillis());

  return {
    issue: async ({ userId, role, tokenVersion }, lifetimeSeconds = TOKEN_LIFETIME_SECONDS) =>
      sign({
        claims: { role, token_version: tokenVersion },
        subject: userId,
        audience: LOGIN_AUDIENCE,
        lifetimeSeconds,
      }),
    issueForSession: async (principal) =>
      sign({
        ...sessionClaims(principal),
        audience: project,
        lifetimeSeconds: SESSION_TOKEN_LIFETIME_SECONDS,
      }),
    issuePermission: async ({ claims, tokenVersion }) =>
      sign({
        claims: { ...claims, token_version: tokenVersion },
        subject: claims.userid,
        audience: claims.service,
        lifetimeSeconds: TOKEN_LIFETIME_SECONDS,
      }),
    verify,
    authenticate: async (authorization) =>
      authorization === undefined ? ANONYMOUS : verify(bearerOf(authorization)),
    publicPem: async () => pemOf(keys[0]),
    jwks: () => ({ keys: keys.map(({ publicKey }) => publicKey) }),
  };
}
