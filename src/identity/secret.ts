/** Random secrets that programs hold, and the digests that we store of them. */
import { Buffer } from "node:buffer";
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

const SECRET_BYTES = 32;
const HANDLE_LENGTH = 32;
const REFRESH = /^[0-9a-f]{64}$/;

/**
 * 256 random bits in hexadecimal: they cannot be guessed, so their digest needs neither salt nor
 * cost.
 */
export function createSecret(): string {
  return randomBytes(SECRET_BYTES).toString("hex");
}

/** SHA-256 of a string, in hexadecimal. */
export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Compares two digests in constant time. */
export function sameDigest(left: string, right: string): boolean {
  return timingSafeEqual(Buffer.from(digestOf(left)), Buffer.from(digestOf(right)));
}

/** A parsed refresh token: its session, and proof that it is the session's last one. */
export interface RefreshToken {
  /** Digest of the half that stays the same during the session. */
  readonly session: string;
  readonly digest: string;
}

/** Parses a refresh token; undefined for an invalid one. */
export function readRefreshToken(text: string): RefreshToken | undefined {
  return REFRESH.test(text)
    ? { session: digestOf(text.slice(0, HANDLE_LENGTH)), digest: digestOf(text) }
    : undefined;
}

/** The refresh token that follows another one in its session; a new session without one. */
export function nextRefreshToken(last: string = createSecret()): string {
  return last.slice(0, HANDLE_LENGTH) + createSecret().slice(HANDLE_LENGTH);
}
