/** `/changes` and `/transactions/{id}`. */
import { z } from "@hono/zod-openapi";
import { LIMITS } from "../../../model/limits.ts";
import { addRoute, type Api } from "../../../http/api.ts";
import { answer, BEARER, NOT_MODIFIED, problems } from "../../../http/describe.ts";
import { tagOf } from "../../../http/entity-tag.ts";
import { readPosition, sealPosition } from "../language/feed-position.ts";
import { parseAsOf } from "../language/parse.ts";
import { renderFeed, renderTransaction } from "../language/render.ts";
import { followChanges } from "../operations/changes.ts";
import { ChangesResponse, TransactionRecord } from "../wire/request.ts";
import { asOfQuery } from "../wire/resource.ts";

const tags = ["changes"];

const whole = (most: number) => z.coerce.number().int().min(0).max(most);

const changesQuery = asOfQuery.extend({
  after: z
    .string()
    .default("0")
    .describe(
      "The `next` of the previous page, or the number of the transaction to continue after. Without it the feed starts at the beginning.",
    ),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(LIMITS.changesPageMax)
    .default(1_000)
    .describe("The maximum number of changes on a page."),
  wait: whole(LIMITS.changesWaitSecondsMax)
    .default(0)
    .describe("The number of seconds to wait for a change, at most 30."),
});

const changes = (api: Api): void =>
  addRoute(
    api,
    {
      method: "get",
      path: "/changes",
      tags,
      security: BEARER,
      summary: "Follow the changes",
      description:
        "Returns new versions of resources in the order of their commit, for incremental synchronization. Continue with `after` set to `next`, an opaque position. `more` is false when there are no further changes yet; the last page may be empty. `wait` makes the call a long poll. The feed does not contain links between records.",
      request: { query: changesQuery },
      responses: {
        ...answer(ChangesResponse, "A page of the feed.", {
          changes: [
            {
              transaction: 1,
              instant: "2026-01-01T00:00:00.000000Z",
              identifier: "demo/image-1",
              payload_type: "image",
              version: 1,
              operation: "create",
            },
          ],
          next: "m1Yd0lC3oGk1nJb4rZrQm8vW5tP2xS7uA9eF6hK0yL3jT8wN1cB4dG5qV2",
          more: false,
        }),
        ...NOT_MODIFIED,
        ...problems(400, 401, 403, 429, 503),
      },
    },
    { requires: "read" },
    async (c, { query }) => {
      const key = await c.get("services").opaqueKey();
      const feed = await followChanges(c.var, {
        after: await readPosition(key, query.after),
        limit: query.limit,
        waitSeconds: query.wait,
        asOf: parseAsOf(query.as_of),
      });
      const body = renderFeed(feed);
      // `next` is a different string each time, but a caller that has these changes may continue
      // from its own `next`, so the tag covers only the changes.
      c.header("etag", `W/${tagOf(JSON.stringify(body))}`);
      return c.json({ ...body, next: await sealPosition(key, feed.next) });
    },
  );

const transactionParams = z.strictObject({
  id: z
    .string()
    .regex(/^[1-9]\d{0,14}$/, "Expected a transaction number.")
    .describe("The number of the transaction."),
});

const transaction = (api: Api): void =>
  addRoute(
    api,
    {
      method: "get",
      path: "/transactions/{id}",
      tags,
      security: BEARER,
      summary: "Read the audit record of a transaction",
      description:
        "Returns who wrote a transaction and when. It counts only resources and links that the caller may see; a transaction without any of these gives 404.",
      request: { params: transactionParams, query: asOfQuery },
      responses: {
        ...answer(TransactionRecord, "The record of the transaction.", {
          id: 1,
          instant: "2026-01-01T00:00:00.000000Z",
          principal: "user:0199c4a0-0000-7000-8000-000000000000",
          surface: "catalogue",
          operation: "create",
          request_id: "0199c4a0-0000-7000-8000-000000000001",
          resources: 1,
          links: 0,
        }),
        ...NOT_MODIFIED,
        ...problems(400, 401, 403, 404, 429, 503),
      },
    },
    { requires: "read" },
    async (c, { params, query }) => {
      const { store, principal } = c.var;
      const record = await store.transaction(principal, Number(params.id), parseAsOf(query.as_of));
      return c.json({
        ...renderTransaction(record),
        request_id: record.requestId,
        resources: record.resources,
        links: record.links,
      });
    },
  );

/** Adds the routes. */
export function changeRoutes(api: Api): void {
  changes(api);
  transaction(api);
}
