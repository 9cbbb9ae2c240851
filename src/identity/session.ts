import type { InstantMicros } from "../model/time.ts";

/** One chain of refresh tokens, of which only the last is valid. */
export interface LoginSession {
  /** Digest; the `sid` of the access tokens issued with it. */
  readonly id: string;
  /** `user:<id>` or `apk:<key>`. */
  readonly principal: string;
  /** The user's token version when it began; 0 for keys. */
  readonly tokenVersion: number;
  readonly refreshDigest: string;
  readonly startedAt: InstantMicros;
  readonly expiresAt: InstantMicros;
}

/** A change of the last refresh token. */
export interface Rotation {
  readonly id: string;
  /** Digest of the token that was sent. */
  readonly from: string;
  readonly to: string;
  readonly now: InstantMicros;
  readonly expiresAt: InstantMicros;
  /** Sessions that began before this instant have ended. */
  readonly startedAfter: InstantMicros;
}

/** The store of sessions and of keys' digests. Each call is atomic. */
export interface SessionDirectory {
  readonly start: (session: LoginSession) => Promise<void>;
  /**
   * Replaces the last refresh token by the next. A token that is not the last one, or is too late,
   * ends the session: then the result is undefined.
   */
  readonly rotate: (
    rotation: Rotation,
  ) => Promise<Pick<LoginSession, "principal" | "tokenVersion"> | undefined>;
  /** The digest of a key's secret; undefined for an unknown key. */
  readonly findKey: (key: string) => Promise<string | undefined>;
}
