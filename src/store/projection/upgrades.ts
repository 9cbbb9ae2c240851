/**
 * Projections of registered types that an earlier release made: before rows had a class of visibility,
 * or with indexes of an earlier kind. The migrations note them, and the first read of the registry
 * brings them up to date: it knows their indexes.
 */
import type { PayloadType, Registry } from "../../schema/type.ts";
import { built, db } from "../sql/builder.ts";
import { isConflict, type Session } from "../sql/session.ts";
import { classifyProjection, mergeIndexes } from "./table.ts";
import { raw, sql, type Sql } from "../sql/template.ts";
import { indexUpgrades, projectionUpgrades } from "../tables/core.ts";

/** The statement of the types whose projections have no class of visibility. */
export const UNCLASSIFIED_PROJECTIONS = built(db.select().from(projectionUpgrades));

/** The statement of the types whose projections have indexes of an earlier kind. */
export const OUTDATED_INDEXES = built(db.select().from(indexUpgrades));

/** Types whose projections are older, as the statements answer them. */
export interface Outdated {
  readonly unclassified: readonly { readonly payload_type: string }[];
  readonly indexes: readonly { readonly payload_type: string }[];
}

const upgrade = async (
  session: Session,
  notes: Sql,
  name: string,
  statements: readonly string[],
): Promise<void> => {
  try {
    await session.batch([
      sql`INSERT INTO guard (stale) SELECT NOT EXISTS
        (SELECT 1 FROM ${notes} WHERE payload_type = ${name})`,
      ...statements.map(raw),
      sql`DELETE FROM ${notes} WHERE payload_type = ${name}`,
      raw("DELETE FROM guard"),
    ]);
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
};

/**
 * Brings projections up to date, each in a batch of its own. One that another isolate has done
 * meanwhile is passed over.
 */
export async function upgradeProjections(
  session: Session,
  registry: Registry,
  { unclassified, indexes }: Outdated,
): Promise<void> {
  const steps: readonly (readonly [Outdated["indexes"], Sql, typeof mergeIndexes])[] = [
    [unclassified, raw("projection_upgrades"), classifyProjection],
    [indexes, raw("index_upgrades"), mergeIndexes],
  ];
  for (const [rows, notes, statementsOf] of steps) {
    for (const { payload_type: name } of rows) {
      const type: PayloadType | undefined = registry.types.get(name);
      if (type !== undefined) await upgrade(session, notes, name, statementsOf(type));
    }
  }
}
