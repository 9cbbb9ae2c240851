/** `/admin/materialized-views/refresh` and `/admin/transactions`. */
import { z } from "@hono/zod-openapi";
import { addRoute, addRouteByParts, type Api } from "../../../http/api.ts";
import { receiveOptionalJson } from "../../../http/body.ts";
import { answer, BEARER, problems } from "../../../http/describe.ts";
import { LIMITS } from "../../../model/limits.ts";
import { parsePosition, POSITION, renderAudit, renderRefresh } from "../language/audit.ts";
import { parseAsOf } from "../language/parse.ts";
import { RefreshRequest } from "../wire/statistics.ts";
import { AuditResponse } from "../wire/grant.ts";
import { asOfQuery } from "../wire/resource.ts";

const tags = ["admin"];

const EXAMPLE =
  "Recomputed 261046 resources in 8041 ms: up to date with transaction 1742. 0 rows differed.";

const refresh = (api: Api): void =>
  addRouteByParts(
    api,
    {
      method: "post",
      path: "/admin/materialized-views/refresh",
      tags,
      security: BEARER,
      summary: "Bring counts and statistics up to date now",
      description:
        "Brings the closure of the tree, the counts and the statistics up to date with the last transaction, as the Cron Trigger does every few minutes. With `full` all of them are recomputed beside those that are read, compared with them, and replace them; the message says how many rows differed, and 0 is expected. Results of reads never depend on it; it only makes them faster. Admins only.",
      request: {
        body: {
          required: false,
          description: "What to do. Without a body, what has changed is brought in.",
          content: { "application/json": { schema: RefreshRequest, example: { full: true } } },
        },
      },
      responses: {
        ...answer(
          z.strictObject({ message: z.string() }),
          "A message that tells what was computed.",
          {
            message: EXAMPLE,
          },
        ),
        ...problems(400, 401, 403, 413, 429, 503),
      },
    },
    { requires: "administer" },
    async (c, parts) => {
      const started = Date.now();
      const { body } = await parts.body(receiveOptionalJson);
      const isFull = body.full === true;
      const rollup = await c.get("store").refreshRollups(c.get("principal"), isFull);
      return c.json({ message: renderRefresh(rollup, isFull, Date.now() - started) });
    },
  );

const auditQuery = asOfQuery.extend({
  after: z
    .string()
    .regex(POSITION, "Expected the `next` of a page.")
    .optional()
    .describe("The `next` of the previous page. Without it the response is the first page."),
  order: z
    .enum(["desc", "asc"])
    .default("desc")
    .describe("The order: `desc` starts with the newest record, `asc` with the oldest."),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(LIMITS.pageSizeMax)
    .default(LIMITS.pageSizeDefault)
    .describe("The maximum number of records on a page."),
});

const audit = (api: Api): void =>
  addRoute(
    api,
    {
      method: "get",
      path: "/admin/transactions",
      tags,
      security: BEARER,
      summary: "Page through the audit",
      description:
        "Returns the audit log: every write, every read that showed a restricted resource, every access to an object of a restricted resource, and every change of accounts, keys and policies. Admins only.",
      request: { query: auditQuery },
      responses: {
        ...answer(AuditResponse, "A page of the audit log.", {
          transactions: [
            {
              transaction: 1,
              instant: "2026-01-01T00:00:00.000000Z",
              principal: "user:0199c4a0-0000-7000-8000-000000000000",
              surface: "catalogue",
              operation: "create",
              route: "POST /resources/create",
              request_id: "0199c4a0-0000-7000-8000-000000000001",
              resources: 1,
            },
          ],
          next: null,
        }),
        ...problems(400, 401, 403, 429, 503),
      },
    },
    { requires: "administer" },
    async (c, { query }) => {
      const { store, principal } = c.var;
      const page = await store.audit(principal, {
        order: query.order,
        limit: query.limit,
        asOf: parseAsOf(query.as_of),
        ...(query.after === undefined ? {} : { after: parsePosition(query.after) }),
      });
      return c.json(renderAudit(page));
    },
  );

/** Adds the routes. */
export function adminRoutes(api: Api): void {
  refresh(api);
  audit(api);
}
