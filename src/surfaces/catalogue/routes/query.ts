/** `/query` and `/query/count`. */
import { z } from "@hono/zod-openapi";
import { AppError } from "../../../model/error.ts";
import type { Query } from "../../../query/query.ts";
import { addRoute, type Api } from "../../../http/api.ts";
import { answerJson, pastKey } from "../../../http/answer.ts";
import { answer, BEARER, jsonBody, problems, READ_PROBLEMS } from "../../../http/describe.ts";
import type { AppVariables } from "../../../http/env.ts";
import { EXAMPLE_IMAGE } from "../examples.ts";
import { nextCursor, parseQuery, withCursor } from "../query.ts";
import { renderRows, renderSelected } from "../render.ts";
import { type QueryBody, QueryRequest, QueryResponse } from "../wire/request.ts";

const tags = ["query"];

const example = {
  payload_type: "image",
  filters: { modality: "CT", rows: { gte: 256 } },
  sort_by: "created_at",
  limit: 100,
};

/** Something unknown may only be new: registered through another isolate a moment ago. */
const mayBeNew = (error: unknown): boolean =>
  error instanceof AppError &&
  (error.code === "unknown_field" || error.code === "unknown_payload_type");

/** Parses a query; the payload types are read anew before something is called unknown. */
const parseFresh = async (
  variables: Pick<AppVariables, "store" | "principal">,
  body: QueryBody,
): Promise<Query> => {
  const { store, principal } = variables;
  const known = store.registry();
  try {
    return parseQuery(body, known);
  } catch (error) {
    if (!mayBeNew(error)) throw error;
    const fresh = await store.freshRegistry(principal);
    if (fresh.version === known.version) throw error;
    return parseQuery(body, fresh);
  }
};

const query = (api: Api): void =>
  addRoute(
    api,
    {
      method: "post",
      path: "/query",
      tags,
      security: BEARER,
      summary: "Query resources",
      description:
        "Filters, sorts and pages. Following `next_cursor` gives each resource of the first page's state exactly once, whatever is written meanwhile.",
      request: { body: jsonBody(QueryRequest, example) },
      responses: {
        ...answer(QueryResponse, "One page.", {
          results: [EXAMPLE_IMAGE],
          next_cursor: null,
          limit: 100,
        }),
        ...READ_PROBLEMS,
        ...problems(404),
      },
    },
    { body: QueryRequest },
    async (c, { body }) => {
      const { store, principal } = c.var;
      const key = await c.get("services").cursorKey();
      return answerJson(c, pastKey("query", body.as_of ?? body.cursor, body), async () => {
        const parsed = await withCursor(body, await parseFresh(c.var, body), key);
        const columns = body.select_columns ?? null;
        const children = columns === null || columns.includes("children");
        const found = await store.find(principal, parsed, { children });
        const results =
          columns === null ? renderRows(found.rows) : renderSelected(found.rows, columns);
        const next = JSON.stringify(await nextCursor(body, found, key));
        const limit = JSON.stringify(body.limit ?? null);
        return {
          text: `{"results":${results},"next_cursor":${next},"limit":${limit}}`,
          immutable: found.immutable,
        };
      });
    },
  );

const count = (api: Api): void =>
  addRoute(
    api,
    {
      method: "post",
      path: "/query/count",
      tags,
      security: BEARER,
      summary: "Count resources",
      description: "Counts what the same query would answer; pagination is ignored.",
      request: { body: jsonBody(QueryRequest, example) },
      responses: {
        ...answer(z.strictObject({ count: z.int().min(0) }), "The count.", { count: 42 }),
        ...READ_PROBLEMS,
        ...problems(404),
      },
    },
    { body: QueryRequest },
    async (c, { body }) => {
      const { store, principal } = c.var;
      return answerJson(c, pastKey("count", body.as_of, body), async () => {
        const parsed = await parseFresh(c.var, body);
        const { count: total, immutable } = await store.count(principal, parsed);
        return { text: JSON.stringify({ count: total }), immutable };
      });
    },
  );

/** Adds the routes. */
export const queryRoutes = (api: Api): void => {
  query(api);
  count(api);
};
