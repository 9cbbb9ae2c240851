/** `/query`, `/query/count` and `/query/parquet`. */
import { z } from "@hono/zod-openapi";
import { addRoute, type Api } from "../../../http/api.ts";
import { answerJson, pastKey } from "../../../http/answer.ts";
import { answer, BEARER, jsonBody, problems, READ_PROBLEMS } from "../../../http/describe.ts";
import { EXAMPLE_IMAGE } from "../wire/examples.ts";
import { parquetOf } from "../operations/parquet.ts";
import { parseFresh } from "../operations/parse-query.ts";
import { nextCursor, withCursor } from "../language/query.ts";
import { renderRows, renderSelected } from "../language/render.ts";
import { QueryRequest, QueryResponse } from "../wire/request.ts";

const tags = ["query"];

const example = {
  payload_type: "image",
  filters: { modality: "CT", rows: { gte: 256 } },
  sort_by: "created_at",
  limit: 100,
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
        "Filters, sorts and pages resources. All pages show the state of the first one: following `next_cursor` returns each resource exactly once, whatever is written in the meantime.",
      request: { body: jsonBody(QueryRequest, example) },
      responses: {
        ...answer(QueryResponse, "One page of resources.", {
          results: [EXAMPLE_IMAGE],
          next_cursor: null,
          limit: 100,
        }),
        ...READ_PROBLEMS,
        ...problems(404),
      },
    },
    { requires: "read" },
    async (c, { body }) => {
      const { store, principal } = c.var;
      const key = await c.get("services").opaqueKey();
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
      description: "Counts the resources that the same query finds. Pagination is ignored.",
      request: { body: jsonBody(QueryRequest, example) },
      responses: {
        ...answer(z.strictObject({ count: z.int().min(0) }), "The number of resources.", {
          count: 42,
        }),
        ...READ_PROBLEMS,
        ...problems(404),
      },
    },
    { requires: "read" },
    async (c, { body }) => {
      const { store, principal } = c.var;
      return answerJson(c, pastKey("count", body.as_of, body), async () => {
        const parsed = await parseFresh(c.var, body);
        const { count: total, immutable } = await store.count(principal, parsed);
        return { text: JSON.stringify({ count: total }), immutable };
      });
    },
  );

const parquet = (api: Api): void =>
  addRoute(
    api,
    {
      method: "post",
      path: "/query/parquet",
      tags,
      security: BEARER,
      summary: "Query resources as a Parquet file",
      description:
        "Streams all resources that the query finds as one Parquet file. The payload types define the types of the columns; the file is compressed with Snappy and shows one state, whatever is written in the meantime. Pagination is ignored, except `limit`. An interrupted response has no footer and is not a valid Parquet file. The metadata of the file contain `query`, `as_of`, `schema_version` and `license_summary`.",
      request: { body: jsonBody(QueryRequest, { ...example, limit: null }) },
      responses: {
        200: {
          description: "The content of the file.",
          content: {
            "application/octet-stream": {
              schema: z.string().openapi({ format: "binary" }),
              example: "PAR1...",
            },
          },
        },
        ...READ_PROBLEMS,
        ...problems(404),
      },
    },
    { requires: "read" },
    async (c, { body }) => {
      const { name, stream } = await parquetOf(c.var, body);
      c.header("content-type", "application/octet-stream");
      c.header("content-disposition", `attachment; filename="${name}"`);
      return c.body(stream);
    },
  );

/** Adds the routes. */
export function queryRoutes(api: Api): void {
  query(api);
  count(api);
  parquet(api);
}
