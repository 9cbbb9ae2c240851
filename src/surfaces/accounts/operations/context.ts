/** What the operations of this surface stand on. */
import type { Accounts } from "../../../identity/accounts.ts";
import type { Principal } from "../../../identity/principal.ts";
import type { ProjectAuth } from "../../../identity/project.ts";
import type { Tokens } from "../../../identity/token.ts";
import { AppError } from "../../../model/error.ts";
import type { Administration, Store } from "../../../store/index.ts";

/** For whom something is done, and with what. */
export interface AccountsContext {
  readonly principal: Principal;
  readonly store: Pick<Store, "authState" | "memberships">;
  /** The account calls; each call of this function opens a session on the primary database. */
  readonly accounts: () => Accounts;
  /** The sessions of keys and users; it opens a session too. */
  readonly project: () => ProjectAuth;
  /** The calls of admins; it opens a session too. */
  readonly administration: () => Administration;
  readonly tokens: Pick<Tokens, "issuePermission" | "publicPem">;
}

/** Passes for users: keys and others have no account. @throws AppError `unauthenticated`. */
export function requireAccount({ kind }: Principal): void {
  if (kind !== "user") throw new AppError("unauthenticated", "Log in with an account.");
}
