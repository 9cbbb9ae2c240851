/** Whether the database has everything that this version of the code asks it for. */
import type { Session } from "./database.ts";
import { sql } from "./sql.ts";

/** The last file in migrations/; a test holds them equal. Later ones only add, and do no harm. */
export const LATEST_MIGRATION = "0016_links.sql";

/**
 * Passes when the database answers and has seen every migration of this version.
 *
 * @throws {Error} of the kind that `isUnmigrated` knows, or what the database threw.
 */
export const requireMigrated = async (session: Session): Promise<void> => {
  const [rows] = await session.batch([
    sql`SELECT 1 FROM d1_migrations WHERE name = ${LATEST_MIGRATION}`,
  ]);
  if (rows?.[0] === undefined) throw new Error(`${LATEST_MIGRATION}: apply the migrations`);
};
