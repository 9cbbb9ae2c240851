import type { InstantMicros } from "../../model/time.ts";
import type { Session } from "../sql/session.ts";
import { idempotencyExpiry } from "../write/idempotency.ts";
import { raw, sql, type Sql, type Statement } from "../sql/template.ts";

/**
 * Rows of one call: some milliseconds, so that others get their turn. The calls of one run together
 * remove more than one principal may make until the next (docs/limits.md).
 */
const ROWS_AT_ONCE = 5_000;
const CALLS_MAX = 4;

const LIMIT = raw(`LIMIT ${ROWS_AT_ONCE}`);

const REMOVED: Statement<{ readonly removed: number }> = raw("SELECT changes() AS removed");

/** Runs a statement that removes some rows, until there are no more or the turn is over. */
const forget = async (session: Session, removal: Sql): Promise<void> => {
  for (let call = 1; call <= CALLS_MAX; call += 1) {
    const [, [row]] = await session.batch([removal, REMOVED]);
    if (row?.removed !== ROWS_AT_ONCE) return;
  }
};

/** Removes a bounded number of Idempotency-Key records and sessions that no longer count. */
export async function forgetExpired(session: Session, now: InstantMicros): Promise<void> {
  await forget(
    session,
    sql`DELETE FROM idempotency WHERE (principal, key) IN (SELECT principal, key FROM idempotency
      WHERE recorded_at < ${idempotencyExpiry(now)} ORDER BY recorded_at ${LIMIT})`,
  );
  await forget(
    session,
    sql`DELETE FROM sessions WHERE id IN (SELECT id FROM sessions
      WHERE expires_at < ${now} - 86400000000 ORDER BY expires_at ${LIMIT})`,
  );
}
