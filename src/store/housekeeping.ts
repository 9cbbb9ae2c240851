import type { InstantMicros } from "../model/time.ts";
import { openSession } from "./database.ts";
import { idempotencyExpiry } from "./idempotency.ts";
import { sql } from "./sql.ts";
import { taskExpiry } from "./tasks.ts";

/** Removes a bounded number of Idempotency-Key records, tasks and sessions that no longer count. */
export const forgetExpired = async (database: D1Database, now: InstantMicros): Promise<void> => {
  await openSession(database, "first-primary").batch([
    sql`DELETE FROM idempotency WHERE (principal, key) IN (
      SELECT principal, key FROM idempotency
      WHERE recorded_at < ${idempotencyExpiry(now)} LIMIT 5000)`,
    sql`DELETE FROM tasks WHERE (id, part) IN (
      SELECT id, part FROM tasks WHERE recorded_at < ${taskExpiry(now)} LIMIT 5000)`,
    sql`DELETE FROM sessions WHERE id IN (
      SELECT id FROM sessions WHERE expires_at < ${now} - 86400000000 LIMIT 5000)`,
  ]);
};
