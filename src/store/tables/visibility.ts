import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Resources that are restricted, by themselves or by an ancestor; see migrations/0013_visibility.sql. */
export const restricted = sqliteTable("restricted", {
  rid: integer().primaryKey(),
  parent: integer(),
  top: integer(),
  owner: text(),
  payload_type: text(),
  created_at: integer(),
  identifier: text(),
  parent_owner: text(),
});

/** Unrestricted resources with restricted descendants. */
export const restrictedAbove = sqliteTable("restricted_above", {
  rid: integer().primaryKey(),
  parent: integer(),
  owner: text().notNull(),
  parent_owner: text(),
});

/** Intermediate results of a batch that refreshes visibility; empty between batches. */
export const visibilityRefresh = sqliteTable("visibility_refresh", {
  rid: integer().primaryKey(),
  payload_type: text().notNull(),
  parent: integer(),
  top: integer(),
  owner: text().notNull(),
  visibility: integer().notNull(),
});

/** Registered types whose projections lack the column `visibility`. */
export const projectionUpgrades = sqliteTable("projection_upgrades", {
  payload_type: text().primaryKey(),
});

/** Registered types whose projections have indexes of an earlier release. */
export const indexUpgrades = sqliteTable("index_upgrades", {
  payload_type: text().primaryKey(),
});
