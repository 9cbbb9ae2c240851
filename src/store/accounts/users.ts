/** The table of accounts. Its rows have no history, and the catalogue never returns them. */
import { ANONYMOUS, subjectOf, type Principal } from "../../identity/principal.ts";
import type { LoginRecord, SelfChange, User, UserDirectory } from "../../identity/user.ts";
import type { InstantMicros } from "../../model/time.ts";
import { and, eq, exists, getTableColumns, sql as expression, type SQL } from "drizzle-orm";
import { recordChange, recordEvent, type AuditContext } from "../audit/audit.ts";
import { built, conditionOf, db } from "../sql/builder.ts";
import { columnsOf, returning } from "../sql/columns.ts";
import type { Session } from "../sql/session.ts";
import { endSessions } from "./sessions.ts";
import { sql, type Statement } from "../sql/template.ts";
import { sessions, users } from "../tables/core.ts";

/** The part of a session that these functions use. */
export type UserSession = Pick<Session, "batch">;

/** An account as it is stored. */
type UserRow = typeof users.$inferSelect;

/** The columns of an account. */
const USER_COLUMNS = getTableColumns(users);

/** An account from its row. */
export function userOf(row: UserRow): User {
  return {
    id: row.id,
    email: row.email,
    emailFolded: row.email_folded,
    passwordHash: row.password_hash,
    role: row.role,
    isActive: row.is_active === 1,
    tokenVersion: row.token_version,
    createdAt: row.created_at,
    lastLoginAt: row.last_login_at,
  };
}

const rowOf = (user: User): UserRow => ({
  id: user.id,
  email: user.email,
  email_folded: user.emailFolded,
  password_hash: user.passwordHash,
  role: user.role,
  is_active: user.isActive ? 1 : 0,
  token_version: user.tokenVersion,
  created_at: user.createdAt,
  last_login_at: user.lastLoginAt,
});

/** What the account functions need: a session, the audit context and the clock. */
export interface AccountContext {
  readonly session: UserSession;
  readonly auditContext: () => AuditContext;
  readonly now: () => InstantMicros;
}

const firstUser = async (
  session: UserSession,
  statement: Statement<UserRow>,
): Promise<User | undefined> => {
  const [[row]] = await session.batch([statement]);
  return row === undefined ? undefined : userOf(row);
};

/** The user that matches a condition on `users`. */
const find = (session: UserSession, condition: SQL | undefined): Promise<User | undefined> =>
  firstUser(session, built(db.select().from(users).where(condition)));

/** The user with this email address in lower case. */
export async function findByEmail(
  session: UserSession,
  emailFolded: string,
): Promise<User | undefined> {
  return find(session, eq(users.email_folded, emailFolded));
}

/** Condition on a row of `users`: it is the caller's account, and the caller's token is still valid. */
const isCaller = (caller: Principal): SQL => {
  const open = db
    .select({ one: expression`1` })
    .from(sessions)
    .where(eq(sessions.id, caller.session ?? ""));
  const ofCaller = and(
    eq(users.id, caller.kind === "user" ? subjectOf(caller) : ""),
    eq(users.is_active, 1),
    eq(users.token_version, caller.tokenVersion ?? -1),
    caller.session === undefined ? undefined : exists(open),
  );
  return expression`${ofCaller}`;
};

/** The user with this id. */
export async function findById(session: UserSession, id: string): Promise<User | undefined> {
  return find(session, eq(users.id, id));
}

/**
 * The principal with an id from the audit, as it is now: a user or a key. The anonymous principal when
 * there is no such account, or the account is inactive.
 */
export async function principalNamed(session: UserSession, id: string): Promise<Principal> {
  if (id.startsWith("apk:")) return { kind: "apk", id, role: null };
  const user = await findById(session, id.slice("user:".length));
  if (!id.startsWith("user:") || user?.isActive !== true) return ANONYMOUS;
  const { role, tokenVersion } = user;
  return { kind: "user", id, role, tokenVersion };
}

const findCaller = async (session: UserSession, caller: Principal): Promise<User | undefined> =>
  find(session, isCaller(caller));

/**
 * Changes the row in one batch, only while the token is valid and the address is not taken. A new
 * password ends all sessions of the account.
 */
const changeSelf = async (
  { session, auditContext }: AccountContext,
  caller: Principal,
  { address, passwordHash }: SelfChange,
): Promise<User | undefined> => {
  // The query builder does not support UPDATE OR IGNORE.
  const update = sql`UPDATE OR IGNORE users SET email = coalesce(${address?.email ?? null}, email),
    email_folded = coalesce(${address?.folded ?? null}, email_folded),
    password_hash = coalesce(${passwordHash ?? null}, password_hash),
    token_version = token_version + ${passwordHash === undefined ? 0 : 1}
    WHERE ${conditionOf(isCaller(caller))}`;
  const [[row]] = await session.batch([
    returning(update, USER_COLUMNS),
    recordChange(caller.id, auditContext(), "change account"),
    ...(passwordHash === undefined ? [] : [endSessions(caller.id)]),
  ]);
  return row === undefined ? undefined : userOf(row);
};

const nextVersion = expression`${users.token_version} + 1`;

const LOGOUT = { surface: "accounts", operation: "log out", resources: 1 };

const revoke = async (
  { session, auditContext }: AccountContext,
  caller: Principal,
): Promise<void> => {
  await session.batch([
    built(db.update(users).set({ token_version: nextVersion }).where(isCaller(caller))),
    caller.kind === "user"
      ? endSessions(caller.id)
      : built(db.delete(sessions).where(eq(sessions.id, caller.session ?? ""))),
    recordEvent(caller.id, auditContext(), LOGOUT),
  ]);
};

/** Adds a user; false when the address is taken. The UNIQUE column also decides concurrent requests. */
const insertUser = async (
  { session, auditContext }: AccountContext,
  user: User,
): Promise<boolean> => {
  const insertion = db.insert(users).values(rowOf(user)).onConflictDoNothing();
  const [rows] = await session.batch([
    built(insertion.returning(columnsOf(users, "id"))),
    recordChange(`user:${user.id}`, auditContext(), "register"),
  ]);
  return rows.length > 0;
};

/**
 * Adds the first admin. If the address exists and its hash still equals `replaces`, the account
 * becomes an active admin with the new hash and a higher token version. It is one statement, so that
 * of several concurrent calls exactly one takes effect; the others return undefined.
 */
export async function ensureAdmin(
  session: UserSession,
  user: User,
  replaces: string | null,
): Promise<User | undefined> {
  const upsert = db
    .insert(users)
    .values(rowOf(user))
    .onConflictDoUpdate({
      target: users.email_folded,
      set: {
        password_hash: expression`excluded.password_hash`,
        role: expression`excluded.role`,
        is_active: 1,
        token_version: nextVersion,
      },
      setWhere: expression`${users.password_hash} = ${replaces}`,
    });
  return firstUser(session, built(upsert.returning()));
}

/** Records a login, and stores a stronger hash unless the password was changed in the meantime. */
const touchLogin = async (session: UserSession, login: LoginRecord): Promise<void> => {
  const { password_hash: stored } = users;
  const hash = expression`CASE WHEN ${stored} = ${login.verifiedHash} THEN ${login.newHash}
    ELSE ${stored} END`;
  const change = { last_login_at: login.at, password_hash: hash };
  await session.batch([built(db.update(users).set(change).where(eq(users.id, login.id)))]);
};

/** The user directory over a session. Each method is one database call. */
export function userDirectory(context: AccountContext): UserDirectory {
  const { session } = context;
  return {
    findByEmail: async (emailFolded) => findByEmail(session, emailFolded),
    findCaller: async (caller) => findCaller(session, caller),
    insert: async (user) => insertUser(context, user),
    ensureAdmin: async (user, replaces) => ensureAdmin(session, user, replaces),
    touchLogin: async (login) => touchLogin(session, login),
    changeSelf: async (caller, change) => changeSelf(context, caller, change),
    revoke: async (caller) => revoke(context, caller),
  };
}
