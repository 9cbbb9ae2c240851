/** What the doors have in common. */
import type { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { AppEnv } from "../../../http/env.ts";
import type { Accounts } from "../../../identity/accounts.ts";
import type { Principal } from "../../../identity/principal.ts";
import type { ProjectDoor } from "../../../identity/project.ts";
import type { Tokens } from "../../../identity/token.ts";
import { AppError } from "../../../model/error.ts";
import type { Administration } from "../../../store/index.ts";
import { Refusal } from "../wire/auth.ts";

/** What the doors stand on. */
export interface AccountsDeps {
  /** The account calls of one request. */
  readonly accounts: (context: Context<AppEnv>) => Accounts;
  /** The project's door, of one request. */
  readonly project: (context: Context<AppEnv>) => ProjectDoor;
  readonly tokens: Pick<Tokens, "issuePermission" | "publicPem">;
  /** The calls of admins, of one request. */
  readonly administration: (context: Context<AppEnv>) => Administration;
}

/** Tag of the operations. */
export const tags = ["accounts"];
/** Headers of answers that nobody may keep. */
export const noStore = { "cache-control": "no-store" };

/** A JSON answer or body in a description. */
export function json<Value>(schema: z.ZodType<Value>, description: string) {
  return { description, content: { "application/json": { schema } } };
}

/** Passes for users: keys and others have no account. @throws AppError `unauthenticated`. */
export const requireAccount = ({ kind }: Principal): void => {
  if (kind !== "user") throw new AppError("unauthenticated", "Log in with an account.");
};

/** Answers to those who came too often or too early. */
export const TRY_LATER = {
  429: json(
    Refusal,
    "The caller sent too many requests or failed attempts. The header Retry-After tells when to try again.",
  ),
  503: json(
    Refusal,
    "The service is temporarily unavailable. The header Retry-After tells when to try again.",
  ),
};
