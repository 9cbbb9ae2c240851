/** The accounts' table. Its rows have no history and are in no answer of the catalogue. */
import { ANONYMOUS, subjectOf, type Principal, type Role } from "../../identity/principal.ts";
import type { LoginRecord, SelfChange, User, UserDirectory } from "../../identity/user.ts";
import type { InstantMicros } from "../../model/time.ts";
import { recordChange, recordEvent, type Trail } from "../audit/audit.ts";
import type { DatabaseRow, Session } from "../sql/session.ts";
import { endSessions } from "./sessions.ts";
import { raw, sql, type Sql } from "../sql/template.ts";

/** The part of a session that these functions use. */
export type UserSession = Pick<Session, "batch">;

/** The columns of an account. */
export const USER_COLUMNS = raw(
  "id, email, email_folded, password_hash, role, is_active, token_version, created_at, last_login_at",
);

/** An account from its row. */
export const userOf = (row: DatabaseRow): User => ({
  id: String(row["id"]),
  email: String(row["email"]),
  emailFolded: String(row["email_folded"]),
  passwordHash: String(row["password_hash"]),
  role: row["role"] as Role,
  isActive: row["is_active"] === 1,
  tokenVersion: Number(row["token_version"]),
  createdAt: Number(row["created_at"]),
  lastLoginAt: row["last_login_at"] === null ? null : Number(row["last_login_at"]),
});

/** What the accounts are kept in, and how a request is called in the audit. */
export interface Keeping {
  readonly session: UserSession;
  readonly trail: () => Trail;
  readonly now: () => InstantMicros;
}

const rowOf = async (session: UserSession, statement: Sql): Promise<User | undefined> => {
  const [rows] = await session.batch([statement]);
  const row = rows?.[0];
  return row === undefined ? undefined : userOf(row);
};

/** The user with this folded address. */
export const findByEmail = async (
  session: UserSession,
  emailFolded: string,
): Promise<User | undefined> =>
  rowOf(session, sql`SELECT ${USER_COLUMNS} FROM users WHERE email_folded = ${emailFolded}`);

/** Condition on a row of `users`: it is the caller's, and the caller's token still good. */
const isCaller = (caller: Principal): Sql => {
  const isOpen =
    caller.session === undefined
      ? raw("1")
      : sql`EXISTS (SELECT 1 FROM sessions o WHERE o.id = ${caller.session})`;
  return sql`id = ${caller.kind === "user" ? subjectOf(caller) : ""} AND is_active = 1
    AND token_version = ${caller.tokenVersion ?? -1} AND ${isOpen}`;
};

/** The user with this id. */
export const findById = async (session: UserSession, id: string): Promise<User | undefined> =>
  rowOf(session, sql`SELECT ${USER_COLUMNS} FROM users WHERE id = ${id}`);

/**
 * Somebody by the id that the audit names, as it is now, without a token: a user, or a key. Nobody where
 * there is none of this id, or the account is locked out.
 */
export const principalNamed = async (session: UserSession, id: string): Promise<Principal> => {
  if (id.startsWith("apk:")) return { kind: "apk", id, role: null };
  const user = await findById(session, id.slice("user:".length));
  if (!id.startsWith("user:") || user?.isActive !== true) return ANONYMOUS;
  const { role, tokenVersion } = user;
  return { kind: "user", id, role, tokenVersion };
};

const findCaller = async (session: UserSession, caller: Principal): Promise<User | undefined> =>
  rowOf(session, sql`SELECT ${USER_COLUMNS} FROM users WHERE ${isCaller(caller)}`);

/**
 * One batch: the row changes only while the token is good and the address free; a new password ends
 * the sessions of the account.
 */
const changeSelf = async (
  { session, trail }: Keeping,
  caller: Principal,
  { address, passwordHash }: SelfChange,
): Promise<User | undefined> => {
  const [rows] = await session.batch([
    sql`UPDATE OR IGNORE users SET email = coalesce(${address?.email ?? null}, email),
      email_folded = coalesce(${address?.folded ?? null}, email_folded),
      password_hash = coalesce(${passwordHash ?? null}, password_hash),
      token_version = token_version + ${passwordHash === undefined ? 0 : 1}
      WHERE ${isCaller(caller)} RETURNING ${USER_COLUMNS}`,
    recordChange(caller.id, trail(), "change account"),
    ...(passwordHash === undefined ? [] : [endSessions(caller.id)]),
  ]);
  const row = rows?.[0];
  return row === undefined ? undefined : userOf(row);
};

const LOGOUT = { surface: "accounts", operation: "log out", resources: 1 };

const revoke = async ({ session, trail }: Keeping, caller: Principal): Promise<void> => {
  await session.batch([
    sql`UPDATE users SET token_version = token_version + 1 WHERE ${isCaller(caller)}`,
    caller.kind === "user"
      ? endSessions(caller.id)
      : sql`DELETE FROM sessions WHERE id = ${caller.session ?? ""}`,
    recordEvent(caller.id, trail(), LOGOUT),
  ]);
};

const insertion = (user: User): Sql => sql`INSERT INTO users (${USER_COLUMNS}) VALUES (
  ${user.id}, ${user.email}, ${user.emailFolded}, ${user.passwordHash}, ${user.role},
  ${user.isActive ? 1 : 0}, ${user.tokenVersion}, ${user.createdAt}, ${user.lastLoginAt})`;

/** Adds a user; false when the address is taken. The UNIQUE column decides, also between two. */
const insertUser = async ({ session, trail }: Keeping, user: User): Promise<boolean> => {
  const [rows] = await session.batch([
    sql`${insertion(user)} ON CONFLICT DO NOTHING RETURNING id`,
    recordChange(`user:${user.id}`, trail(), "register"),
  ]);
  return rows?.[0] !== undefined;
};

/**
 * Adds the first admin. Where the address is known, and its hash still `replaces`, the account
 * becomes an active admin with the new hash and a higher token version. One statement, so that of
 * several at once exactly one takes effect; the others answer undefined.
 */
export const ensureAdmin = async (
  session: UserSession,
  user: User,
  replaces: string | null,
): Promise<User | undefined> =>
  rowOf(
    session,
    sql`${insertion(user)} ON CONFLICT (email_folded) DO UPDATE SET
      password_hash = excluded.password_hash, role = excluded.role, is_active = 1,
      token_version = users.token_version + 1
      WHERE users.password_hash = ${replaces} RETURNING ${USER_COLUMNS}`,
  );

/** Notes a login, and stores a better hash unless the password was changed in between. */
const touchLogin = async (session: UserSession, login: LoginRecord): Promise<void> => {
  await session.batch([
    sql`UPDATE users SET last_login_at = ${login.at}, password_hash = CASE
      WHEN password_hash = ${login.verifiedHash} THEN ${login.newHash} ELSE password_hash END
      WHERE id = ${login.id}`,
  ]);
};

/** The accounts over a session; one database call each. */
export const userDirectory = (keeping: Keeping): UserDirectory => {
  const { session } = keeping;
  return {
    findByEmail: async (emailFolded) => findByEmail(session, emailFolded),
    findCaller: async (caller) => findCaller(session, caller),
    insert: async (user) => insertUser(keeping, user),
    ensureAdmin: async (user, replaces) => ensureAdmin(session, user, replaces),
    touchLogin: async (login) => touchLogin(session, login),
    changeSelf: async (caller, change) => changeSelf(keeping, caller, change),
    revoke: async (caller) => revoke(keeping, caller),
  };
};
