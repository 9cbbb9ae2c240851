import { primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Secrets that are kept for others, encrypted. */
export const secrets = sqliteTable(
  "secrets",
  { resource: text().notNull(), name: text().notNull(), ciphertext: text().notNull() },
  (table) => [primaryKey({ columns: [table.resource, table.name] })],
);
