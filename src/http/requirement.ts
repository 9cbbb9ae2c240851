/**
 * What the caller of a route has to be allowed. Who is allowed nothing of the kind is told so and nothing
 * else: neither what is wrong with the request nor whether something exists. The store asks again, and
 * more exactly, in the call that does the work; so this costs a request that goes well nothing.
 */
import type { Context } from "hono";
import { authorizeSome, maySome } from "../identity/policy.ts";
import type { Action, Principal } from "../identity/principal.ts";
import { AppError } from "../model/error.ts";
import type { AppEnv } from "./env.ts";

/**
 * An action on some resource at least, or one of several; a function that throws for whom the route is
 * not; null: a good token is enough, or the route is for everybody.
 */
export type Requirement = Action | readonly [Action, Action] | ((caller: Principal) => void) | null;

/** For who may read something by a token of its own: nothing is kept for the anonymous. */
export function readWithToken(caller: Principal): void {
  return authorizeSome(caller, "read");
}

/** Refusals that say nothing of the request or of what is stored. */
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

/** Passes for whom the route is, as the database says now. @throws AppError as `authorizeSome`. */
const confirm = async (c: Context<AppEnv>, requires: Exclude<Requirement, null>): Promise<void> => {
  const caller = await c.get("store").authState(c.get("principal"));
  if (typeof requires === "function") return requires(caller);
  const anonymousAccess = { publicRead: c.get("services").config.publicRead };
  const [action, other] = typeof requires === "string" ? [requires, requires] : requires;
  if (!maySome(caller, other, anonymousAccess)) authorizeSome(caller, action, anonymousAccess);
};

/**
 * Runs a route. A refusal that would tell its caller something stands only for whom the route is.
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
