/** `/exports`: files made of a query, read by URL. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { addRoute, type Api } from "../../../http/api.ts";
import { writeContext } from "../../../http/context.ts";
import { BEARER, jsonBody, problems, idempotencyHeaders } from "../../../http/describe.ts";
import type { AppEnv } from "../../../http/env.ts";
import { parseRange } from "../../../http/range.ts";
import { readWithToken } from "../../../http/requirement.ts";
import type { ServedFile } from "../../../objects/objects.ts";
import type { ExportRecord } from "../../../store/index.ts";
import { renderExport } from "../language/exports.ts";
import {
  openFile,
  orderExport,
  readExport,
  signedFileOf,
  workOn,
  type ExportContext,
} from "../operations/exports.ts";
import { ExportRequest, exportParams, ExportResponse, fileQuery } from "../wire/exports.ts";

const tags = ["exports"];

const EXAMPLE = {
  id: "0199c4a0-0000-7000-8000-000000000000",
  state: "succeeded",
  format: "parquet",
  as_of: "2026-01-01T00:00:00.000000Z",
  created_at: "2026-01-01T00:00:01.000000Z",
  finished_at: "2026-01-01T00:00:03.000000Z",
  rows: 112_120,
  size_bytes: 2_345_678,
  fault: null,
  expires_at: "2026-01-08T00:00:03.000000Z",
  url: "https://data.example.org/exports/0199c4a0-0000-7000-8000-000000000000/file?expires=1767226503&holder=user%3A0199c4a0-0000-7000-8000-000000000001&signature=0",
  url_expires_at: "2026-01-01T00:15:03.000000Z",
};

const PENDING = {
  ...EXAMPLE,
  state: "pending",
  finished_at: null,
  rows: null,
  size_bytes: null,
  expires_at: null,
  url: null,
  url_expires_at: null,
};

const contextOf = (c: Context<AppEnv>): ExportContext => {
  const { store, principal, services } = c.var;
  const { objects, now, cursorKey } = services;
  return { store, principal, objects, now, signingKey: cursorKey };
};

const render = async (c: Context<AppEnv>, record: ExportRecord) =>
  renderExport(record, await signedFileOf(contextOf(c), record), new URL(c.req.url).origin);

const order = (api: Api): void =>
  addRoute(
    api,
    {
      method: "post",
      path: "/exports",
      tags,
      security: BEARER,
      summary: "Make a file of a query",
      description:
        "Starts to write all resources that the query finds into one Parquet, CSV or NDJSON file. The file shows the state at the time of the request and is kept for a week. The response comes at once; `GET /exports/{id}` returns the progress.",
      request: {
        headers: idempotencyHeaders,
        body: jsonBody(ExportRequest, {
          query: { payload_type: "image", filters: { modality: "CT" } },
          format: "parquet",
        }),
      },
      responses: {
        202: {
          description: "The export has started. `Location` contains its address.",
          content: { "application/json": { schema: ExportResponse, example: PENDING } },
        },
        ...problems(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
      },
    },
    { requires: readWithToken },
    async (c, { body, bytes }) => {
      const context = contextOf(c);
      const write = await writeContext(c, "catalogue", "export", bytes);
      const { record, replayed } = await orderExport(context, body, write);
      if (replayed) c.header("idempotency-replayed", "true");
      else c.executionCtx.waitUntil(workOn(context, record.id));
      c.header("location", `/exports/${record.id}`);
      return c.json(await render(c, record), 202);
    },
  );

const readOne = (api: Api): void =>
  addRoute(
    api,
    {
      method: "get",
      path: "/exports/{id}",
      tags,
      security: BEARER,
      summary: "How far an export is, and where its file is",
      description:
        "Returns the progress of an export, and the URL of its file. Callers see their own exports, admins all. A caller who may no longer see all of the rows gets 403. The `url` of a finished export works without a token for 15 minutes, as long as the account or key that requested it may read. It supports GET, HEAD and ranges, so that DuckDB, pandas and Spark can read it.",
      request: { params: exportParams },
      responses: {
        200: {
          description: "The export and its progress.",
          content: { "application/json": { schema: ExportResponse, example: EXAMPLE } },
        },
        ...problems(400, 401, 403, 404, 429, 503),
      },
    },
    { requires: "read" },
    async (c, { params }) => c.json(await render(c, await readExport(contextOf(c), params.id))),
  );

const partOf = (c: Context<AppEnv>, { sizeBytes, etag }: ServedFile) => {
  const condition = c.req.header("if-range");
  const range = condition === undefined || condition === etag ? c.req.header("range") : undefined;
  try {
    return parseRange(range, sizeBytes);
  } catch (error) {
    c.header("content-range", `bytes */${sizeBytes}`);
    throw error;
  }
};

const sendFile = async (c: Context<AppEnv>, file: ServedFile): Promise<Response> => {
  const { sizeBytes, etag, headers } = file;
  for (const [name, value] of headers) c.header(name, value);
  c.header("etag", etag);
  c.header("accept-ranges", "bytes");
  if (c.req.header("if-none-match") === etag) return c.body(null, 304);
  const part = partOf(c, file);
  const length = part === null ? sizeBytes : part.last - part.first + 1;
  c.header("content-length", String(length));
  if (part !== null) c.header("content-range", `bytes ${part.first}-${part.last}/${sizeBytes}`);
  const body = c.req.raw.method === "HEAD" ? null : await file.body(part);
  return new Response(body, { status: part === null ? 200 : 206, headers: c.res.headers });
};

const binary = (example: string) => ({
  schema: z.string().openapi({ format: "binary" }),
  example,
});

const FILES = {
  "application/vnd.apache.parquet": binary("PAR1..."),
  "text/csv": binary("identifier,payload_type\r\n"),
  "application/x-ndjson": binary('{"identifier":"demo/image-1","payload_type":"image"}\n'),
};

const file = (api: Api): void =>
  addRoute(
    api,
    {
      method: "get",
      path: "/exports/{id}/file",
      tags,
      security: [],
      summary: "The file of an export",
      description:
        "Returns the file of an export. The signed URL from `GET /exports/{id}` replaces the token. The route supports HEAD, `Range` and `If-None-Match`.",
      request: { params: exportParams, query: fileQuery },
      responses: {
        200: { description: "The content of the file.", content: FILES },
        206: { description: "The requested range of the file.", content: FILES },
        304: {
          description:
            "The file has not changed: the entity tag in If-None-Match is still current.",
        },
        ...problems(400, 404, 416, 429, 503),
      },
    },
    { requires: null },
    async (c, { params: { id }, query }) => {
      const address = { ...query, id, expires: Number(query.expires) };
      return sendFile(c, await openFile(contextOf(c), address));
    },
  );

/** Adds the routes. */
export function exportRoutes(api: Api): void {
  order(api);
  readOne(api);
  file(api);
}
