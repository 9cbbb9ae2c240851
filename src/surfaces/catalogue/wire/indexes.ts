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
          field: z.string().describe("The field."),
          declared: z
            .boolean()
            .describe("True if the payload type declares the index, false if an admin added it."),
          state: z
            .enum(["building", "ready"])
            .describe("Queries use an index that is `ready`. Until then they give the same results."),
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
