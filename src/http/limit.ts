/** The general rate limit, and how callers learn about it. */
import type { Context } from "hono";
import { AppError } from "../model/error.ts";
import type { AppEnv } from "./env.ts";

/** The address that the trusted proxy added. Anything before it was sent by the caller. */
const lastHop = (forwarded: string | undefined): string | undefined => {
  const hop = forwarded?.slice(forwarded.lastIndexOf(",") + 1).trim();
  return hop === "" ? undefined : hop;
};

/** The address that a request came from; undefined when no trustworthy source names it. */
export function addressOf(c: Context<AppEnv>): string | undefined {
  const { clientAddress } = c.get("services").config;
  if (clientAddress === "platform") return c.req.header("cf-connecting-ip");
  return clientAddress === "proxy" ? lastHop(c.req.header("x-forwarded-for")) : undefined;
}

/** What a request is counted for: the principal, or the address of an anonymous caller. */
const holderOf = (c: Context<AppEnv>): string | undefined => {
  const { kind, id } = c.get("principal");
  return kind === "anonymous" ? addressOf(c) : id;
};

/**
 * Counts the request, and sets the headers RateLimit-Policy and RateLimit to what is left.
 *
 * @throws AppError `too_many_requests` when nothing is left.
 */
export async function countRequest(c: Context<AppEnv>): Promise<void> {
  const { limit } = c.get("services");
  const holder = holderOf(c);
  if (limit === null || holder === undefined) return;
  const state = await limit(holder);
  c.set("quota", {
    "ratelimit-policy": `"default";q=${state.limit};w=${state.windowSeconds}`,
    ratelimit: `"default";r=${state.remaining};t=${state.resetSeconds}`,
  });
  if (state.isAllowed) return;
  throw new AppError("too_many_requests", "Too many requests; try again later.", {
    retryAfterSeconds: Math.max(1, state.resetSeconds),
  });
}
