import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { IndexState } from "../../schema/indexed.ts";

/** What admins have set for the index of a field; see migrations/0025_type_indexes.sql. */
export const typeIndexes = sqliteTable(
  "type_indexes",
  {
    payload_type: text().notNull(),
    field: text().notNull(),
    state: text().notNull().$type<IndexState>(),
    slot: integer(),
    mark: integer(),
    progress: integer().notNull(),
    rid_last: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.payload_type, table.field] })],
);

/** How many columns for marks the projection of a payload type has. */
export const indexSlots = sqliteTable("index_slots", {
  payload_type: text().primaryKey(),
  slots: integer().notNull(),
});
