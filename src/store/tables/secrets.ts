import { primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Encrypted secrets of resources, such as those of webhooks. */
export const secrets = sqliteTable(
  "secrets",
  { resource: text().notNull(), name: text().notNull(), ciphertext: text().notNull() },
  (table) => [primaryKey({ columns: [table.resource, table.name] })],
);
