/** Entity tags (RFC 9110) of responses, and 304 when the caller has the response already. */
import { createHash } from "node:crypto";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { etag } from "hono/etag";

/** Synchronous: for responses of this size, waiting for a digest costs more than computing it. */
const digest = (body: Uint8Array): ArrayBuffer => {
  const bytes = new Uint8Array(createHash("sha256").update(body).digest());
  return bytes.buffer.slice(0, 20);
};

/** Characters up to which computing the digest here is cheaper than through the platform's API. */
const SHORT = 1_000;

const ENCODER = new TextEncoder();

const digestOf = (text: string): string =>
  text.length <= SHORT
    ? bytesToHex(sha256(ENCODER.encode(text)))
    : createHash("sha256").update(text).digest("hex");

/** The entity tag of a response whose text is complete: its SHA-256 in hexadecimal digits. */
export function tagOf(text: string): string {
  return `"${digestOf(text)}"`;
}

/** True when an If-None-Match header names the tag, or any (RFC 9110, section 13.1.2). */
export function isKnown(tag: string, ifNoneMatch: string | undefined): boolean {
  return (
    ifNoneMatch !== undefined &&
    (ifNoneMatch.trim() === "*" ||
      ifNoneMatch.match(/"[^"]*"/g)?.some((each) => each === tag) === true)
  );
}

/** Middleware that adds entity tags to responses that were not built as a whole. */
export const entityTags = () => etag({ generateDigest: digest });
