/** Random secrets that programs keep, and the digests that we keep of them. */
import { Buffer } from "node:buffer";
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

const SECRET_BYTES = 32;
const HANDLE_LENGTH = 32;
const REFRESH = /^[0-9a-f]{64}$/;

/** 256 random bits in hexadecimal: nobody guesses them, so that their digest needs no salt and no cost. */
export function createSecret(): string {
  return randomBytes(SECRET_BYTES).toString("hex");
}

/** SHA-256 of a text, in hexadecimal. */
export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Compares two digests without telling by its time where they differ. */
export function sameDigest(left: string, right: string): boolean {
  return timingSafeEqual(Buffer.from(digestOf(left)), Buffer.from(digestOf(right)));
}

/** What a refresh token says: which session it belongs to, and that it is its last one. */
export interface RefreshToken {
  /** Digest of the half that stays the same as long as the session goes on. */
  readonly session: string;
  readonly digest: string;
}

/** Reads a refresh token; undefined for a text that cannot be one. */
export function readRefreshToken(text: string): RefreshToken | undefined {
  return REFRESH.test(text)
    ? { session: digestOf(text.slice(0, HANDLE_LENGTH)), digest: digestOf(text) }
    : undefined;
}

/** The refresh token that follows another one in its session; a new session without one. */
export function nextRefreshToken(last: string = createSecret()): string {
  return last.slice(0, HANDLE_LENGTH) + createSecret().slice(HANDLE_LENGTH);
}
