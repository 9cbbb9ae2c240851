/** Shapes of the project's endpoints on the wire. */
import { z } from "@hono/zod-openapi";

/** An API key with its secret. Other members are ignored. */
const KeySignIn = z
  .object({
    method: z.literal("apk"),
    key: z.string().max(256).openapi({ example: "0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10" }),
    secret: z.string().max(1_024).openapi({ format: "password", example: "5f0c...e1" }),
  })
  .openapi("KeySignIn");

/** A user with a password. Other members are ignored. */
const UserSignIn = z
  .object({
    method: z.literal("ums"),
    email: z.string().max(1_024).openapi({ example: "ada@clinic.org" }),
    password: z.string().openapi({ format: "password", example: "a long pass phrase" }),
  })
  .openapi("UserSignIn");

/** Body of `POST /auth`. */
export const SignIn = z.discriminatedUnion("method", [KeySignIn, UserSignIn]).openapi("SignIn", {
  example: { method: "apk", key: "0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10", secret: "5f0c...e1" },
});

/** Body of `POST /auth/refresh`. Other members are ignored. */
export const Refresh = z
  .object({ refresh_token: z.string().openapi({ example: "9b2d...07" }) })
  .openapi("Refresh", { example: { refresh_token: "9b2d...07" } });

/** The tokens with which a client continues. */
export const TokenPairRead = z
  .object({ access_token: z.string(), refresh_token: z.string() })
  .openapi("TokenPair", {
    example: { access_token: "eyJhbGciOi...", refresh_token: "9b2d...07" },
  });

/** An error: always a list, of which clients read the first element. */
export const ProjectErrorBody = z
  .array(z.object({ request_id: z.uuid(), message: z.string() }))
  .openapi("ProjectRefusal", {
    example: [
      {
        request_id: "8718e346-7eed-400e-ae00-d6d184e925aa",
        message: "The credentials are wrong, expired or void.",
      },
    ],
  });
