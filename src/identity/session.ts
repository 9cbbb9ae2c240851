import type { InstantMicros } from "../model/time.ts";

/** One chain of refresh tokens, of which only the last is good. */
export interface LoginSession {
  /** Digest; the `sid` of the access tokens that come with it. */
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
  /** Sessions that began before this instant do not go on. */
  readonly startedAfter: InstantMicros;
}

/** Where sessions and the digests of keys are kept. Each call is atomic. */
export interface SessionDirectory {
  readonly start: (session: LoginSession) => Promise<void>;
  /**
   * Puts the next refresh token in the place of the last one. A token that is not the last one, or
   * came too late, ends the session: then the answer is undefined.
   */
  readonly rotate: (
    rotation: Rotation,
  ) => Promise<Pick<LoginSession, "principal" | "tokenVersion"> | undefined>;
  /** The digest of a key's secret; undefined for an unknown key. */
  readonly findKey: (key: string) => Promise<string | undefined>;
}
