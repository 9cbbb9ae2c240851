import type { Context } from "hono";
import type { AppEnv } from "../../../http/env.ts";

/**
 * The token where clients of the original service put it: in a header of its own, or in the
 * address.
 */
export function presentedToken(c: Context<AppEnv>): string | undefined {
  return c.req.header("auth-token") ?? c.req.query("jwt");
}
