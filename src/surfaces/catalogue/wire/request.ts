/** Requests and answers of the catalogue, as zod schemas: documentation and first check at once. */
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
} from "./resource.ts";

/** Body of `/resources/create`. Its elements are checked where their types are known, and counted there. */
export const CreateRequest = z
  .strictObject({ resources: z.array(NewResource).openapi({ maxItems: LIMITS.batchItemsMax }) })
  .openapi("CreateRequest");

/** Body of `/resources/read`. */
export const ReadRequest = z
  .strictObject({
    identifiers: z.array(z.string()).describe("Answered in this order, repeats included."),
    as_of: asOfBody,
    exclude_children: z.boolean().default(false).describe("Leave the member `children` out."),
  })
  .openapi("ReadRequest");

/** Body of `/resources/update`. What changes is checked where the types are known. */
export const UpdateRequest = z
  .strictObject({
    updates: jsonObject.openapi({ type: "object", additionalProperties: CHANGED_RESOURCE }),
  })
  .openapi("UpdateRequest");

/** Body of `/resources/delete`. */
export const DeleteRequest = z
  .strictObject({
    identifiers: z.array(z.string()),
    cascade: z.boolean().default(true).describe("Tombstone the live subtree as well."),
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
      .describe("Size of a page. With it or a cursor the answer is a page in an envelope."),
    cursor: z.string().nullish().describe("`next_cursor` of the page before."),
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
    from: versionOrInstant.describe("A version number or an instant."),
    to: versionOrInstant.describe("A version number or an instant."),
    as_of: asOfBody,
  })
  .openapi("DiffRequest");

/** The transaction that made a version. */
export const TransactionRecord = z
  .strictObject({
    id: z.int(),
    instant,
    principal: z.string().describe("Who wrote, e.g. `user:<id>`."),
    surface: z.string(),
    operation: z.string(),
    request_id: z.string().optional(),
    resources: z.int().optional().describe("How many resources it changed."),
    links: z.int().optional().describe("How many links between records it opened or closed."),
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

/** Answer of `/resources/history` with a limit or a cursor. */
export const HistoryPage = z
  .strictObject({
    results: z.array(HistoryVersion),
    next_cursor: z.string().nullable(),
    limit: z.int().nullable(),
  })
  .openapi("HistoryPage");

/** Answer of `/resources/diff`. */
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
    .describe("One payload type or several; absent: any."),
  filters: jsonObject.nullish().describe("Members are ANDed; see docs/query.md for the operators."),
  parent_identifier: z.string().nullish().describe("Only below this resource."),
  include_indirect_parents: z
    .boolean()
    .default(false)
    .describe("All descendants, not only children."),
  identifiers: z.array(z.string()).nullish().describe("Only these."),
  select_columns: z
    .array(z.string())
    .max(200)
    .nullish()
    .describe("Only these members, and identifier and payload_type."),
  sort_by: z
    .string()
    .default("created_at")
    .describe("A metadata column or payload field; null comes last."),
  sort_order: z.enum(["asc", "desc"]).default("desc"),
  cursor: z.string().nullish().describe("`next_cursor` of the page before."),
  limit: z.int().min(1).max(LIMITS.pageSizeMax).nullish(),
  as_of: asOfBody,
};

/** Body of `/query` and `/query/count`. */
export const QueryRequest = z.strictObject(queryShape).openapi("QueryRequest", {
  description: `Query over resources. Metadata columns: ${METADATA_COLUMNS.join(", ")}.`,
});

/** A checked query body. */
export type QueryBody = z.infer<typeof QueryRequest>;

/** Answer of `/query`. */
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
      }),
    ),
    next: z.string().describe("Value of `after` for the next call; always present, and opaque."),
    more: z.boolean().describe("False: the feed ends here for now."),
  })
  .openapi("ChangesResponse");
