/** Requests and responses about exports, as zod schemas. */
import { z } from "@hono/zod-openapi";
import { EXPORT_FORMATS } from "../../../query/export.ts";
import { QueryRequest } from "./request.ts";
import { instant } from "./resource.ts";

/** Body of `/exports`. */
export const ExportRequest = z
  .strictObject({
    query: QueryRequest.describe(
      "A query as in `POST /query`. Pagination is ignored, except `limit`.",
    ),
    format: z.enum(EXPORT_FORMATS).default("parquet").describe("The format of the file."),
  })
  .openapi("ExportRequest");

/** An export. */
export const ExportResponse = z
  .strictObject({
    id: z.string(),
    state: z
      .enum(["pending", "running", "succeeded", "failed", "expired"])
      .describe("The state of the export. `expired` means that the file was removed."),
    format: z.enum(EXPORT_FORMATS),
    as_of: instant.describe("The instant of the state that the file shows."),
    created_at: instant,
    finished_at: instant.nullable(),
    rows: z.int().nullable(),
    size_bytes: z.int().nullable(),
    fault: z.string().nullable().describe("The reason for which the export failed."),
    expires_at: instant.nullable().describe("The instant at which the server removes the file."),
    url: z
      .string()
      .nullable()
      .describe(
        "The URL of the file. It supports GET, HEAD and ranges, and it needs no token, so keep it out of logs.",
      ),
    url_expires_at: instant
      .nullable()
      .describe(
        "The instant at which this URL stops working. Request the export again to get a new URL.",
      ),
  })
  .openapi("ExportResponse");

/** See `ExportResponse`. */
export type ExportRead = z.infer<typeof ExportResponse>;

/** Path of an export. */
export const exportParams = z.strictObject({
  id: z
    .string()
    .regex(/^[0-9a-f-]{36}$/, "Expected the id of an export.")
    .describe("The id of the export."),
});

/** Query of an export's file. */
export const fileQuery = z.strictObject({
  expires: z
    .string()
    .regex(/^\d{1,12}$/, "Expected seconds since 1970.")
    .describe("The time at which the URL stops working, in seconds since 1970."),
  holder: z
    .string()
    .regex(/^(?:user|apk):[\w.-]{1,128}$/, "Expected the id of who got the address.")
    .describe(
      "The account or key that requested the URL. The URL works as long as the holder may read.",
    ),
  signature: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "Expected a signature.")
    .describe("The signature of the server over the other parts of the URL."),
});
