/** A request as the operations of this surface take it. */
import type { Context } from "hono";
import type { AppEnv } from "../../../http/env.ts";
import type { Accounts } from "../../../identity/accounts.ts";
import type { ProjectAuth } from "../../../identity/project.ts";
import type { Administration } from "../../../store/index.ts";
import type { AccountsContext } from "../operations/context.ts";

/** What the surface is made of: calls over the primary database, for each request its own. */
export interface AccountsDeps {
  /** The account calls of one request. */
  readonly accounts: (context: Context<AppEnv>) => Accounts;
  /** The sessions of keys and users, of one request. */
  readonly project: (context: Context<AppEnv>) => ProjectAuth;
  readonly tokens: AccountsContext["tokens"];
  /** The calls of admins, of one request. */
  readonly administration: (context: Context<AppEnv>) => Administration;
}

/** The context of a request. */
export function contextOf(c: Context<AppEnv>, deps: AccountsDeps): AccountsContext {
  return {
    // A route without a security requirement has none, and asks for none.
    principal: c.get("principal"),
    store: c.get("store"),
    accounts: () => deps.accounts(c),
    project: () => deps.project(c),
    administration: () => deps.administration(c),
    tokens: deps.tokens,
  };
}
