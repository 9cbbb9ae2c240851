/** The headers of all responses, and text responses that have them from the start. */
import type { Context } from "hono";
import { type Session, total, type Usage } from "../store/index.ts";
import { isKnown, tagOf } from "./entity-tag.ts";
import type { AppEnv } from "./env.ts";

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
};

/**
 * Headers that differ between responses: pages have their own policy, and some responses may be
 * cached.
 */
const DEFAULTS: Readonly<Record<string, string>> = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  // Responses contain data about people, so no cache may store them by default.
  "cache-control": "no-store",
};

/** The sessions that have called the database in this request, the last one first. */
const partsOf = (c: Context<AppEnv>): readonly Pick<Session, "bookmark" | "usage">[] => [
  ...c.get("sessions").toReversed(),
  c.get("store"),
];

/** What the request has cost so far. */
export function usageOf(c: Context<AppEnv>): Usage {
  return total(partsOf(c).map((part) => part.usage()));
}

const callsOf = (c: Context<AppEnv>): number =>
  c
    .get("sessions")
    .reduce((sum, session) => sum + session.usage().calls, c.get("store").usage().calls);

const bookmarkOf = (c: Context<AppEnv>): string | undefined => {
  for (const part of partsOf(c)) {
    const bookmark = part.bookmark();
    if (bookmark !== null) return bookmark;
  }
  return undefined;
};

const setOwn = (c: Context<AppEnv>, headers: Headers): void => {
  headers.set("x-request-id", c.get("requestId"));
  const millis = Date.now() - c.get("started");
  headers.set("server-timing", `total;dur=${millis}, d1;desc="calls ${callsOf(c)}"`);
  const quota = c.get("quota");
  if (quota === undefined) return;
  for (const [name, value] of Object.entries(quota)) headers.set(name, value);
};

/** Copied for each response: copying all headers costs as much as setting one. */
const JSON_ANSWER = {
  headers: new Headers({
    ...SECURITY_HEADERS,
    ...DEFAULTS,
    "content-type": "application/json",
    vary: "Authorization",
  }),
};

/** Methods whose response may be 304: a response to a write is always sent in full. */
const READING = new Set(["GET", "HEAD"]);

/** Headers that only a response with a JSON body has. */
const withoutBody = (headers: Headers): Headers => {
  headers.delete("content-type");
  return headers;
};

/**
 * A final JSON response with all its headers, since setting them one by one costs more than
 * building the response. For GET and HEAD it has an entity tag, and becomes 304 without a body for
 * a caller that has it already.
 */
export function wholeJson(c: Context<AppEnv>, text: string): Response {
  let response = new Response(text, JSON_ANSWER);
  const { headers } = response;
  setOwn(c, headers);
  const bookmark = bookmarkOf(c);
  if (bookmark !== undefined) headers.set("x-d1-bookmark", bookmark);
  if (c.req.method !== "POST") {
    const tag = tagOf(text);
    headers.set("etag", tag);
    if (READING.has(c.req.method) && isKnown(tag, c.req.header("if-none-match"))) {
      response = new Response(null, { status: 304, headers: withoutBody(headers) });
    }
  }
  c.set("whole", response);
  return response;
}

/** Adds the missing headers to a response. */
export function addHeaders(c: Context<AppEnv>): void {
  if (c.res === c.get("whole")) return;
  const { headers } = c.res;
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) headers.set(name, value);
  setOwn(c, headers);
  for (const [name, value] of Object.entries(DEFAULTS)) {
    if (!headers.has(name)) headers.set(name, value);
  }
  const bookmark = bookmarkOf(c);
  if (bookmark !== undefined && !headers.has("x-d1-bookmark")) {
    headers.set("x-d1-bookmark", bookmark);
  }
  headers.append("vary", "Authorization");
}
