/** Requests and answers about exports, as zod schemas. */
import { z } from "@hono/zod-openapi";
import { EXPORT_FORMATS } from "../../../query/export.ts";
import { QueryRequest } from "./request.ts";
import { instant } from "./resource.ts";

/** Body of `/exports`. */
export const ExportRequest = z
  .strictObject({
    query: QueryRequest.describe("As for `/query`; pagination is ignored unless `limit` is given."),
    format: z.enum(EXPORT_FORMATS).default("parquet"),
  })
  .openapi("ExportRequest");

/** An export. */
export const ExportResponse = z
  .strictObject({
    id: z.string(),
    state: z
      .enum(["pending", "running", "succeeded", "failed", "expired"])
      .describe("`expired`: the file was removed."),
    format: z.enum(EXPORT_FORMATS),
    as_of: instant.describe("The instant of the state that the file shows."),
    created_at: instant,
    finished_at: instant.nullable(),
    rows: z.int().nullable(),
    size_bytes: z.int().nullable(),
    fault: z.string().nullable().describe("Why it failed."),
    expires_at: instant.nullable().describe("When the file is removed."),
    url: z
      .string()
      .nullable()
      .describe(
        "Where the file is, for GET and HEAD, with ranges; it needs no token: keep it out of logs.",
      ),
    url_expires_at: instant.nullable().describe("When this URL stops working; ask again for more."),
  })
  .openapi("ExportResponse");

/** Path of an export. */
export const exportParams = z.strictObject({
  id: z
    .string()
    .regex(/^[0-9a-f-]{36}$/, "Expected the id of an export.")
    .describe("Id of an export."),
});

/** Query of an export's file. */
export const fileQuery = z.strictObject({
  expires: z
    .string()
    .regex(/^\d{1,12}$/, "Expected seconds since 1970.")
    .describe("When the address stops working, in seconds since 1970."),
  holder: z
    .string()
    .regex(/^(?:user|apk):[\w.-]{1,128}$/, "Expected the id of who got the address.")
    .describe("Who got the address: it works as long as that account or key may read."),
  signature: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "Expected a signature.")
    .describe("What shows that the server gave the address out."),
});
