/**
 * Leases: a worker owns a piece of work as long as it renews its lease. When the lease has expired,
 * another worker may take it, and updates of the first one have no effect. This module makes the
 * statements that take, renew and drop a lease; its callers add what else changes.
 */
import { getTableName } from "drizzle-orm";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import { LIMITS } from "../../model/limits.ts";
import type { InstantMicros } from "../../model/time.ts";
import { join, raw, sql, type Sql } from "../sql/template.ts";
import { exports, objectChecks, sourceLeases } from "../tables/core.ts";

const MICROS_PER_SECOND = 1_000_000;

/** The table of a kind of lease, and how long a lease lasts without renewal. */
export interface LeaseKind {
  readonly table: SQLiteTable;
  /** Identifies the work. */
  readonly key: SQLiteColumn;
  /** Identifies the holder; each new holder has another value. */
  readonly holder: SQLiteColumn;
  /** Counts how often it was taken. */
  readonly attempts: SQLiteColumn;
  /** The instant of the last renewal, or of the end of the lease. */
  readonly mark: SQLiteColumn;
  readonly marks: "sign" | "end";
  readonly seconds: number;
}

/** Held by the worker that makes the file of an export. */
export const EXPORT_LEASE = {
  table: exports,
  key: exports.id,
  holder: exports.attempts,
  attempts: exports.attempts,
  mark: exports.touched_at,
  marks: "sign",
  seconds: LIMITS.exportLeaseSeconds,
} as const satisfies LeaseKind;

/** Held by the worker that runs the flows of a dataset. */
export const SOURCE_LEASE = {
  table: sourceLeases,
  key: sourceLeases.dataset,
  holder: sourceLeases.token,
  attempts: sourceLeases.attempts,
  mark: sourceLeases.touched_at,
  marks: "sign",
  seconds: LIMITS.sourceLeaseSeconds,
} as const satisfies LeaseKind;

/** Held by the worker that verifies the copy of a harvested file. */
export const CHECK_LEASE = {
  table: objectChecks,
  key: objectChecks.file,
  holder: objectChecks.attempts,
  attempts: objectChecks.attempts,
  mark: objectChecks.due_at,
  marks: "end",
  seconds: LIMITS.objectCheckSeconds,
} as const satisfies LeaseKind;

/** The holder of a lease. */
export interface Holder {
  readonly key: string;
  /** Its token, or the number of its attempt. */
  readonly holder: string | number;
}

const nameOf = ({ name }: SQLiteColumn): Sql => raw(name);

/** A column qualified by its table, for statements with joins. */
const columnOf = ({ table }: LeaseKind, column: SQLiteColumn): Sql =>
  raw(`${getTableName(table)}.${column.name}`);

const sign = (kind: LeaseKind, now: InstantMicros): Sql => {
  const instant = kind.marks === "end" ? now + kind.seconds * MICROS_PER_SECOND : now;
  return sql`${nameOf(kind.mark)} = CAST(${instant} AS INTEGER)`;
};

/**
 * True for work that has not reported for too long. For work that only the worker that started it can
 * finish, so that no other worker takes it over.
 */
export function isSilent(lastSign: InstantMicros, seconds: number, now: InstantMicros): boolean {
  return now - lastSign >= seconds * MICROS_PER_SECOND;
}

/** Condition on a row of the table: the lease has expired at an instant. */
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
 * Takes the leases of existing rows.
 *
 * @param which condition on the rows. It has to exclude rows with a live lease.
 * @param change further assignments, as SQL.
 */
export function takeLease(kind: LeaseKind, now: InstantMicros, which: Sql, change?: Sql): Sql {
  const attempts = nameOf(kind.attempts);
  const more = change === undefined ? raw("") : sql`${change}, `;
  return sql`UPDATE ${raw(getTableName(kind.table))} SET ${more}${attempts} = ${attempts} + 1,
    ${sign(kind, now)} WHERE ${which}`;
}

/** Takes a lease whose row exists only while it is held. Does nothing while a lease is live. */
export function openLease(kind: LeaseKind, { key, holder }: Holder, now: InstantMicros): Sql {
  const { table, key: name, holder: token, attempts, mark } = kind;
  const columns = join([name, token, attempts, mark].map(nameOf), ", ");
  return sql`INSERT INTO ${raw(getTableName(table))} (${columns})
    VALUES (${key}, ${holder}, 1, CAST(${now} AS INTEGER))
    ON CONFLICT (${nameOf(name)}) DO UPDATE SET ${nameOf(token)} = excluded.${nameOf(token)},
      ${nameOf(attempts)} = ${columnOf(kind, attempts)} + 1, ${sign(kind, now)}
    WHERE ${isLapsed(kind, now)}`;
}

/** Renews a lease. Does nothing when it was lost. */
export function renewLease(kind: LeaseKind, holder: Holder, now: InstantMicros, change?: Sql): Sql {
  const more = change === undefined ? raw("") : sql`${change}, `;
  return sql`UPDATE ${raw(getTableName(kind.table))} SET ${more}${sign(kind, now)}
    WHERE ${isHeldBy(kind, holder)}`;
}

/** Removes the row of a lease: the work has ended, or another worker may take it at once. */
export function dropLease(kind: LeaseKind, holder: Holder): Sql {
  return sql`DELETE FROM ${raw(getTableName(kind.table))} WHERE ${isHeldBy(kind, holder)}`;
}
