/** The project's sign-in: keys and users get an access token and a refresh token that rotates. */
import { AppError } from "../model/error.ts";
import { LIMITS } from "../model/limits.ts";
import type { InstantMicros } from "../model/time.ts";
import type { Accounts, Credentials, LoginThrottle } from "./accounts.ts";
import type { Principal } from "./principal.ts";
import { digestOf, nextRefreshToken, readRefreshToken, sameDigest } from "./secret.ts";
import type { SessionDirectory } from "./session.ts";
import type { Tokens } from "./token.ts";

const MICROS_PER_HOUR = 3_600_000_000;
/** A refresh token is good for as long as the access token that came with it. */
const IDLE_MICROS = LIMITS.sessionIdleHours * MICROS_PER_HOUR;
/** However often it is refreshed, a session ends. */
const AGE_MICROS_MAX = LIMITS.sessionDaysMax * 24 * MICROS_PER_HOUR;

/** What these endpoints need. */
export interface ProjectParts {
  readonly sessions: SessionDirectory;
  readonly accounts: Pick<Accounts, "admit">;
  readonly throttle: LoginThrottle;
  readonly tokens: Tokens;
  /** The principal as it is now. @throws {AppError} `unauthenticated` when it may not come in. */
  readonly confirm: (principal: Principal) => Promise<Principal>;
  readonly now: () => InstantMicros;
}

/** A key with its secret, as they were sent. */
export interface KeyCredentials {
  readonly key: string;
  readonly secret: string;
}

/** What a client goes on with. */
export interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** The calls of these endpoints. */
export interface ProjectAuth {
  /**
   * A session of an API key.
   * @throws {AppError} `unauthenticated`, `too_many_requests`.
   */
  readonly signInKey: (credentials: KeyCredentials) => Promise<TokenPair>;
  /**
   * A session of a user.
   * @throws {AppError} as for keys.
   */
  readonly signInUser: (credentials: Credentials) => Promise<TokenPair>;
  /**
   * The next pair. The token that was sent is void from then on; whoever sends it again ends the
   * session for everybody, since one of two who have it must have stolen it.
   * @throws {AppError} `unauthenticated`.
   */
  readonly refresh: (refreshToken: string) => Promise<TokenPair>;
}

const refused = (): AppError =>
  new AppError("unauthenticated", "The credentials are wrong, expired or void.");

/** What an unknown key's secret is compared with, so that the answer takes as long. */
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

/** The sign-in over its parts; cheap enough to make one per request. */
export function createProjectAuth(parts: ProjectParts): ProjectAuth {
  return {
    signInKey: async ({ key, secret }) => {
      const giveBack = await parts.throttle.take(`key ${key}`);
      const digest = await parts.sessions.findKey(key);
      const isRight = sameDigest(digestOf(secret), digest ?? NO_DIGEST) && digest !== undefined;
      if (!isRight) throw refused();
      await giveBack();
      return open(parts, `apk:${key}`, 0);
    },
    signInUser: async (credentials) => {
      const user = await parts.accounts.admit(credentials);
      if (user === undefined) throw refused();
      return open(parts, `user:${user.id}`, user.tokenVersion);
    },
    refresh: async (refreshToken) => refresh(parts, refreshToken),
  };
}
