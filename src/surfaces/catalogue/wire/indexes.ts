/** Bodies about the indexes of a payload type and about what a query goes by, as zod schemas. */
import { z } from "@hono/zod-openapi";
import { SCHEMA_BOUNDS } from "../../../schema/bounds.ts";
import { reasonMember } from "./resource.ts";

/** Body of `PUT /schemas/{payload_type}/indexes`. */
export const IndexesRequest = z
  .strictObject({
    fields: z
      .array(z.string())
      .describe(
        `All fields that are to be indexed, at most ${SCHEMA_BOUNDS.indexesMax}: what is not named loses its index.`,
      ),
    reason: reasonMember,
  })
  .openapi("IndexesRequest");

/** The indexed fields of a payload type. */
export const IndexesResponse = z
  .strictObject({
    payload_type: z.string().describe("The name of the payload type."),
    indexes: z
      .array(
        z.strictObject({
          field: z.string().describe("The name of the field."),
          declared: z
            .boolean()
            .describe("True if the payload type declares the index, false if an admin added it."),
          state: z
            .enum(["building", "ready"])
            .describe(
              "Queries use an index that is `ready`. Until then they give the same results.",
            ),
          progress: z
            .number()
            .min(0)
            .max(1)
            .describe("The part of the resources that are in the index."),
        }),
      )
      .describe("The indexes, those that the payload type declares first."),
    limit: z.int().describe("The maximum number of indexed fields of a payload type."),
  })
  .openapi("IndexesResponse");

/** The indexed fields of a payload type, as they are answered. */
export type Indexes = z.infer<typeof IndexesResponse>;

/** Response of `/query/explain`. */
export const ExplainResponse = z
  .strictObject({
    explanation: z.string().describe("What the query goes by and what would help, in words."),
    indexes: z
      .array(
        z.strictObject({
          name: z.string().describe("The name of the index in the database."),
          use: z
            .enum([
              "value",
              "order",
              "creation",
              "identifier",
              "parent",
              "owner",
              "unique",
              "history",
            ])
            .describe(
              "What it serves: a `value` of a field, the `order` or a range of a field, the order of `creation`, an `identifier`, a `parent`, an `owner`, `unique` fields, or the `history` of a past state.",
            ),
          payload_type: z
            .string()
            .nullable()
            .describe("The payload type, for the index of a field."),
          field: z.string().nullable().describe("The name of the field."),
        }),
      )
      .describe("The indexes that the first page of the query goes by."),
    sorted: z.boolean().describe("True if all rows that are found are sorted."),
    tested: z
      .boolean()
      .describe("True if a part of the filters is tested row by row outside of the database."),
    rows_read: z
      .int()
      .nullable()
      .describe(
        "The rows of the database that the page reads. Null for callers other than admins.",
      ),
    rows_returned: z
      .int()
      .nullable()
      .describe("The resources on the page. Null for callers other than admins."),
    advice: z
      .array(
        z.strictObject({
          field: z.string().describe("The field whose index would help."),
          helps: z.enum(["filter", "sort"]).describe("Which part of the query it would serve."),
          rows_expected: z.int().describe("The rows that the page would read with it, about."),
          method: z.literal("PUT").describe("The method of the call that makes the index."),
          path: z.string().describe("The path of the call that makes the index."),
          body: z
            .strictObject({
              fields: z.array(z.string()).describe("All fields that are indexed then."),
            })
            .describe("The body of that call."),
        }),
      )
      .describe(
        "The calls of which one would make the page cheaper, the best first. Empty where none would, and for callers other than admins.",
      ),
  })
  .openapi("ExplainResponse");

/** An explanation, as it is answered. */
export type Explanation = z.infer<typeof ExplainResponse>;
