/**
 * Passwords: scrypt (RFC 7914) in a PHC string. Each hash takes 16 MiB and a few hundred
 * milliseconds. It runs synchronously on purpose: an isolate then never holds two of them in memory
 * at once, and a caller that disconnects cannot keep a slot of a queue occupied. (workerd computes
 * the callback form on the same thread, so nothing is lost.)
 */
import { Buffer } from "node:buffer";
import { createHash, randomBytes, scryptSync, timingSafeEqual } from "node:crypto";
import { LIMITS } from "../model/limits.ts";
import { COST, type Cost } from "./password-cost.ts";

/** Minimum characters (code points) of a new password. */
export const PASSWORD_LENGTH_MIN = 8;

interface Hash extends Cost {
  readonly salt: Uint8Array;
  readonly digest: Uint8Array;
}

const SALT_BYTES = 16;
const DIGEST_BYTES = 32;
const MEMORY_BYTES_MAX = 48 * 1024 * 1024;

const PHC = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/-]{11,86})\$([\w+/-]{22,86})$/;

const unpadded = (bytes: Uint8Array): string =>
  Buffer.from(bytes).toString("base64").replaceAll("=", "");

const render = ({ ln, r, p, salt, digest }: Hash): string =>
  `$scrypt$ln=${ln},r=${r},p=${p}$${unpadded(salt)}$${unpadded(digest)}`;

const parse = (text: string): Hash | undefined => {
  const match = PHC.exec(text);
  if (match === null) return undefined;
  const [ln, r, p] = match.slice(1, 4).map(Number) as [number, number, number];
  const tooDear = 128 * r * (2 ** ln + p + 2) > MEMORY_BYTES_MAX || p > 16;
  if (ln < 1 || r < 1 || p < 1 || tooDear) return undefined;
  const [salt, digest] = match.slice(4).map((part) => Buffer.from(part, "base64"));
  return salt === undefined || digest === undefined ? undefined : { ln, r, p, salt, digest };
};

// Compatibility forms are normalised, so that a password typed on another keyboard or system is
// equal.
const normalize = (password: string): string => password.normalize("NFKC");

const derive = (password: string, cost: Cost, salt: Uint8Array, bytes: number): Uint8Array =>
  scryptSync(normalize(password), salt, bytes, {
    N: 2 ** cost.ln,
    r: cost.r,
    p: cost.p,
    maxmem: MEMORY_BYTES_MAX,
  });

/** Verified when there is no account, so that the response takes as long as with one. */
const NOBODY: Hash = {
  ...COST,
  salt: new Uint8Array(SALT_BYTES),
  digest: new Uint8Array(DIGEST_BYTES),
};

/** Why a string cannot become a password, in one sentence; undefined when it can. */
export function passwordError(password: string): string | undefined {
  if ([...password].length < PASSWORD_LENGTH_MIN) {
    return `String should have at least ${PASSWORD_LENGTH_MIN} characters`;
  }
  if (Buffer.byteLength(password) > LIMITS.passwordBytesMax) {
    return `String should have at most ${LIMITS.passwordBytesMax} bytes`;
  }
  return password.isWellFormed() ? undefined : "String should be well-formed Unicode";
}

/** Hashes a password with a new salt; returns a PHC string of the present cost. */
export function hashPassword(password: string): string {
  const salt = new Uint8Array(randomBytes(SALT_BYTES));
  return render({ ...COST, salt, digest: derive(password, COST, salt, DIGEST_BYTES) });
}

/**
 * True when the password belongs to the PHC string. Without one (no such user), or with an invalid
 * one, it takes the same time and returns false. Strings over the limit are refused without
 * hashing, for every user.
 */
export function verifyPassword(password: string, phc: string | undefined): boolean {
  if (Buffer.byteLength(password) > LIMITS.passwordBytesMax) return false;
  const known = phc === undefined ? undefined : parse(phc);
  const hash = known ?? NOBODY;
  const digest = derive(password, hash, hash.salt, hash.digest.length);
  return timingSafeEqual(digest, hash.digest) && known !== undefined;
}

/** True when a PHC string was made with another cost, and should be replaced at the next login. */
export function needsRehash(phc: string): boolean {
  const hash = parse(phc);
  return (
    hash === undefined ||
    hash.ln !== COST.ln ||
    hash.r !== COST.r ||
    hash.p !== COST.p ||
    hash.salt.length < SALT_BYTES ||
    hash.digest.length !== DIGEST_BYTES
  );
}

const fingerprint = (text: string): Uint8Array =>
  createHash("sha256").update(normalize(text)).digest();

/** Compares two clear-text passwords in constant time. */
export function samePassword(left: string, right: string): boolean {
  return timingSafeEqual(fingerprint(left), fingerprint(right));
}
