/** Calls on the caller's own account: register, log in, read and change it, log out. */
import type { Credentials } from "../../../identity/accounts.ts";
import type { PublicKey } from "../../../identity/signing-key.ts";
import type { User } from "../../../identity/user.ts";
import { AppError } from "../../../model/error.ts";
import type { AccountsContext } from "./context.ts";

/**
 * Adds an account with the role `user`.
 *
 * @param authorization the Authorization header: an admin's token where registration is closed.
 * @throws AppError as `Accounts.register`.
 */
export function register(
  { accounts }: AccountsContext,
  authorization: string | undefined,
  credentials: Credentials,
): Promise<User> {
  return accounts().register(authorization, credentials);
}

/** An access token; undefined when the address or the password is wrong or the user inactive. */
export function login(
  { accounts }: AccountsContext,
  credentials: Credentials,
): Promise<string | undefined> {
  return accounts().login(credentials);
}

/** The caller's account as it is now. @throws AppError `unauthenticated`. */
export function readSelf({ accounts, principal }: AccountsContext): Promise<User> {
  return accounts().self(principal);
}

/**
 * Changes the caller's account; undefined when another account uses the address.
 *
 * @throws AppError as `Accounts.changeSelf`, but for `already_exists`.
 */
export async function changeSelf(
  { accounts, principal }: AccountsContext,
  change: Partial<Credentials>,
): Promise<User | undefined> {
  try {
    return await accounts().changeSelf(principal, change);
  } catch (error) {
    if (error instanceof AppError && error.code === "already_exists") return undefined;
    throw error;
  }
}

/** Revokes all tokens of the caller; for an API key, those of the session. */
export function logout({ accounts, principal }: AccountsContext): Promise<void> {
  return accounts().logout(principal);
}

/** The public keys that verify our tokens. */
export function publicKeys({ accounts }: AccountsContext): { readonly keys: readonly PublicKey[] } {
  return accounts().jwks();
}

/** A group or project as its members see it. */
export interface Belonging {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
}

/** An account with its groups and projects. */
export interface OwnMemberships {
  readonly user: User;
  readonly groups: readonly Belonging[];
  readonly projects: readonly Belonging[];
}

/** The caller's account with its groups and projects. @throws AppError `unauthenticated`. */
export async function readMemberships(context: AccountsContext): Promise<OwnMemberships> {
  const user = await readSelf(context);
  const all = await context.store.memberships(context.principal);
  const of = (kind: "group" | "project"): readonly Belonging[] =>
    all
      .filter((each) => each.kind === kind)
      .map(({ id, name, description }) => ({ id, name, description }));
  return { user, groups: of("group"), projects: of("project") };
}
