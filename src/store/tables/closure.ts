import { integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Each resource as the rollups count it, with all its ancestors; see migrations/0021_closure.sql. */
export const closure = sqliteTable("closure", {
  rid: integer().primaryKey(),
  path: text().notNull(),
  levels: integer().notNull(),
  sources: text().notNull(),
  tx_from: integer().notNull(),
  restricted: integer().notNull(),
});

/** One row: the watermark of closure and rollups, and the generation that a full refresh builds. */
export const rollupState = sqliteTable("rollup_state", {
  id: integer().primaryKey(),
  generation: integer().notNull(),
  tx: integer().notNull(),
  target: integer().notNull(),
  rules: text().notNull(),
  refreshed: integer().notNull(),
  building: integer(),
  building_tx: integer(),
  building_rules: text(),
  progress: integer(),
  rid_last: integer(),
  differences: integer().notNull(),
});

/** Resources that have to be counted again, with their ancestors. */
export const rollupQueue = sqliteTable("rollup_queue", {
  rid: integer().primaryKey(),
  path: text().notNull(),
  levels: integer().notNull(),
  sources: text().notNull(),
});

const figureColumns = {
  rid: integer().notNull(),
  restricted: integer().notNull(),
  dimension: text().notNull(),
  member: text().notNull(),
  count: integer().notNull(),
  bytes: real().notNull(),
  blocks: integer().notNull().default(0),
};

/** The changes of a batch to the rollups; empty between batches. */
export const rollupChanges = sqliteTable("rollup_changes", figureColumns, (table) => [
  primaryKey({ columns: [table.rid, table.restricted, table.dimension, table.member] }),
]);

/** Restricted resources at the transaction of the building generation. */
export const rollupRestricted = sqliteTable("rollup_restricted", { rid: integer().primaryKey() });

/** Live children and descendants of each resource. */
export const rollupCounts = sqliteTable(
  "rollup_counts",
  {
    generation: integer().notNull(),
    rid: integer().notNull(),
    restricted: integer().notNull(),
    children: integer().notNull(),
    descendants: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.generation, table.rid, table.restricted] })],
);

/** Counts and statistics of the resources below each datasource. */
export const rollupStatistics = sqliteTable(
  "rollup_statistics",
  { generation: integer().notNull(), ...figureColumns },
  (table) => [
    primaryKey({
      columns: [table.generation, table.rid, table.restricted, table.dimension, table.member],
    }),
  ],
);
