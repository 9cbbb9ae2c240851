/** How this surface writes. */
import type { Context } from "hono";
import { routeOf } from "../../http/context.ts";
import type { AppEnv } from "../../http/env.ts";
import type { Receipt, WriteContext } from "../../model/transaction.ts";
import type { Decision } from "../../store/write/decision.ts";

/** What a write of this surface is called. */
const contextOf = (c: Context<AppEnv>, operation: string): WriteContext => ({
  surface: "harvest",
  operation,
  requestId: c.get("requestId"),
  route: routeOf(c),
});

/** Writes by a decision. */
export const decide = (
  c: Context<AppEnv>,
  operation: string,
  decision: Decision,
): Promise<Receipt> =>
  c.get("store").write(c.get("principal"), { context: contextOf(c, operation), decision });
