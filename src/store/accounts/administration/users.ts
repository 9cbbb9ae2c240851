/** Reading, changing and removing accounts, for admins. */
import { asc, eq, gt } from "drizzle-orm";
import { subjectOf, type Principal, type Role } from "../../../identity/principal.ts";
import type { User } from "../../../identity/user.ts";
import { AppError } from "../../../model/error.ts";
import { endSessions } from "../sessions.ts";
import { built, db } from "../../sql/builder.ts";
import { columnsOf } from "../../sql/columns.ts";
import { raw } from "../../sql/template.ts";
import { users } from "../../tables/core.ts";
import { userOf } from "../users.ts";
import { writeAsAdmin, readAsAdmin, notFound, type AdminContext, type Page } from "./as-admin.ts";
import { forgetSubject } from "./policies.ts";

/** What an admin changes in an account; absent members stay as they are. */
export interface UserChange {
  readonly role?: Role;
  readonly isActive?: boolean;
}

/** A page of all accounts. */
export async function listUsers(
  context: AdminContext,
  principal: Principal,
  { after = "", limit }: Page,
): Promise<readonly User[]> {
  const page = db.select().from(users).where(gt(users.id, after)).orderBy(asc(users.id));
  const { rows } = await readAsAdmin(context, principal, built(page.limit(limit)));
  return rows.map(userOf);
}

/** One account. @throws AppError `not_found`. */
export async function readUser(
  context: AdminContext,
  principal: Principal,
  id: string,
): Promise<User> {
  const statement = built(db.select().from(users).where(eq(users.id, id)));
  const { rows } = await readAsAdmin(context, principal, statement);
  const [row] = rows;
  if (row === undefined) throw notFound("User");
  return userOf(row);
}

const refuseSelf = (principal: Principal, id: string, what: string): void => {
  if (principal.kind !== "user" || subjectOf(principal) !== id) return;
  throw new AppError("invalid_value", `You cannot ${what} your own account.`, {
    details: [
      { path: "id", code: "invalid_value", detail: "Expected another account than yours." },
    ],
  });
};

/**
 * Changes the role or the activity of an account; both take effect with its next request.
 *
 * @throws AppError `not_found`; `invalid_value` for the caller's own account, so that the last admin
 *   cannot lock itself out.
 */
export async function changeUser(
  context: AdminContext,
  principal: Principal,
  id: string,
  { role, isActive }: UserChange,
): Promise<User> {
  const { caller } = await readAsAdmin(context, principal, raw("SELECT 1"));
  refuseSelf(caller, id, "change role or activity of");
  const change = {
    role: role ?? users.role,
    is_active: isActive === undefined ? users.is_active : Number(isActive),
  };
  const [row] = await writeAsAdmin(context, caller, "change user", [
    built(db.update(users).set(change).where(eq(users.id, id)).returning()),
    ...(isActive === false ? [endSessions(`user:${id}`)] : []),
  ]);
  if (row === undefined) throw notFound("User");
  return userOf(row);
}

/**
 * Removes an account, its sessions and the policies that have no other subject. The resources that it
 * owns and its audit records stay.
 *
 * @throws AppError as `changeUser`.
 */
export async function removeUser(
  context: AdminContext,
  principal: Principal,
  id: string,
): Promise<void> {
  const { caller } = await readAsAdmin(context, principal, raw("SELECT 1"));
  refuseSelf(caller, id, "delete");
  const removed = await writeAsAdmin(context, caller, "delete user", [
    built(db.delete(users).where(eq(users.id, id)).returning(columnsOf(users, "id"))),
    endSessions(`user:${id}`),
    ...forgetSubject(`user:${id}`),
  ]);
  if (removed.length === 0) throw notFound("User");
}
