/** Shapes of grants and of the audit on the wire. */
import { z } from "@hono/zod-openapi";
import { LIMITS } from "../../../model/limits.ts";
import { isIdentifier } from "../../../model/identifier.ts";
import { GRANTEE_TYPES } from "../../../model/transaction.ts";
import { answeredReason, reasonMember } from "./resource.ts";

const identifier = (meaning: string) =>
  z
    .string()
    .refine(isIdentifier, "Expected an identifier.")
    .meta({ minLength: 1, maxLength: LIMITS.identifierLengthMax, description: meaning });

/** Access of one grantee to a resource. */
export const GrantMember = z
  .strictObject({
    identifier: identifier(
      "The restricted resource that the grant opens, with everything below it.",
    ),
    grantee_type: z.enum(GRANTEE_TYPES).describe("The kind of the grantee."),
    grantee_id: identifier(
      "The id of the user, group, project or API key, without a prefix for its kind.",
    ),
  })
  .openapi("Grant");

/** Body that gives or revokes access. */
export const GrantsRequest = z
  .strictObject({ grants: z.array(GrantMember), reason: reasonMember })
  .openapi("GrantsRequest");

/** One record of the audit. */
const AuditRecord = z
  .strictObject({
    transaction: z
      .int()
      .nullable()
      .describe("The number of the transaction. Null for entries that are not writes."),
    instant: z.string(),
    principal: z.string(),
    surface: z.string(),
    operation: z.string(),
    route: z.string().describe("The method and the path pattern of the route."),
    request_id: z.string(),
    resources: z.int(),
    reason: answeredReason,
    identifiers: z
      .array(z.string())
      .optional()
      .describe("The restricted resources that name the objects, for entries about object access."),
  })
  .openapi("AuditRecord");

/** A page of the audit. */
export const AuditResponse = z
  .strictObject({
    transactions: z.array(AuditRecord),
    next: z
      .string()
      .nullable()
      .describe("The value of `after` for the next page. Null on the last page."),
  })
  .openapi("AuditResponse");
