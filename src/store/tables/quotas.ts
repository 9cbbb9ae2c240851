import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** How much of what is kept for a while, each principal has. Triggers count it. */
export const quotaUsage = sqliteTable(
  "quota_usage",
  {
    principal: text().notNull(),
    kind: text().notNull(),
    items: integer().notNull(),
    bytes: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.principal, table.kind] })],
);

/**
 * What an answer is kept as: the answer itself; what a find has found, of which it is made again; what
 * a write answered, with what that shows.
 */
export type TaskForm = "answer" | "found" | "written";

/** Work that goes on after its call was answered. */
export const tasks = sqliteTable(
  "tasks",
  {
    id: text().notNull(),
    part: integer().notNull(),
    principal: text().notNull(),
    recorded_at: integer().notNull(),
    text: text(),
    form: text().$type<TaskForm>(),
    object: text(),
    size_bytes: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.id, table.part] })],
);
