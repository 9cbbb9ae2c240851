// Reads and empties closure and rollups, for tests.

/** Removes all results of the job, as if it had never run. */
export const forget = async (database: D1Database): Promise<void> => {
  await database.batch(
    [
      "DELETE FROM rollup_statistics",
      "DELETE FROM rollup_counts",
      "DELETE FROM rollup_restricted",
      "DELETE FROM rollup_queue",
      "DELETE FROM closure",
      `UPDATE rollup_state SET generation = 0, tx = 0, target = 0, rules = '', refreshed = 0,
        building = NULL, building_tx = NULL, building_rules = NULL, progress = NULL, rid_last = NULL,
        differences = 0`,
    ].map((text) => database.prepare(text)),
  );
};

/** The row with the progress of closure and rollups. */
export const rollupState = async (
  database: D1Database,
): Promise<Readonly<Record<string, unknown>>> =>
  (await database.prepare("SELECT * FROM rollup_state").first()) ?? {};
