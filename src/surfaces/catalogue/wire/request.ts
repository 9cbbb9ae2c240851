/** Requests and responses of the catalogue, as zod schemas: they document and validate. */
import { z } from "@hono/zod-openapi";
import { LIMITS } from "../../../model/limits.ts";
import { METADATA_COLUMNS } from "../../../query/path.ts";
import {
  answered,
  AnyResponse,
  CHANGED_RESOURCE,
  asOfBody,
  identifier,
  instant,
  jsonObject,
  NewResource,
  SelectedResponse,
  answeredReason,
  reasonMember,
} from "./resource.ts";

/** Body of `/resources/create`. Its elements are checked and counted once their types are known. */
export const CreateRequest = z
  .strictObject({
    resources: z.array(NewResource).openapi({ maxItems: LIMITS.batchItemsMax }),
    reason: reasonMember,
  })
  .openapi("CreateRequest");

/** Body of `/resources/read`. */
export const ReadRequest = z
  .strictObject({
    identifiers: z
      .array(z.string())
      .describe("The identifiers. The response has the same order and repeats repeated ones."),
    as_of: asOfBody,
    exclude_children: z.boolean().default(false).describe("True leaves out the member `children`."),
  })
  .openapi("ReadRequest");

/** Body of `/resources/update`. The changes are checked once the types are known. */
export const UpdateRequest = z
  .strictObject({
    updates: jsonObject.openapi({ type: "object", additionalProperties: CHANGED_RESOURCE }),
    reason: reasonMember,
  })
  .openapi("UpdateRequest");

/** Body of `/resources/delete`. */
export const DeleteRequest = z
  .strictObject({
    identifiers: z.array(z.string()),
    cascade: z
      .boolean()
      .default(true)
      .describe("True also turns all live resources below into tombstones."),
    reason: reasonMember,
  })
  .openapi("DeleteRequest");

/** Body of `/resources/history`. */
export const HistoryRequest = z
  .strictObject({
    identifier: z.string(),
    limit: z
      .int()
      .min(1)
      .max(LIMITS.pageSizeMax)
      .nullish()
      .describe(
        "The size of a page. With a limit or a cursor the response is an object with one page.",
      ),
    cursor: z.string().nullish().describe("The `next_cursor` of the previous page."),
    as_of: asOfBody,
  })
  .openapi("HistoryRequest");

/** A checked body of `/resources/history`. */
export type HistoryBody = z.infer<typeof HistoryRequest>;

const versionOrInstant = z.union([z.int().min(1), z.string()]);

/** Body of `/resources/diff`. */
export const DiffRequest = z
  .strictObject({
    identifier: z.string(),
    from: versionOrInstant.describe("A version number, or an RFC 3339 instant."),
    to: versionOrInstant.describe("A version number, or an RFC 3339 instant."),
    as_of: asOfBody,
  })
  .openapi("DiffRequest");

/** The transaction that created a version. */
export const TransactionRecord = z
  .strictObject({
    id: z.int(),
    instant,
    principal: z.string().describe("The principal that wrote it, e.g. `user:<id>`."),
    surface: z.string(),
    operation: z.string(),
    reason: answeredReason,
    request_id: z.string().optional(),
    resources: z.int().optional().describe("The number of resources that the transaction changed."),
    links: z
      .int()
      .optional()
      .describe("The number of links between records that the transaction opened or closed."),
  })
  .openapi("TransactionRecord");

/** One version of a resource's history. */
export const HistoryVersion = z
  .looseObject({
    ...answered,
    payload_type: z.string(),
    is_deleted: z.boolean(),
    transaction: TransactionRecord,
  })
  .openapi("HistoryVersion");

/** Response of `/resources/history` with a limit or a cursor. */
export const HistoryPage = z
  .strictObject({
    results: z.array(HistoryVersion),
    next_cursor: z.string().nullable(),
    limit: z.int().nullable(),
  })
  .openapi("HistoryPage");

/** Response of `/resources/diff`. */
export const DiffResponse = z
  .strictObject({
    identifier,
    from: z.int(),
    to: z.int(),
    changes: z.array(z.strictObject({ path: z.string(), before: z.unknown(), after: z.unknown() })),
  })
  .openapi("DiffResponse");

const queryShape = {
  payload_type: z
    .union([z.string(), z.array(z.string()).max(100)])
    .nullish()
    .describe("One payload type or several. Without it the query covers all types."),
  filters: jsonObject
    .nullish()
    .describe(
      "Conditions by field; a resource must satisfy all of them. docs/query.md lists the operators.",
    ),
  parent_identifier: z
    .string()
    .nullish()
    .describe("Limits the query to the children of this resource."),
  include_indirect_parents: z
    .boolean()
    .default(false)
    .describe("True includes all descendants of `parent_identifier`, not only its children."),
  identifiers: z.array(z.string()).nullish().describe("Limits the query to these identifiers."),
  select_columns: z
    .array(z.string())
    .max(200)
    .nullish()
    .describe("The members that the response contains, beside `identifier` and `payload_type`."),
  sort_by: z
    .string()
    .default("created_at")
    .describe("The metadata column or payload field to sort by. Null values come last."),
  sort_order: z
    .enum(["asc", "desc"])
    .default("desc")
    .describe("The direction of the order. Null values come last in both."),
  cursor: z.string().nullish().describe("The `next_cursor` of the previous page."),
  limit: z.int().min(1).max(LIMITS.pageSizeMax).nullish(),
  as_of: asOfBody,
};

/** Body of `/query` and `/query/count`. */
export const QueryRequest = z.strictObject(queryShape).openapi("QueryRequest", {
  description: `A query over resources. It can filter and sort by these metadata columns: ${METADATA_COLUMNS.join(", ")}.`,
});

/** A checked query body. */
export type QueryBody = z.infer<typeof QueryRequest>;

/** Response of `/query`. */
export const QueryResponse = z
  .strictObject({
    results: z.array(z.union([AnyResponse, SelectedResponse])),
    next_cursor: z.string().nullable(),
    limit: z.int().nullable(),
  })
  .openapi("QueryResponse");

/** One change of the feed. */
export const ChangesResponse = z
  .strictObject({
    changes: z.array(
      z.strictObject({
        transaction: z.int(),
        instant,
        identifier,
        payload_type: z.string(),
        version: z.int(),
        operation: z.enum(["create", "update", "delete"]),
        reason: answeredReason,
      }),
    ),
    next: z
      .string()
      .describe("The value of `after` for the next call. It is opaque and always present."),
    more: z.boolean().describe("False means that there are no further changes yet."),
  })
  .openapi("ChangesResponse");
