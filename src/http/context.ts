/** The commit context of writes on all surfaces. */
import type { Context } from "hono";
import { matchedRoutes } from "hono/route";
import { sha256Hex } from "../model/digest.ts";
import { AppError } from "../model/error.ts";
import { LIMITS } from "../model/limits.ts";
import type { WriteContext } from "../model/transaction.ts";
import type { AppEnv } from "./env.ts";
import { reasonOf } from "./reason.ts";

const keyOf = (c: Context<AppEnv>): string | undefined => {
  const key = c.req.header("idempotency-key");
  if (key === undefined) return undefined;
  if (/^[\x21-\x7e]+$/.test(key) && key.length <= LIMITS.idempotencyKeyLengthMax) return key;
  throw new AppError("invalid_value", "The Idempotency-Key is malformed.", {
    details: [
      {
        path: "idempotency-key",
        code: "invalid_value",
        detail: `Expected 1 to ${LIMITS.idempotencyKeyLengthMax} visible ASCII characters.`,
      },
    ],
  });
};

/** Digest of a request. `reason` is that of the header; a reason in the body is part of `bytes`. */
const fingerprint = async (
  c: Context<AppEnv>,
  bytes: Uint8Array,
  reason: string | undefined,
): Promise<string> => {
  const url = new URL(c.req.url);
  const line = reason === undefined ? "" : ` ${encodeURIComponent(reason)}`;
  const head = new TextEncoder().encode(`${c.req.method} ${url.pathname}${url.search}${line}\n`);
  const whole = new Uint8Array(head.length + bytes.length);
  whole.set(head);
  whole.set(bytes, head.length);
  return sha256Hex(whole);
};

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/**
 * The method and route of a request. The route is the pattern under which it was added, so it
 * contains nothing that a caller chose.
 */
export function routeOf(c: Context<AppEnv>): string {
  const matched = matchedRoutes(c);
  // The first handler that is not middleware handles the request: a path with a parameter may match
  // as well.
  const route = matched.find(({ path }) => !path.endsWith("*")) ?? matched.at(-1);
  return `${METHODS.has(c.req.method) ? c.req.method : "OTHER"} ${route?.path ?? "*"}`;
}

/**
 * The context of a write, with the caller's reason and Idempotency-Key if there are any.
 *
 * @param member the member `reason` of the body, where bodies have one.
 * @throws AppError `invalid_value` for a malformed key, and for two reasons that differ.
 */
export async function writeContext(
  c: Context<AppEnv>,
  surface: string,
  operation: string,
  bytes: Uint8Array,
  member?: string | null,
): Promise<WriteContext> {
  const key = keyOf(c);
  const route = routeOf(c);
  const reason = reasonOf(c, member);
  const stated = reason === undefined ? {} : { reason };
  const base = { surface, operation, requestId: c.get("requestId"), route, ...stated };
  if (key === undefined) return base;
  const beside = typeof member === "string" ? undefined : reason;
  return { ...base, idempotency: { key, requestHash: await fingerprint(c, bytes, beside) } };
}
