import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** How much temporary data (uploads, exports, tasks, saved responses) each principal has. Triggers count it. */
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
 * The form in which the answer of a task is stored: the answer itself; the result of a find, from which
 * the answer is made again; or the answer of a write with the documents that it discloses.
 */
export type TaskForm = "answer" | "found" | "written";

/** Work that continues after the response to its call. */
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
