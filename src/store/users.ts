/** The accounts' table. Its rows have no history and are in no answer of the catalogue. */
import type { Role } from "../identity/principal.ts";
import type { LoginRecord, User, UserDirectory } from "../identity/user.ts";
import type { DatabaseRow, Session } from "./database.ts";
import { raw, sql, type Sql } from "./sql.ts";

/** The part of a session that these functions use. */
export type UserSession = Pick<Session, "batch">;

const COLUMNS = raw(
  "id, email, email_folded, password_hash, role, is_active, token_version, created_at, last_login_at",
);

const userOf = (row: DatabaseRow): User => ({
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
  rowOf(session, sql`SELECT ${COLUMNS} FROM users WHERE email_folded = ${emailFolded}`);

/** The user with this id. */
export const findById = async (session: UserSession, id: string): Promise<User | undefined> =>
  rowOf(session, sql`SELECT ${COLUMNS} FROM users WHERE id = ${id}`);

const insertion = (user: User): Sql => sql`INSERT INTO users (${COLUMNS}) VALUES (
  ${user.id}, ${user.email}, ${user.emailFolded}, ${user.passwordHash}, ${user.role},
  ${user.isActive ? 1 : 0}, ${user.tokenVersion}, ${user.createdAt}, ${user.lastLoginAt})`;

/** Adds a user; false when the address is taken. The UNIQUE column decides, also between two. */
const insertUser = async (session: UserSession, user: User): Promise<boolean> => {
  const added = sql`${insertion(user)} ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`;
  return (await rowOf(session, added)) !== undefined;
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
      WHERE users.password_hash = ${replaces} RETURNING ${COLUMNS}`,
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
export const userDirectory = (session: UserSession): UserDirectory => ({
  findByEmail: async (emailFolded) => findByEmail(session, emailFolded),
  findById: async (id) => findById(session, id),
  insert: async (user) => insertUser(session, user),
  ensureAdmin: async (user, replaces) => ensureAdmin(session, user, replaces),
  touchLogin: async (login) => touchLogin(session, login),
});
