import type { InstantMicros } from "../../model/time.ts";
import type { Session } from "../sql/session.ts";
import { idempotencyExpiry } from "../write/idempotency.ts";
import { raw, sql, type Sql, type Statement } from "../sql/template.ts";

/**
 * Rows per call: some milliseconds, so that other requests run in between. The calls of one run remove
 * more rows than one principal may add until the next run (docs/limits.md).
 */
const ROWS_AT_ONCE = 5_000;
const CALLS_MAX = 4;

const LIMIT = raw(`LIMIT ${ROWS_AT_ONCE}`);

const REMOVED: Statement<{ readonly removed: number }> = raw("SELECT changes() AS removed");

/** Repeats a statement that removes some rows, until there are none left or for `CALLS_MAX` calls. */
const removeRows = async (session: Session, removal: Sql): Promise<void> => {
  for (let call = 1; call <= CALLS_MAX; call += 1) {
    const [, [row]] = await session.batch([removal, REMOVED]);
    if (row?.removed !== ROWS_AT_ONCE) return;
  }
};

/** Removes a bounded number of expired Idempotency-Key records and sessions. */
export async function forgetExpired(session: Session, now: InstantMicros): Promise<void> {
  await removeRows(
    session,
    sql`DELETE FROM idempotency WHERE (principal, key) IN (SELECT principal, key FROM idempotency
      WHERE recorded_at < ${idempotencyExpiry(now)} ORDER BY recorded_at ${LIMIT})`,
  );
  await removeRows(
    session,
    sql`DELETE FROM sessions WHERE id IN (SELECT id FROM sessions
      WHERE expires_at < ${now} - 86400000000 ORDER BY expires_at ${LIMIT})`,
  );
}
