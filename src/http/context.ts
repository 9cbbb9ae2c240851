/** What the writes of all surfaces say about themselves. */
import type { Context } from "hono";
import { matchedRoutes } from "hono/route";
import { sha256Hex } from "../model/digest.ts";
import { AppError } from "../model/error.ts";
import { LIMITS } from "../model/limits.ts";
import type { WriteContext } from "../model/transaction.ts";
import type { AppEnv } from "./env.ts";

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

const fingerprint = async (c: Context<AppEnv>, bytes: Uint8Array): Promise<string> => {
  const url = new URL(c.req.url);
  const head = new TextEncoder().encode(`${c.req.method} ${url.pathname}${url.search}\n`);
  const whole = new Uint8Array(head.length + bytes.length);
  whole.set(head);
  whole.set(bytes, head.length);
  return sha256Hex(whole);
};

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/**
 * The method and route that a request took, the route as the pattern under which it was added:
 * nothing that a caller chose.
 */
export function routeOf(c: Context<AppEnv>): string {
  const matched = matchedRoutes(c);
  // The first that is no middleware answers: a path with a parameter may match as well.
  const route = matched.find(({ path }) => !path.endsWith("*")) ?? matched.at(-1);
  return `${METHODS.has(c.req.method) ? c.req.method : "OTHER"} ${route?.path ?? "*"}`;
}

/** The context of a write, with the caller's Idempotency-Key if there is one. */
export async function writeContext(
  c: Context<AppEnv>,
  surface: string,
  operation: string,
  bytes: Uint8Array,
): Promise<WriteContext> {
  const key = keyOf(c);
  const route = routeOf(c);
  const base = { surface, operation, requestId: c.get("requestId"), route };
  if (key === undefined) return base;
  return { ...base, idempotency: { key, requestHash: await fingerprint(c, bytes) } };
}
