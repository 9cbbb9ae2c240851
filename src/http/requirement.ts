/**
 * The permission that the caller of a route needs. A caller without it learns only that: neither
 * what is wrong with the request nor whether something exists. The check runs after an error,
 * because the store checks again, more precisely, in the call that does the work; so it costs a
 * successful request nothing.
 */
import type { Context } from "hono";
import { authorizeSome, maySome } from "../identity/policy.ts";
import type { Action, Principal } from "../identity/principal.ts";
import { AppError } from "../model/error.ts";
import type { AppEnv } from "./env.ts";

/**
 * An action on at least one resource, or one of several; a function that throws for callers without
 * permission; null: a valid token is enough, or the route is public.
 */
export type Requirement = Action | readonly [Action, Action] | ((caller: Principal) => void) | null;

/**
 * For callers who can read something with a token of their own: nothing is stored for anonymous
 * callers.
 */
export function readWithToken(caller: Principal): void {
  return authorizeSome(caller, "read");
}

/** Errors that reveal nothing about the request or the stored data. */
const SILENT: readonly unknown[] = [
  "unauthenticated",
  "forbidden",
  "too_many_requests",
  "unavailable",
  "internal",
];

const SILENT_STATUSES: readonly number[] = [401, 403, 429];

const tells = (error: unknown): boolean =>
  !(error instanceof AppError && SILENT.includes(error.code));

const refuses = ({ status }: Response): boolean =>
  status >= 400 && status < 500 && !SILENT_STATUSES.includes(status);

/**
 * Accepts callers with the permission, as the database has it now. @throws AppError as
 * `authorizeSome`.
 */
const confirm = async (c: Context<AppEnv>, requires: Exclude<Requirement, null>): Promise<void> => {
  const caller = await c.get("store").authState(c.get("principal"));
  if (typeof requires === "function") return requires(caller);
  const anonymousAccess = { publicRead: c.get("services").config.publicRead };
  const [action, other] = typeof requires === "string" ? [requires, requires] : requires;
  if (!maySome(caller, other, anonymousAccess)) authorizeSome(caller, action, anonymousAccess);
};

/**
 * Runs a route. An error that reveals something is reported only to callers with permission.
 *
 * @throws AppError `forbidden` or `unauthenticated` for others, and what the route throws.
 */
export async function runFor(
  c: Context<AppEnv>,
  requires: Requirement,
  run: () => Promise<Response> | Response,
): Promise<Response> {
  if (requires === null) return run();
  try {
    const response = await run();
    if (refuses(response)) await confirm(c, requires);
    return response;
  } catch (error) {
    if (tells(error)) await confirm(c, requires);
    throw error;
  }
}
