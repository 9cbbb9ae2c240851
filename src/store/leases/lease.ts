/**
 * Leases: somebody works on something as long as it gives signs of life. Once it has been silent for
 * too long, another may take the work; what the first one sends then does nothing. Here are the
 * statements that take, renew and drop a lease; who sends them says what else changes with it.
 */
import { getTableName } from "drizzle-orm";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import { LIMITS } from "../../model/limits.ts";
import type { InstantMicros } from "../../model/time.ts";
import { join, raw, sql, type Sql } from "../sql/template.ts";
import { exports, objectChecks, sourceLeases } from "../tables/core.ts";

const MICROS_PER_SECOND = 1_000_000;

/** Where leases of a kind are kept, and how long one lasts without a sign of life. */
export interface LeaseKind {
  readonly table: SQLiteTable;
  /** What is worked on. */
  readonly key: SQLiteColumn;
  /** What only the holder knows: who takes the lease after it has another. */
  readonly holder: SQLiteColumn;
  /** Counts how often it was taken. */
  readonly attempts: SQLiteColumn;
  /** When there was the last sign of life, or when the lease ends. */
  readonly mark: SQLiteColumn;
  readonly marks: "sign" | "end";
  readonly seconds: number;
}

/** Who makes the file of an export. */
export const EXPORT_LEASE = {
  table: exports,
  key: exports.id,
  holder: exports.attempts,
  attempts: exports.attempts,
  mark: exports.touched_at,
  marks: "sign",
  seconds: LIMITS.exportLeaseSeconds,
} as const satisfies LeaseKind;

/** Who runs the flows of a dataset. */
export const SOURCE_LEASE = {
  table: sourceLeases,
  key: sourceLeases.dataset,
  holder: sourceLeases.token,
  attempts: sourceLeases.attempts,
  mark: sourceLeases.touched_at,
  marks: "sign",
  seconds: LIMITS.sourceLeaseSeconds,
} as const satisfies LeaseKind;

/** Who reads the copy of a harvested file through. */
export const CHECK_LEASE = {
  table: objectChecks,
  key: objectChecks.file,
  holder: objectChecks.attempts,
  attempts: objectChecks.attempts,
  mark: objectChecks.due_at,
  marks: "end",
  seconds: LIMITS.objectCheckSeconds,
} as const satisfies LeaseKind;

/** Who works on something. */
export interface Holder {
  readonly key: string;
  /** Its token, or the number of its attempt. */
  readonly holder: string | number;
}

const nameOf = ({ name }: SQLiteColumn): Sql => raw(name);

/** A column behind its table's name, which a statement that joins others needs. */
const columnOf = ({ table }: LeaseKind, column: SQLiteColumn): Sql =>
  raw(`${getTableName(table)}.${column.name}`);

const sign = (kind: LeaseKind, now: InstantMicros): Sql => {
  const instant = kind.marks === "end" ? now + kind.seconds * MICROS_PER_SECOND : now;
  return sql`${nameOf(kind.mark)} = CAST(${instant} AS INTEGER)`;
};

/**
 * True for work that has been silent for too long: nobody goes on with it. For work of which nobody
 * takes the lease again, since only who has begun it can end it.
 */
export function isSilent(lastSign: InstantMicros, seconds: number, now: InstantMicros): boolean {
  return now - lastSign >= seconds * MICROS_PER_SECOND;
}

/** Condition on a row of the table: its holder has been silent for too long at an instant. */
export function isLapsed(kind: LeaseKind, now: InstantMicros): Sql {
  const mark = columnOf(kind, kind.mark);
  return kind.marks === "end"
    ? sql`${mark} <= CAST(${now} AS INTEGER)`
    : sql`${mark} < CAST(${now - kind.seconds * MICROS_PER_SECOND} AS INTEGER)`;
}

/** Condition on a row of the table: the lease is this holder's. */
export function isHeldBy(kind: LeaseKind, { key, holder }: Holder): Sql {
  return sql`${columnOf(kind, kind.key)} = ${key} AND ${columnOf(kind, kind.holder)} = ${holder}`;
}

/**
 * Takes the leases of rows that there are.
 *
 * @param which condition on the rows: it says as well that nobody holds them.
 * @param change what else is set, as SQL.
 */
export function takeLease(kind: LeaseKind, now: InstantMicros, which: Sql, change?: Sql): Sql {
  const attempts = nameOf(kind.attempts);
  const more = change === undefined ? raw("") : sql`${change}, `;
  return sql`UPDATE ${raw(getTableName(kind.table))} SET ${more}${attempts} = ${attempts} + 1,
    ${sign(kind, now)} WHERE ${which}`;
}

/** Takes a lease whose row is there only while somebody holds it. Does nothing while that one lives. */
export function openLease(kind: LeaseKind, { key, holder }: Holder, now: InstantMicros): Sql {
  const { table, key: name, holder: token, attempts, mark } = kind;
  const columns = join([name, token, attempts, mark].map(nameOf), ", ");
  return sql`INSERT INTO ${raw(getTableName(table))} (${columns})
    VALUES (${key}, ${holder}, 1, CAST(${now} AS INTEGER))
    ON CONFLICT (${nameOf(name)}) DO UPDATE SET ${nameOf(token)} = excluded.${nameOf(token)},
      ${nameOf(attempts)} = ${columnOf(kind, attempts)} + 1, ${sign(kind, now)}
    WHERE ${isLapsed(kind, now)}`;
}

/** Gives a sign of life. Does nothing when the lease was lost. */
export function renewLease(kind: LeaseKind, holder: Holder, now: InstantMicros, change?: Sql): Sql {
  const more = change === undefined ? raw("") : sql`${change}, `;
  return sql`UPDATE ${raw(getTableName(kind.table))} SET ${more}${sign(kind, now)}
    WHERE ${isHeldBy(kind, holder)}`;
}

/** Removes the row of a lease: the work has ended, or somebody else may take it at once. */
export function dropLease(kind: LeaseKind, holder: Holder): Sql {
  return sql`DELETE FROM ${raw(getTableName(kind.table))} WHERE ${isHeldBy(kind, holder)}`;
}
