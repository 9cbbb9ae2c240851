/**
 * Keys of objects in the bucket: which texts are keys, and which part of the bucket belongs to whom.
 * Every rule about a prefix stands here, so that no two parts can meet.
 */
import { LIMITS } from "./limits.ts";

const encoder = new TextEncoder();

// Control characters, and what URL parsers take for a slash or drop without a word.
const FORBIDDEN = /[\p{Cc}\\]/u;

/**
 * True for a key that reads the same in a URL: no empty or dot segments, which a URL would resolve
 * to another place.
 */
export function isKey(text: string): boolean {
  return (
    text !== "" &&
    text.length <= LIMITS.objectKeyBytesMax &&
    text.isWellFormed() &&
    encoder.encode(text).length <= LIMITS.objectKeyBytesMax &&
    !FORBIDDEN.test(text) &&
    text.split("/").every((segment) => segment !== "" && segment !== "." && segment !== "..")
  );
}

/** What stands before a key in an address of a bucket. */
export function addressOf(bucket: string): string {
  return `s3://${bucket}/`;
}

/** The key that a `path` stands for: itself, or that of an `s3://` address in our bucket. */
export function keyOf(path: string, bucket: string): string {
  const address = addressOf(bucket);
  return path.startsWith(address) ? path.slice(address.length) : path;
}

/** First segments of keys that only the server itself writes: files of exports, answers of tasks, what is about the bucket. */
const RESERVED = ["exports", "_tasks", "_vxdata"] as const;

/** A segment after one percent-decoding; it may hold slashes then. */
const decoded = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
};

/** Segments as a careless reader takes them: decoded, in one Unicode form, without regard to case. */
const looseSegments = (prefix: string): readonly string[] =>
  prefix
    .split("/")
    .flatMap((segment) => decoded(segment).normalize("NFKC").toLowerCase().split(/[/\\]/))
    .filter((segment) => segment !== "" && segment !== ".");

/**
 * True when keys below one prefix could also lie below the other: one of them is the other's folder,
 * or the same. `a` meets `a/b` and not `ab`. Texts that a tool could take for the same are the same
 * here: percent-encodings, Unicode forms, upper and lower case, doubled slashes.
 */
export function prefixesMeet(one: string, other: string): boolean {
  const [shorter, longer] = [looseSegments(one), looseSegments(other)].toSorted(
    (left, right) => left.length - right.length,
  ) as [readonly string[], readonly string[]];
  return shorter.every((segment, at) => segment === longer[at]);
}

/** True for a prefix below which the server itself keeps objects. */
export function isReservedPrefix(prefix: string): boolean {
  return RESERVED.some((reserved) => prefixesMeet(prefix, reserved));
}

/** The first segment of a key: whose part of the bucket it lies in. */
export function firstSegment(key: string): string {
  return key.split("/", 1)[0] ?? "";
}

/** True for a key that callers may ask for by name. */
export function isAddressable(key: string): boolean {
  return isKey(key) && !RESERVED.some((reserved) => key.startsWith(`${reserved}/`));
}

const GROUP = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9_-])?$/;

/** True for a group of uploads: one segment of a key, of letters, digits, `.`, `_` and `-`. */
export function isGroup(text: string): boolean {
  return GROUP.test(text) && !text.includes("..") && !isReservedPrefix(text);
}

const OWNER = /^[A-Za-z0-9][\w.@+~=-]{0,127}$/;

/** True for what can own datasets of sources: it is the first segment of their files' keys. */
export function isOwnerId(text: string): boolean {
  return OWNER.test(text) && !isReservedPrefix(text);
}

/** The first segment of what a harvest stores below a base path; undefined where it has none. */
export function harvestPrefix(basePath: string): string | undefined {
  const prefix = firstSegment(basePath.replace(/^\/+/, ""));
  return prefix === "" ? undefined : prefix;
}
