/** Shapes of the admins' endpoints on the wire. */
import { z } from "@hono/zod-openapi";
import { POLICY_ACTIONS, ROLES } from "../../../identity/principal.ts";
import { isUuid } from "../../../identity/uuid.ts";
import { LIMITS } from "../../../model/limits.ts";

const UUID = "0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10";
const SUBJECT =
  /^(?:(?:apk|user):[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|role:(?:admin|editor|user))$/;
const DESCRIPTION_LENGTH_MAX = 1_000;

const description = z
  .string()
  .max(DESCRIPTION_LENGTH_MAX)
  .refine((text) => text.isWellFormed() && !text.includes("\u0000"), "Expected well-formed text.");

const payloadTypes = z
  .array(z.string().regex(/^(?:\*|[a-z][a-z0-9_]{0,63})$/, "Expected a payload type, or *."))
  .min(1)
  .max(LIMITS.policyListMax)
  .refine((types) => types.length === 1 || !types.includes("*"), "Expected * alone, or names.")
  .describe("The payload types that the policy applies to, or a single `*` for all of them.");

const allowed = {
  payload_types: payloadTypes,
  actions: z.array(z.enum(POLICY_ACTIONS)).min(1).max(POLICY_ACTIONS.length),
  owner_only: z
    .boolean()
    .default(false)
    .describe(
      "True limits the policy to resources that its subject owns, which are those that it created.",
    ),
};

/** A new policy. */
export const PolicyCreate = z
  .strictObject({
    description: description.optional(),
    subjects: z
      .array(z.string().regex(SUBJECT, "Expected apk:<key>, user:<id> or role:<role>."))
      .min(1)
      .max(LIMITS.policyListMax),
    ...allowed,
  })
  .openapi("PolicyCreate");

/** A policy. */
export const PolicyRead = z
  .strictObject({
    id: z.uuid(),
    description: z.string().nullable(),
    subjects: z.array(z.string()),
    payload_types: z.array(z.string()),
    actions: z.array(z.enum(POLICY_ACTIONS)),
    owner_only: z.boolean(),
  })
  .openapi("Policy");

/** An example of a policy. */
export const POLICY_EXAMPLE = {
  id: UUID,
  description: "The scanner writes what it makes",
  subjects: [`apk:${UUID}`],
  payload_types: ["image", "series"],
  actions: ["create" as const, "read" as const],
  owner_only: false,
};

/** A new API key. */
export const KeyCreate = z
  .strictObject({
    description: description.optional(),
    policies: z
      .array(z.strictObject(allowed))
      .max(LIMITS.keyPoliciesMax)
      .default([])
      .describe("What the key may do. A key without policies may do nothing."),
  })
  .openapi("ApiKeyCreate");

/** A new API key with its secret, which is returned only once. */
export const KeyCreated = z
  .strictObject({
    id: z.uuid(),
    key: z.uuid().describe("The public part of the key. It equals `id`."),
    secret: z
      .string()
      .describe("The secret. It is shown only once, because the server stores a digest of it."),
  })
  .openapi("ApiKeyCreated");

/** An API key. */
export const KeyRead = z
  .strictObject({
    id: z.uuid(),
    key: z.uuid(),
    description: z.string().nullable(),
    created_at: z.string(),
    created_by: z.string(),
  })
  .openapi("ApiKey");

/** An account as admins see it. */
export const AccountRead = z
  .strictObject({
    id: z.uuid(),
    email: z.string(),
    role: z.enum(ROLES),
    is_active: z.boolean(),
    created_at: z.string(),
    last_login_at: z.string().nullable(),
  })
  .openapi("Account");

/** An example of an account. */
export const ACCOUNT_EXAMPLE = {
  id: UUID,
  email: "ada@clinic.org",
  role: "editor" as const,
  is_active: true,
  created_at: "2026-01-01T00:00:00.000000Z",
  last_login_at: null,
};

/** An example of an API key. */
export const KEY_EXAMPLE = {
  id: UUID,
  key: UUID,
  description: "Scanner 3",
  created_at: "2026-01-01T00:00:00.000000Z",
  created_by: `user:${UUID}`,
};

/** What an admin changes in an account. */
export const AccountUpdate = z
  .strictObject({ role: z.enum(ROLES).optional(), is_active: z.boolean().optional() })
  .openapi("AccountUpdate", { example: { role: "editor" } });

/** Path parameters: an account, a key or a policy. */
export const IdPath = z.strictObject({
  id: z
    .string()
    .refine(isUuid, "Expected a UUID.")
    .describe("The id of the account, key or policy, a UUID."),
});

/** Query parameters of a page. */
export const listQuery = z.strictObject({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(LIMITS.adminPageMax)
    .default(LIMITS.adminPageMax)
    .describe("The size of a page."),
  after: z
    .string()
    .refine(isUuid, "Expected the id of the last element of the page before.")
    .optional()
    .describe("The last id of the previous page."),
});
