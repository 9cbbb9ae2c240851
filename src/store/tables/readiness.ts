/** Checks that the database has every migration that this version of the code needs. */
import type { Session } from "../sql/session.ts";
import { sql } from "../sql/template.ts";

/**
 * Number and last name of the files in migrations/; a test compares them. Migrations of later versions
 * are accepted: they take away only what no release uses any more (docs/deployment.md).
 */
export const MIGRATIONS = { count: 22, last: "0027_exact_sizes.sql" } as const;

/**
 * Checks that the database responds and has every migration of this version.
 *
 * @throws {Error} that `isUnmigrated` recognizes, or the error of the database.
 */
export async function requireMigrated(session: Session): Promise<void> {
  const [rows] = await session.batch([
    sql`SELECT 1 FROM d1_migrations WHERE (SELECT count(*) FROM d1_migrations) >= ${MIGRATIONS.count}
      AND name = ${MIGRATIONS.last}`,
  ]);
  if (rows?.[0] === undefined) throw new Error(`${MIGRATIONS.last}: apply the migrations`);
}
