/** Shapes of permission tokens on the wire. */
import { z } from "@hono/zod-openapi";

/** A permission token, and what it says. */
export const PermissionRead = z
  .object({
    token: z.string(),
    userid: z.string(),
    permissions: z.object({ max_dataset_num: z.int() }),
    service: z.literal("source"),
  })
  .openapi("PermissionToken");

/** The service that a token is requested for. */
export const authorizeQuery = z.strictObject({
  service: z.literal("source").describe("The service for which the token is issued."),
  jwt: z
    .string()
    .optional()
    .describe(
      "The caller's own token, for clients that cannot send headers. Use the header where possible.",
    ),
});
