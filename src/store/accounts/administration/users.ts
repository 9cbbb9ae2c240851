/** Accounts as admins see and change them. */
import { subjectOf, type Principal, type Role } from "../../../identity/principal.ts";
import type { User } from "../../../identity/user.ts";
import { AppError } from "../../../model/error.ts";
import { endSessions } from "../sessions.ts";
import { raw, sql } from "../../sql/template.ts";
import { USER_COLUMNS, userOf } from "../users.ts";
import { act, ask, notFound, type Administering, type Page } from "./act.ts";
import { forgetSubject } from "./policies.ts";

/** What an admin changes in an account; absent members stay as they are. */
export interface UserChange {
  readonly role?: Role;
  readonly isActive?: boolean;
}

/** A page of all accounts. */
export const listUsers = async (
  administering: Administering,
  principal: Principal,
  { after = "", limit }: Page,
): Promise<readonly User[]> => {
  const { rows } = await ask(
    administering,
    principal,
    sql`SELECT ${USER_COLUMNS} FROM users WHERE id > ${after} ORDER BY id LIMIT CAST(${limit} AS INTEGER)`,
  );
  return rows.map(userOf);
};

/** One account. @throws AppError `not_found`. */
export const readUser = async (
  administering: Administering,
  principal: Principal,
  id: string,
): Promise<User> => {
  const statement = sql`SELECT ${USER_COLUMNS} FROM users WHERE id = ${id}`;
  const { rows } = await ask(administering, principal, statement);
  const [row] = rows;
  if (row === undefined) throw notFound("User");
  return userOf(row);
};

const refuseSelf = (principal: Principal, id: string, what: string): void => {
  if (principal.kind !== "user" || subjectOf(principal) !== id) return;
  throw new AppError("invalid_value", `You cannot ${what} your own account.`, {
    details: [
      { path: "id", code: "invalid_value", detail: "Expected another account than yours." },
    ],
  });
};

/**
 * Changes the role or the activity of an account; both act on its next request.
 *
 * @throws AppError `not_found`; `invalid_value` for one's own account, so that no admin locks out the
 *   last one.
 */
export const changeUser = async (
  administering: Administering,
  principal: Principal,
  id: string,
  { role, isActive }: UserChange,
): Promise<User> => {
  const { caller } = await ask(administering, principal, raw("SELECT 1"));
  refuseSelf(caller, id, "change role or activity of");
  const active = isActive === undefined ? null : Number(isActive);
  const [row] = await act(administering, caller, "change user", [
    sql`UPDATE users SET role = coalesce(${role ?? null}, role),
      is_active = coalesce(CAST(${active} AS INTEGER), is_active)
      WHERE id = ${id} RETURNING ${USER_COLUMNS}`,
    ...(isActive === false ? [endSessions(`user:${id}`)] : []),
  ]);
  if (row === undefined) throw notFound("User");
  return userOf(row);
};

/**
 * Removes an account, its sessions and the policies that are for it alone. What it owns stays, and
 * so does what the audit says of it.
 *
 * @throws AppError as `changeUser`.
 */
export const removeUser = async (
  administering: Administering,
  principal: Principal,
  id: string,
): Promise<void> => {
  const { caller } = await ask(administering, principal, raw("SELECT 1"));
  refuseSelf(caller, id, "delete");
  const removed = await act(administering, caller, "delete user", [
    sql`DELETE FROM users WHERE id = ${id} RETURNING id`,
    endSessions(`user:${id}`),
    ...forgetSubject(`user:${id}`),
  ]);
  if (removed.length === 0) throw notFound("User");
};
