// The settled tables as tests see and empty them.

/** Everything that was settled, as if the job had never run. */
export const forget = async (database: D1Database): Promise<void> => {
  await database.batch(
    [
      "DELETE FROM settled_statistics",
      "DELETE FROM settled_counts",
      "DELETE FROM settled_restricted",
      `UPDATE settlement SET generation = 0, tx = 0, rules = '', building = NULL,
        building_tx = NULL, building_rules = NULL, progress = NULL, rid_last = NULL`,
    ].map((text) => database.prepare(text)),
  );
};

/** The row that says which generation is read and which one is being built. */
export const settlement = async (
  database: D1Database,
): Promise<Readonly<Record<string, unknown>>> =>
  (await database.prepare("SELECT * FROM settlement").first()) ?? {};
