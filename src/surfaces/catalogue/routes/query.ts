/** `/query`, `/query/count`, `/query/explain` and `/query/parquet`. */
import { z } from "@hono/zod-openapi";
import { addRoute, type Api } from "../../../http/api.ts";
import { answerJson, pastKey } from "../../../http/answer.ts";
import { answer, BEARER, jsonBody, problems, READ_PROBLEMS } from "../../../http/describe.ts";
import { EXAMPLE_IMAGE } from "../wire/examples.ts";
import { parquetOf } from "../operations/parquet.ts";
import { parseFresh } from "../operations/parse-query.ts";
import { nextCursor, withCursor } from "../language/query.ts";
import { renderExplained } from "../language/explain.ts";
import { ExplainResponse } from "../wire/indexes.ts";
import { renderRows, renderSelected } from "../language/render.ts";
import { QueryRequest, QueryResponse } from "../wire/request.ts";

const tags = ["query"];

const example = {
  payload_type: "image",
  filters: { modality: "CT", rows: { gte: 256 } },
  sort_by: "created_at",
  limit: 100,
};

const EXPLAIN_EXAMPLE = {
  payload_type: "image",
  filters: { body_part_examined: "HAND" },
  limit: 100,
};

const EXPLAINED_EXAMPLE = {
  explanation:
    "The index resources_type reads the resources in the order of creation and tests each of them. The page reads 19806 rows of the database for 100 resources. An index on body_part_examined would serve the filter by body_part_examined: about 747 rows.",
  indexes: [{ name: "resources_type", use: "creation" as const, payload_type: null, field: null }],
  sorted: false,
  tested: false,
  rows_read: 19_806,
  rows_returned: 100,
  advice: [
    {
      field: "body_part_examined",
      helps: "filter" as const,
      rows_expected: 747,
      method: "PUT" as const,
      path: "/schemas/image/indexes",
      body: { fields: ["modality", "body_part_examined"] },
    },
  ],
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

const explain = (api: Api): void =>
  addRoute(
    api,
    {
      method: "post",
      path: "/query/explain",
      tags,
      security: BEARER,
      summary: "Explain what a query goes by",
      description:
        "Tells which indexes the first page of the query goes by, in words and in data. Admins are also told how many rows of the database it reads, and which further index would make it cheaper, with the call that makes that index. An advice is only given where it was worked out on the stored resources that the page would read at most half as much. Nothing of the resources themselves is returned.",
      request: { body: jsonBody(QueryRequest, EXPLAIN_EXAMPLE) },
      responses: {
        ...answer(ExplainResponse, "What the query goes by.", EXPLAINED_EXAMPLE),
        ...READ_PROBLEMS,
        ...problems(404),
      },
    },
    { requires: "read" },
    async (c, { body }) => {
      const { store, principal } = c.var;
      // An index that became ready a moment ago is told of, though this isolate has not used it yet.
      await store.freshRegistry(principal);
      const parsed = await parseFresh(c.var, body);
      const explained = await store.explainPage(principal, parsed);
      return c.json(renderExplained(explained, parsed.payloadTypes[0] ?? ""));
    },
  );

/** Adds the routes. */
export function queryRoutes(api: Api): void {
  query(api);
  count(api);
  explain(api);
  parquet(api);
}
