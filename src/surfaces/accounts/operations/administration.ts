/**
 * What admins do with accounts, API keys and policies. Every call throws `forbidden` for other
 * callers.
 */
import type { PolicyAction } from "../../../identity/principal.ts";
import { createSecret, digestOf } from "../../../identity/secret.ts";
import type { User } from "../../../identity/user.ts";
import { createUuid } from "../../../identity/uuid.ts";
import type { Administration, ApiKey, Policy } from "../../../store/index.ts";
import type { AccountsContext } from "./context.ts";

/** Which elements of a list to return: at most so many, after the one with an id. */
export interface Page {
  readonly limit: number;
  readonly after?: string;
}

/** What an admin changes in an account; absent members stay as they are. */
export type UserChange = Parameters<Administration["changeUser"]>[2];

/** Which actions a subject may take, and on which payload types. */
export interface Permit {
  readonly payloadTypes: readonly string[];
  readonly actions: readonly PolicyAction[];
  /** True: only with resources that the subject owns. */
  readonly ownerOnly: boolean;
}

/** A page of all accounts, in the order of their ids. */
export function listUsers(
  { administration, principal }: AccountsContext,
  page: Page,
): Promise<readonly User[]> {
  return administration().users(principal, page);
}

/** A page of all API keys, in the order of their ids. */
export function listKeys(
  { administration, principal }: AccountsContext,
  page: Page,
): Promise<readonly ApiKey[]> {
  return administration().keys(principal, page);
}

/** A page of all policies, in the order of their ids. */
export function listPolicies(
  { administration, principal }: AccountsContext,
  page: Page,
): Promise<readonly Policy[]> {
  return administration().policies(principal, page);
}

/** An account. @throws AppError `not_found`. */
export function readUser(
  { administration, principal }: AccountsContext,
  id: string,
): Promise<User> {
  return administration().user(principal, id);
}

/**
 * Changes the role of an account, or closes or opens it. Both act on the account's next request.
 *
 * @throws AppError `not_found`; `invalid_value` for the caller's own account.
 */
export function changeUser(
  { administration, principal }: AccountsContext,
  id: string,
  change: UserChange,
): Promise<User> {
  return administration().changeUser(principal, id, change);
}

/** Removes an account and its sessions. @throws AppError as `changeUser`. */
export function removeUser(
  { administration, principal }: AccountsContext,
  id: string,
): Promise<void> {
  return administration().removeUser(principal, id);
}

/** Removes an API key and revokes its tokens at once. @throws AppError `not_found`. */
export function removeKey(
  { administration, principal }: AccountsContext,
  id: string,
): Promise<void> {
  return administration().removeKey(principal, id);
}

/** Ends a policy. @throws AppError `not_found`. */
export function removePolicy(
  { administration, principal }: AccountsContext,
  id: string,
): Promise<void> {
  return administration().removePolicy(principal, id);
}

/**
 * Adds an API key with policies of its own. Returns its secret, which nobody can read again: the
 * store keeps only a digest.
 */
export async function createKey(
  { administration, principal }: AccountsContext,
  {
    description,
    permits,
  }: { readonly description: string | null; readonly permits: readonly Permit[] },
): Promise<{ readonly id: string; readonly secret: string }> {
  const id = createUuid();
  const secret = createSecret();
  const policies = permits.map((permit): Policy => ({
    id: createUuid(),
    description: null,
    subjects: [`apk:${id}`],
    ...permit,
  }));
  const key = { id, secretDigest: digestOf(secret), description, policies };
  await administration().createKey(principal, key);
  return { id, secret };
}

/** Adds a policy. Its subjects are stored sorted and without duplicates. */
export async function createPolicy(
  { administration, principal }: AccountsContext,
  { subjects, ...members }: Omit<Policy, "id">,
): Promise<Policy> {
  const sorted = [...new Set(subjects)].toSorted();
  const policy: Policy = { id: createUuid(), ...members, subjects: sorted };
  await administration().createPolicy(principal, policy);
  return policy;
}
