import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { UploadState } from "../../model/stored-object.ts";

/** The resources that name an object, with the transactions that it holds for. */
export const objectReferences = sqliteTable(
  "object_references",
  {
    path: text().notNull(),
    rid: integer().notNull(),
    field: text().notNull(),
    tx_from: integer().notNull(),
    tx_to: integer(),
    is_copy: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.path, table.rid, table.field, table.tx_from] })],
);

/** First segments of the keys of harvested files. */
export const harvestPrefixes = sqliteTable("harvest_prefixes", { prefix: text().primaryKey() });

/** Copies of harvested files that have to be verified. */
export const objectChecks = sqliteTable("object_checks", {
  file: text().primaryKey(),
  attempts: integer().notNull(),
  due_at: integer().notNull(),
});

/** Objects with an upload URL. */
export const uploads = sqliteTable("uploads", {
  path: text().primaryKey(),
  principal: text().notNull(),
  state: text().notNull().$type<UploadState>(),
  content_type: text(),
  size_bytes: integer(),
  sha256: text(),
  created_at: integer().notNull(),
  expires_at: integer().notNull(),
  finished_at: integer(),
});
