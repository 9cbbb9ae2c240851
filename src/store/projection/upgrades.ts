/**
 * Projections of registered types that were made before rows had a class of visibility. The migration
 * notes them, and the first read of the registry brings them up to date: it knows their indexes.
 */
import type { Registry } from "../../schema/type.ts";
import { built, db } from "../sql/builder.ts";
import { isConflict, type Session } from "../sql/session.ts";
import { classifyProjection } from "./table.ts";
import { raw, sql } from "../sql/template.ts";
import { projectionUpgrades } from "../tables/core.ts";

/** The statement of the types whose projections are older. */
export const OUTDATED_PROJECTIONS = built(db.select().from(projectionUpgrades));

/**
 * Brings projections up to date, each in a batch of its own. One that another isolate has done
 * meanwhile is passed over.
 */
export async function upgradeProjections(
  session: Session,
  registry: Registry,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    const type = registry.types.get(name);
    if (type === undefined) continue;
    try {
      await session.batch([
        sql`INSERT INTO guard (stale) SELECT NOT EXISTS
          (SELECT 1 FROM projection_upgrades WHERE payload_type = ${name})`,
        ...classifyProjection(type).map(raw),
        sql`DELETE FROM projection_upgrades WHERE payload_type = ${name}`,
        raw("DELETE FROM guard"),
      ]);
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
}
