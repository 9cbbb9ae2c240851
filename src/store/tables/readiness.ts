/** Whether the database has everything that this version of the code asks it for. */
import type { Session } from "../sql/session.ts";
import { sql } from "../sql/template.ts";

/**
 * The files in migrations/: how many, and the last. A test holds them equal. Those of later versions are
 * accepted: they take away only what no release uses any more (docs/deployment.md).
 */
export const MIGRATIONS = { count: 22, last: "0027_exact_sizes.sql" } as const;

/**
 * Passes when the database answers and has seen every migration of this version.
 *
 * @throws {Error} of the kind that `isUnmigrated` knows, or what the database threw.
 */
export async function requireMigrated(session: Session): Promise<void> {
  const [rows] = await session.batch([
    sql`SELECT 1 FROM d1_migrations WHERE (SELECT count(*) FROM d1_migrations) >= ${MIGRATIONS.count}
      AND name = ${MIGRATIONS.last}`,
  ]);
  if (rows?.[0] === undefined) throw new Error(`${MIGRATIONS.last}: apply the migrations`);
}
