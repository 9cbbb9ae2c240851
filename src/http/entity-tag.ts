/** Entity tags (RFC 9110) of answers, and 304 where the caller has the answer already. */
import { createHash } from "node:crypto";
import { etag } from "hono/etag";

/** At once: for answers of this size, waiting for a digest costs more than making it. */
const digest = (body: Uint8Array): ArrayBuffer => {
  const bytes = new Uint8Array(createHash("sha256").update(body).digest());
  return bytes.buffer.slice(0, 20);
};

/** The entity tag of an answer that is at hand as text. */
export const tagOf = (text: string): string =>
  `"${createHash("sha256").update(text).digest("base64url")}"`;

/** Middleware that gives answers a tag of their content, where they have none. */
export const entityTags = () => etag({ generateDigest: digest });
