/** A request as the operations of this surface take it. */
import type { Context } from "hono";
import type { AppEnv } from "../../../http/env.ts";
import type { Accounts } from "../../../identity/accounts.ts";
import type { ProjectAuth } from "../../../identity/project.ts";
import type { Administration } from "../../../store/index.ts";
import type { AccountsContext } from "../operations/context.ts";

/** The calls that this surface is made of; each request opens its own over the primary database. */
export interface AccountsDeps {
  /** The account calls of one request. */
  readonly accounts: (context: Context<AppEnv>) => Accounts;
  /** The key and user sessions of one request. */
  readonly project: (context: Context<AppEnv>) => ProjectAuth;
  readonly tokens: AccountsContext["tokens"];
  /** The admin calls of one request. */
  readonly administration: (context: Context<AppEnv>) => Administration;
}

/** The context of a request. */
export function contextOf(c: Context<AppEnv>, deps: AccountsDeps): AccountsContext {
  return {
    // A route without a security requirement has no principal and never reads one.
    principal: c.get("principal"),
    store: c.get("store"),
    accounts: () => deps.accounts(c),
    project: () => deps.project(c),
    administration: () => deps.administration(c),
    tokens: deps.tokens,
  };
}
