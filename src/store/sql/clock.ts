/**
 * The instant of a record, from the database's clock, read in the batch that records it. Clocks of
 * isolates are not used, and the state at an instant never changes after it was read.
 */
import { raw, sql, type Sql } from "./template.ts";

/** The database's clock: microseconds since 1970, in steps of a millisecond. It advances within a batch. */
export const CLOCK: Sql = raw("(CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000)");

const after = (table: string, column: string): string =>
  `1 + coalesce((SELECT max(${column}) FROM ${table}), 0)`;

/**
 * The instant for a new record: the clock, but later than every transaction and audit record, even
 * when the clock went back. So the order of instants is the order of commits.
 */
export const NEXT_INSTANT: Sql = sql`max(${CLOCK}, ${raw(after("transactions", "recorded_at"))},
  ${raw(after("audit", "recorded_at"))})`;

/** Like `NEXT_INSTANT`, and also later than every value in a column of another table. */
export function nextInstantIn(table: string, column: string): Sql {
  return sql`max(${NEXT_INSTANT}, ${raw(after(table, column))})`;
}
