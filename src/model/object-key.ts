/**
 * Keys of objects in the bucket: which strings are keys, and which part of the bucket belongs to
 * whom. Every rule about a prefix is here, so that no two parts can overlap.
 */
import { LIMITS } from "./limits.ts";

const encoder = new TextEncoder();

// Control characters, and characters that URL parsers read as a slash or drop silently.
const FORBIDDEN = /[\p{Cc}\\]/u;

// A segment without characters, or of one or two dots.
const UNSTABLE = /(?:^|\/)\.{0,2}(?:\/|$)/;

/**
 * True for a key that is the same in a URL: without empty or dot segments, which a URL would
 * resolve to another place.
 */
export function isKey(text: string): boolean {
  return (
    text !== "" &&
    text.length <= LIMITS.objectKeyBytesMax &&
    text.isWellFormed() &&
    // A UTF-16 unit has at most three bytes: most keys need not be encoded.
    (text.length * 3 <= LIMITS.objectKeyBytesMax ||
      encoder.encode(text).length <= LIMITS.objectKeyBytesMax) &&
    !FORBIDDEN.test(text) &&
    !UNSTABLE.test(text)
  );
}

/** What precedes a key in an address of a bucket. */
export function addressOf(bucket: string): string {
  return `s3://${bucket}/`;
}

/** The key of a `path`: itself, or that of an `s3://` address in our bucket. */
export function keyOf(path: string, bucket: string): string {
  const address = addressOf(bucket);
  return path.startsWith(address) ? path.slice(address.length) : path;
}

/**
 * First segments of keys that only the server writes: files of exports, responses of tasks, checks
 * of the bucket.
 */
const RESERVED = ["exports", "_tasks", "_vxdata"] as const;

/** A segment after one percent-decoding; it may contain slashes then. */
const decoded = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
};

/** Segments as a lenient reader takes them: decoded, in one Unicode form, case-insensitive. */
const looseSegments = (prefix: string): readonly string[] =>
  prefix
    .split("/")
    .flatMap((segment) => decoded(segment).normalize("NFKC").toLowerCase().split(/[/\\]/))
    .filter((segment) => segment !== "" && segment !== ".");

/**
 * True when keys below one prefix could also be below the other: one of them is the other's folder,
 * or both are the same. `a` overlaps `a/b` and not `ab`. Strings that a tool could take for the
 * same count as the same: percent-encodings, Unicode forms, upper and lower case, doubled slashes.
 */
export function prefixesMeet(one: string, other: string): boolean {
  const [shorter, longer] = [looseSegments(one), looseSegments(other)].toSorted(
    (left, right) => left.length - right.length,
  ) as [readonly string[], readonly string[]];
  return shorter.every((segment, at) => segment === longer[at]);
}

/** True for a prefix below which the server itself stores objects. */
export function isReservedPrefix(prefix: string): boolean {
  return RESERVED.some((reserved) => prefixesMeet(prefix, reserved));
}

/** The first segment of a key, which tells the owner of this part of the bucket. */
export function firstSegment(key: string): string {
  return key.split("/", 1)[0] ?? "";
}

/** True for a key that callers may name. */
export function isAddressable(key: string): boolean {
  return isKey(key) && !RESERVED.some((reserved) => key.startsWith(`${reserved}/`));
}

const GROUP = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9_-])?$/;

/**
 * True for the name of a group of uploads: one segment of a key, of letters, digits, `.`, `_` and
 * `-`.
 */
export function isGroup(text: string): boolean {
  return GROUP.test(text) && !text.includes("..") && !isReservedPrefix(text);
}

const OWNER = /^[A-Za-z0-9][\w.@+~=-]{0,127}$/;

/** True for an owner of source datasets: it is the first segment of their files' keys. */
export function isOwnerId(text: string): boolean {
  return OWNER.test(text) && !isReservedPrefix(text);
}

/** The first segment of the keys of a harvest with a base path; undefined without one. */
export function harvestPrefix(basePath: string): string | undefined {
  const prefix = firstSegment(basePath.replace(/^\/+/, ""));
  return prefix === "" ? undefined : prefix;
}
