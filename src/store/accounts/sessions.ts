/** Login sessions and the secret digests of API keys, for the auth endpoints. */
import type { LoginSession, Rotation, SessionDirectory } from "../../identity/session.ts";
import { LIMITS } from "../../model/limits.ts";
import { and, eq, gt, ne } from "drizzle-orm";
import { built, db } from "../sql/builder.ts";
import { columnsOf } from "../sql/columns.ts";
import type { Session } from "../sql/session.ts";
import { raw, sql, type Sql } from "../sql/template.ts";
import { apiKeys, sessions } from "../tables/core.ts";

/** Starts a session, and ends the oldest ones of the principal beyond `sessionsMax`. */
const startOf = (session: LoginSession): readonly Sql[] => {
  const row = {
    id: session.id,
    principal: session.principal,
    token_version: session.tokenVersion,
    refresh_digest: session.refreshDigest,
    started_at: session.startedAt,
    expires_at: session.expiresAt,
  };
  return [
    built(db.insert(sessions).values(row)),
    sql`DELETE FROM sessions WHERE id IN (SELECT o.id FROM sessions o
      WHERE o.principal = ${session.principal} ORDER BY o.started_at DESC
      LIMIT -1 OFFSET ${raw(String(LIMITS.sessionsMax))})`,
  ];
};

const ROTATED = columnsOf(sessions, "principal", "token_version");

const rotationOf = ({ id, from, to, now, expiresAt, startedAfter }: Rotation) => {
  const isLast = and(
    eq(sessions.id, id),
    eq(sessions.refresh_digest, from),
    gt(sessions.expires_at, now),
    gt(sessions.started_at, startedAfter),
  );
  const next = { refresh_digest: to, expires_at: expiresAt };
  return [
    built(db.update(sessions).set(next).where(isLast).returning(ROTATED)),
    // An old refresh token was sent: the token has leaked. End the session for both parties.
    built(db.delete(sessions).where(and(eq(sessions.id, id), ne(sessions.refresh_digest, to)))),
  ] as const;
};

/** The session directory over a database session. Each method is one database call. */
export function sessionDirectory(session: Pick<Session, "batch">): SessionDirectory {
  return {
    start: async (started) => {
      await session.batch(startOf(started));
    },
    rotate: async (rotation) => {
      const [[row]] = await session.batch(rotationOf(rotation));
      return row === undefined
        ? undefined
        : { principal: row.principal, tokenVersion: row.token_version };
    },
    findKey: async (key) => {
      const digest = columnsOf(apiKeys, "secret_digest");
      const [[row]] = await session.batch([
        built(db.select(digest).from(apiKeys).where(eq(apiKeys.id, key))),
      ]);
      return row?.secret_digest;
    },
  };
}

/** The statement that ends every session of a principal. */
export function endSessions(principal: string): Sql {
  return built(db.delete(sessions).where(eq(sessions.principal, principal)));
}
