/** Shapes of grants and of the audit on the wire. */
import { z } from "@hono/zod-openapi";
import { LIMITS } from "../../../model/limits.ts";
import { isIdentifier } from "../../../model/identifier.ts";
import { GRANTEE_TYPES } from "../../../model/transaction.ts";

const identifier = (meaning: string) =>
  z
    .string()
    .refine(isIdentifier, "Expected an identifier.")
    .meta({ minLength: 1, maxLength: LIMITS.identifierLengthMax, description: meaning });

/** Access of one grantee to a resource. */
export const GrantMember = z
  .strictObject({
    identifier: identifier("The restricted resource that is opened, with what lies below it."),
    grantee_type: z.enum(GRANTEE_TYPES).describe("Kind of the grantee."),
    grantee_id: identifier("Id of the user, group, project or API key, without its kind."),
  })
  .openapi("Grant");

/** Body that gives access or takes it back. */
export const GrantsRequest = z
  .strictObject({ grants: z.array(GrantMember) })
  .openapi("GrantsRequest");

/** One line of the audit. */
const AuditRecord = z
  .strictObject({
    transaction: z.int().nullable().describe("Of a write; null for everything else."),
    instant: z.string(),
    principal: z.string(),
    surface: z.string(),
    operation: z.string(),
    route: z.string().describe("Method and pattern of the route."),
    request_id: z.string(),
    resources: z.int(),
    identifiers: z
      .array(z.string())
      .optional()
      .describe("Where objects were given out: the restricted resources that name them."),
  })
  .openapi("AuditRecord");

/** A page of the audit. */
export const AuditResponse = z
  .strictObject({
    transactions: z.array(AuditRecord),
    next: z.string().nullable().describe("Send it as `after`; null on the last page."),
  })
  .openapi("AuditResponse");
