/** Shapes of the account endpoints on the wire, as clients of the fastapi-users library know them. */
import { z } from "@hono/zod-openapi";
import { PASSWORD_LENGTH_MIN } from "../../../identity/password.ts";
import { ROLES } from "../../../identity/principal.ts";
import { isUuid } from "../../../identity/uuid.ts";
import { InvalidMember } from "../../../schema/invalid-member.ts";

/** The message for a missing member. */
export const MISSING = "Field required";

const text = (): z.ZodString =>
  z.string({
    error: ({ input }) => (input === undefined ? MISSING : "Input should be a valid string"),
  });

const EMAIL = "ada@clinic.org";
const PASSWORD = "a long pass phrase";

/** Body of a registration. Other members, such as a role, are ignored. */
export const RegisterBody = z
  .object({
    email: text().openapi({ format: "email", example: EMAIL }),
    password: text().openapi({
      format: "password",
      minLength: PASSWORD_LENGTH_MIN,
      example: PASSWORD,
    }),
  })
  .openapi("Registration");

/** Form of a login; the member names are those of OAuth 2.0 (RFC 6749, section 4.3.2). */
export const LoginForm = z
  .object({
    username: text().openapi({ description: "The e-mail address of the account.", example: EMAIL }),
    password: text().openapi({ format: "password", example: PASSWORD }),
  })
  .openapi("Login");

/** What a caller may change in the own account. Other members, such as a role, are ignored. */
export const SelfUpdate = z
  .object({
    email: text().optional().openapi({ format: "email", example: EMAIL }),
    password: text()
      .optional()
      .openapi({ format: "password", minLength: PASSWORD_LENGTH_MIN, example: PASSWORD }),
  })
  .openapi("OwnUserUpdate", { example: { email: EMAIL } });

/** What an admin may change in an account. Other members are ignored. */
export const UserUpdate = z
  .object({ role: z.enum(ROLES).optional(), is_active: z.boolean().optional() })
  .openapi("UserUpdate", { example: { role: "editor" } });

/** Path parameter: an account. */
export const UserPath = z.object({
  id: z.string().refine(isUuid, "Input should be a valid UUID").openapi({
    description: "The id of the account, a UUID.",
    format: "uuid",
    example: "0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10",
  }),
});

/** An account, without its credentials. */
export const UserRead = z
  .object({
    id: z.uuid(),
    email: z.string(),
    is_active: z.boolean(),
    is_superuser: z.boolean().openapi({ description: "True for accounts with the role `admin`." }),
    is_verified: z.boolean().openapi({ description: "Always false: addresses are not verified." }),
    role: z.enum(ROLES),
  })
  .openapi("UserRead", {
    example: {
      id: "0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10",
      email: EMAIL,
      is_active: true,
      is_superuser: false,
      is_verified: false,
      role: "user",
    },
  });

const Belonging = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
});

/** An account with the groups and projects that it belongs to. */
export const OwnUserRead = UserRead.extend({
  groups: z.array(Belonging),
  projects: z.array(Belonging),
}).openapi("OwnUserRead", {
  example: {
    id: "0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d11",
    email: "ada@clinic.org",
    is_active: true,
    is_superuser: false,
    is_verified: false,
    role: "user",
    groups: [{ id: "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de017", name: "Radiology", description: null }],
    projects: [],
  },
});

/** A new access token. */
export const TokenRead = z
  .object({ access_token: z.string(), token_type: z.literal("bearer") })
  .openapi("Token", { example: { access_token: "eyJhbGciOi...", token_type: "bearer" } });

/** The public keys of our tokens (RFC 7517, section 5). */
export const KeySet = z
  .object({
    keys: z.array(
      z.object({
        kty: z.literal("RSA"),
        use: z.literal("sig"),
        alg: z.literal("RS256"),
        kid: z.string(),
        n: z.string(),
        e: z.string(),
      }),
    ),
  })
  .openapi("KeySet", {
    example: {
      keys: [
        { kty: "RSA", use: "sig", alg: "RS256", kid: "2026-11", n: "u1SU1LfVLPH...", e: "AQAB" },
      ],
    },
  });

/** An error as one string. */
export const ErrorBody = z
  .object({ detail: z.string() })
  .openapi("AccountRefusal", { example: { detail: "Unauthorized" } });

/** A validation error, member by member. It does not repeat what was sent. */
export const ValidationErrorBody = z
  .object({ detail: z.array(InvalidMember) })
  .openapi("AccountValidationRefusal", {
    example: { detail: [{ type: "missing", loc: ["body", "email"], msg: "Field required" }] },
  });

/** See `UserRead`. */
export type UserReadShape = z.infer<typeof UserRead>;

/** See `ErrorBody`. */
export type ErrorBodyShape = z.infer<typeof ErrorBody>;

/** See `ValidationErrorBody`. */
export type ValidationErrorBodyShape = z.infer<typeof ValidationErrorBody>;
