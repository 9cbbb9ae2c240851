import {
  customType,
  integer,
  primaryKey,
  sqliteTable,
  text,
  unique,
} from "drizzle-orm/sqlite-core";

/** A value of any kind, as it is. */
const any = customType<{ data: string | number }>({ dataType: () => "any" });

/** How far the values of each indexed field have come; see migrations/0024_past_values.sql. */
export const pastFields = sqliteTable(
  "past_fields",
  {
    id: integer().primaryKey(),
    payload_type: text().notNull(),
    field: text().notNull(),
    tx: integer().notNull(),
    target: integer().notNull(),
  },
  (table) => [unique().on(table.payload_type, table.field)],
);

/** The values that resources have had in indexed fields. */
export const pastValues = sqliteTable(
  "past_values",
  {
    field: integer().notNull(),
    value: any().notNull(),
    created_at: integer().notNull(),
    identifier: text().notNull(),
    rid: integer().notNull(),
    tx_from: integer().notNull(),
    level: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.field, table.value, table.created_at, table.identifier] }),
  ],
);
