/** Who works on a dataset's flows: read with the load of a write, and guarded in its batch. */
import { LIMITS } from "../../model/limits.ts";
import type { InstantMicros } from "../../model/time.ts";
import type { DatabaseRow } from "../sql/session.ts";
import { sql, type Sql } from "../sql/template.ts";

const MICROS_PER_SECOND = 1_000_000;

/** What has to be so of the work on a dataset when a write is done. */
export interface HeldLease {
  readonly dataset: string;
  /** The token of who works on it; null: nobody does. */
  readonly token: string | null;
}

/** Condition on a row l of `source_leases`: its holder has been silent for too long. */
export const lapsed = (now: InstantMicros): Sql =>
  sql`l.touched_at < CAST(${now - LIMITS.sourceLeaseSeconds * MICROS_PER_SECOND} AS INTEGER)`;

/** Who works on a dataset. */
export interface DatasetWorker {
  readonly token: string;
  /** False when it has been silent for too long. */
  readonly isAlive: boolean;
}

/** The statement that tells who works on a dataset. */
export const leaseStatements = (dataset: string | undefined, now: InstantMicros): readonly Sql[] =>
  dataset === undefined
    ? []
    : [
        sql`SELECT l.token, NOT ${lapsed(now)} AS is_alive FROM source_leases l
          WHERE l.dataset = ${dataset}`,
      ];

/** Who works on it, from the rows of that statement. */
export const readWorker = ([row]: readonly DatabaseRow[]): DatasetWorker | null =>
  row === undefined ? null : { token: row["token"] as string, isAlive: row["is_alive"] === 1 };

/** True when the work on a dataset is as a write wants it. */
export const isHeld = ({ token }: HeldLease, worker: DatasetWorker | null): boolean =>
  token === null ? worker?.isAlive !== true : worker?.token === token;

/** Conditions of a guard, at most one: somebody else works on the dataset. */
export const leaseGuards = (lease: HeldLease | null, now: InstantMicros): readonly Sql[] =>
  lease === null
    ? []
    : lease.token === null
      ? [
          sql`EXISTS (SELECT 1 FROM source_leases l
            WHERE l.dataset = ${lease.dataset} AND NOT ${lapsed(now)})`,
        ]
      : [
          sql`NOT EXISTS (SELECT 1 FROM source_leases l
            WHERE l.dataset = ${lease.dataset} AND l.token = ${lease.token})`,
        ];
