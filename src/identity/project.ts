/** Sessions of keys and users: an access token and a refresh token that rotates. */
import { AppError } from "../model/error.ts";
import { LIMITS } from "../model/limits.ts";
import type { InstantMicros } from "../model/time.ts";
import type { Accounts, Credentials, LoginThrottle } from "./accounts.ts";
import type { Principal } from "./principal.ts";
import { digestOf, nextRefreshToken, readRefreshToken, sameDigest } from "./secret.ts";
import type { SessionDirectory } from "./session.ts";
import type { Tokens } from "./token.ts";

const MICROS_PER_HOUR = 3_600_000_000;
/** A refresh token is valid for as long as the access token issued with it. */
const IDLE_MICROS = LIMITS.sessionIdleHours * MICROS_PER_HOUR;
/** A session ends even if it is refreshed. */
const AGE_MICROS_MAX = LIMITS.sessionDaysMax * 24 * MICROS_PER_HOUR;

/** What these endpoints need. */
export interface ProjectParts {
  readonly sessions: SessionDirectory;
  readonly accounts: Pick<Accounts, "admit">;
  readonly throttle: LoginThrottle;
  readonly tokens: Tokens;
  /** The principal as it is now. @throws {AppError} `unauthenticated` when it may not log in. */
  readonly confirm: (principal: Principal) => Promise<Principal>;
  readonly now: () => InstantMicros;
}

/** A key with its secret, as they were sent. */
export interface KeyCredentials {
  readonly key: string;
  readonly secret: string;
}

/** The tokens with which a client continues. */
export interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** The calls of these endpoints. */
export interface ProjectAuth {
  /**
   * Begins a session of an API key.
   * @throws {AppError} `unauthenticated`, `too_many_requests`.
   */
  readonly signInKey: (credentials: KeyCredentials) => Promise<TokenPair>;
  /**
   * Begins a session of a user.
   * @throws {AppError} as for keys.
   */
  readonly signInUser: (credentials: Credentials) => Promise<TokenPair>;
  /**
   * Exchanges a refresh token for the next pair. Sending a used token again ends the session, since
   * one of its two holders must have stolen it.
   * @throws {AppError} `unauthenticated`.
   */
  readonly refresh: (refreshToken: string) => Promise<TokenPair>;
}

const refused = (message = "The credentials are wrong, expired or void."): AppError =>
  new AppError("unauthenticated", message);

/** Nothing tells the address, the password and an inactive account apart. */
const WRONG_PASSWORD = "Wrong e-mail address or password.";

/** Compared with an unknown key's secret, so that the response takes as long. */
const NO_DIGEST = digestOf("");

const principalOf = (id: string, tokenVersion: number, session: string): Principal =>
  id.startsWith("apk:")
    ? { kind: "apk", id, role: null, session }
    : { kind: "user", id, role: "user", tokenVersion, session };

const open = async (
  { sessions, tokens, confirm, now }: ProjectParts,
  principal: string,
  tokenVersion: number,
): Promise<TokenPair> => {
  const refreshToken = nextRefreshToken();
  const read = readRefreshToken(refreshToken);
  if (read === undefined) throw new Error("A refresh token of our own cannot be read.");
  const startedAt = now();
  const expiresAt = startedAt + IDLE_MICROS;
  const { session: id, digest: refreshDigest } = read;
  await sessions.start({ id, principal, tokenVersion, refreshDigest, startedAt, expiresAt });
  const current = await confirm(principalOf(principal, tokenVersion, id));
  return { accessToken: await tokens.issueForSession(current), refreshToken };
};

const refresh = async (
  { sessions, tokens, confirm, now }: ProjectParts,
  refreshToken: string,
): Promise<TokenPair> => {
  const read = readRefreshToken(refreshToken);
  if (read === undefined) throw refused();
  const next = nextRefreshToken(refreshToken);
  const instant = now();
  const rotated = await sessions.rotate({
    id: read.session,
    from: read.digest,
    to: digestOf(next),
    now: instant,
    expiresAt: instant + IDLE_MICROS,
    startedAfter: instant - AGE_MICROS_MAX,
  });
  if (rotated === undefined) throw refused();
  const { principal, tokenVersion } = rotated;
  const current = await confirm(principalOf(principal, tokenVersion, read.session));
  return { accessToken: await tokens.issueForSession(current), refreshToken: next };
};

/** The calls over their parts; cheap enough to create one per request. */
export function createProjectAuth(parts: ProjectParts): ProjectAuth {
  return {
    signInKey: async ({ key, secret }) => {
      const giveBack = await parts.throttle.take(`key ${key}`);
      const digest = await parts.sessions.findKey(key);
      const isRight = sameDigest(digestOf(secret), digest ?? NO_DIGEST) && digest !== undefined;
      if (!isRight) throw refused("Wrong key or secret.");
      await giveBack();
      return open(parts, `apk:${key}`, 0);
    },
    signInUser: async (credentials) => {
      const user = await parts.accounts.admit(credentials);
      if (user === undefined) throw refused(WRONG_PASSWORD);
      return open(parts, `user:${user.id}`, user.tokenVersion);
    },
    refresh: async (refreshToken) => refresh(parts, refreshToken),
  };
}
