import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Leases on the revisions of a dataset. */
export const sourceLeases = sqliteTable("source_leases", {
  dataset: text().primaryKey(),
  token: text().notNull(),
  attempts: integer().notNull(),
  touched_at: integer().notNull(),
});
