/**
 * When something is recorded: by the database's clock alone, read in the batch that records it. The
 * clocks of isolates have no part in it, and what an instant shows is final once it has been shown.
 */
import { raw, sql, type Sql } from "./template.ts";

/** The database's clock: microseconds since 1970, to the millisecond. It goes on within a batch. */
export const CLOCK: Sql = raw("(CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000)");

const after = (table: string, column: string): string =>
  `1 + coalesce((SELECT max(${column}) FROM ${table}), 0)`;

/**
 * The instant of what a statement records: the clock's, but later than everything that transactions
 * and the audit hold, also when clocks are not. So an order by instant is the order of commits.
 */
export const NEXT_INSTANT: Sql = sql`max(${CLOCK}, ${raw(after("transactions", "recorded_at"))},
  ${raw(after("audit", "recorded_at"))})`;

/** The same, and later than what a column of another table holds. */
export function nextInstantIn(table: string, column: string): Sql {
  return sql`max(${NEXT_INSTANT}, ${raw(after(table, column))})`;
}
