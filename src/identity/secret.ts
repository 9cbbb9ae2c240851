/** Random secrets that programs keep, and the digests that we keep of them. */
import { Buffer } from "node:buffer";
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

const SECRET_BYTES = 32;
const HANDLE_LENGTH = 32;
const REFRESH = /^[0-9a-f]{64}$/;

/** 256 random bits in hexadecimal: nobody guesses them, so that their digest needs no salt and no cost. */
export const createSecret = (): string => randomBytes(SECRET_BYTES).toString("hex");

/** SHA-256 of a text, in hexadecimal. */
export const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Compares two digests without telling by its time where they differ. */
export const sameDigest = (left: string, right: string): boolean =>
  timingSafeEqual(Buffer.from(digestOf(left)), Buffer.from(digestOf(right)));

/** What a refresh token says: which session it belongs to, and that it is its last one. */
export interface RefreshToken {
  /** Digest of the half that stays the same as long as the session goes on. */
  readonly session: string;
  readonly digest: string;
}

/** Reads a refresh token; undefined for a text that cannot be one. */
export const readRefreshToken = (text: string): RefreshToken | undefined =>
  REFRESH.test(text)
    ? { session: digestOf(text.slice(0, HANDLE_LENGTH)), digest: digestOf(text) }
    : undefined;

/** The refresh token that follows another one in its session; a new session without one. */
export const nextRefreshToken = (last: string = createSecret()): string =>
  last.slice(0, HANDLE_LENGTH) + createSecret().slice(HANDLE_LENGTH);
