/** A request as the operations of this surface take it. */
import type { Context } from "hono";
import { routeOf } from "../../../http/context.ts";
import type { AppEnv } from "../../../http/env.ts";
import type { HarvestContext } from "../operations/context.ts";

/** The context of a request. */
export function contextOf(c: Context<AppEnv>): HarvestContext {
  const { store, principal, requestId, services, reason } = c.var;
  const { objects, config, now } = services;
  return {
    store,
    principal,
    objects,
    config,
    now,
    requestId,
    route: routeOf(c),
    ...(reason === undefined ? {} : { reason }),
  };
}
