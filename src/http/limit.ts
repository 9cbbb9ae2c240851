/** The general limit of requests, and what callers are told about it. */
import type { Context } from "hono";
import { AppError } from "../model/error.ts";
import type { AppEnv } from "./env.ts";

/** What the proxy in front of us added. What stands before it was sent by the caller. */
const lastHop = (forwarded: string | undefined): string | undefined => {
  const hop = forwarded?.slice(forwarded.lastIndexOf(",") + 1).trim();
  return hop === "" ? undefined : hop;
};

/** The address that a request came from; undefined where nobody says who could be believed. */
export function addressOf(c: Context<AppEnv>): string | undefined {
  const { clientAddress } = c.get("services").config;
  if (clientAddress === "platform") return c.req.header("cf-connecting-ip");
  return clientAddress === "proxy" ? lastHop(c.req.header("x-forwarded-for")) : undefined;
}

/** Who a request is counted for: the principal, or the address of somebody without a token. */
const holderOf = (c: Context<AppEnv>): string | undefined => {
  const { kind, id } = c.get("principal");
  return kind === "anonymous" ? addressOf(c) : id;
};

/**
 * Counts the request, and says in the headers RateLimit-Policy and RateLimit how much is left.
 *
 * @throws AppError `too_many_requests` when nothing is.
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
