/** `/admin/materialized-views/refresh`. */
import { z } from "@hono/zod-openapi";
import { addRoute, type Api } from "../../../http/api.ts";
import { answer, BEARER, problems } from "../../../http/describe.ts";
import type { Settled } from "../../../store/settled/settle.ts";

const tags = ["admin"];

const EXAMPLE = "Settled 260123 resources in 8041 ms: true up to transaction 1742.";

const messageOf = ({ transaction, resources, isComplete }: Settled, millis: number): string =>
  isComplete
    ? `Settled ${resources} resources in ${millis} ms: true up to transaction ${transaction}.`
    : `Not yet settled after ${millis} ms: true up to transaction ${transaction}. Call again to go on.`;

/** Adds the route. */
export const adminRoutes = (api: Api): void =>
  addRoute(
    api,
    {
      method: "post",
      path: "/admin/materialized-views/refresh",
      tags,
      security: BEARER,
      summary: "Settle counts and statistics now",
      description:
        "Does what the Cron Trigger does every few minutes: works out counts and statistics as of the last transaction. Reads never depend on it; they only get faster. Admins only.",
      responses: {
        ...answer(z.strictObject({ message: z.string() }), "What was settled.", {
          message: EXAMPLE,
        }),
        ...problems(400, 401, 403, 429, 503),
      },
    },
    {},
    async (c) => {
      const started = Date.now();
      const settled = await c.get("store").settle(c.get("principal"));
      return c.json({ message: messageOf(settled, Date.now() - started) });
    },
  );
