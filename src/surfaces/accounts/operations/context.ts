/** What the operations of this surface need. */
import type { Accounts } from "../../../identity/accounts.ts";
import type { Principal } from "../../../identity/principal.ts";
import type { ProjectAuth } from "../../../identity/project.ts";
import type { Tokens } from "../../../identity/token.ts";
import { AppError } from "../../../model/error.ts";
import type { Administration, Store } from "../../../store/index.ts";

/** The caller, and the services that an operation uses. */
export interface AccountsContext {
  readonly principal: Principal;
  readonly store: Pick<Store, "authState" | "memberships">;
  /**
   * Opens the account calls; each call of this function opens a session on the primary database.
   */
  readonly accounts: () => Accounts;
  /** Opens the sessions of keys and users; opens a database session as well. */
  readonly project: () => ProjectAuth;
  /** Opens the admin calls; opens a database session as well. */
  readonly administration: () => Administration;
  readonly tokens: Pick<Tokens, "issuePermission" | "publicPem">;
}

/**
 * Accepts users only: keys and other principals have no account. @throws AppError
 * `unauthenticated`.
 */
export function requireAccount({ kind }: Principal): void {
  if (kind !== "user") throw new AppError("unauthenticated", "Log in with an account.");
}
