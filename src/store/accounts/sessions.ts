/** Sessions and the digests of keys, as the doors of the project see them. */
import type { LoginSession, Rotation, SessionDirectory } from "../../identity/session.ts";
import { LIMITS } from "../../model/limits.ts";
import type { Session } from "../sql/session.ts";
import { raw, sql, type Sql } from "../sql/template.ts";

/** The oldest sessions beyond so many end with the start of another. */
const startOf = (session: LoginSession): readonly Sql[] => [
  sql`INSERT INTO sessions (id, principal, token_version, refresh_digest, started_at, expires_at)
    VALUES (${session.id}, ${session.principal}, ${session.tokenVersion}, ${session.refreshDigest},
      ${session.startedAt}, ${session.expiresAt})`,
  sql`DELETE FROM sessions WHERE id IN (SELECT o.id FROM sessions o
    WHERE o.principal = ${session.principal} ORDER BY o.started_at DESC
    LIMIT -1 OFFSET ${raw(String(LIMITS.sessionsMax))})`,
];

const rotationOf = ({ id, from, to, now, expiresAt, startedAfter }: Rotation): readonly Sql[] => [
  sql`UPDATE sessions SET refresh_digest = ${to}, expires_at = ${expiresAt}
    WHERE id = ${id} AND refresh_digest = ${from} AND expires_at > ${now}
      AND started_at > ${startedAfter} RETURNING principal, token_version`,
  // Whoever sends an older token is not the one who got the last: nobody goes on with either.
  sql`DELETE FROM sessions WHERE id = ${id} AND refresh_digest <> ${to}`,
];

/** The sessions over a database session; one call each. */
export const sessionDirectory = (session: Pick<Session, "batch">): SessionDirectory => ({
  start: async (started) => {
    await session.batch(startOf(started));
  },
  rotate: async (rotation) => {
    const [rows] = await session.batch(rotationOf(rotation));
    const row = rows?.[0];
    if (row === undefined) return undefined;
    return { principal: String(row["principal"]), tokenVersion: Number(row["token_version"]) };
  },
  findKey: async (key) => {
    const [rows] = await session.batch([sql`SELECT secret_digest FROM api_keys WHERE id = ${key}`]);
    return rows?.[0]?.["secret_digest"] as string | undefined;
  },
});

/** The statement that ends every session of a principal. */
export const endSessions = (principal: string): Sql =>
  sql`DELETE FROM sessions WHERE principal = ${principal}`;
