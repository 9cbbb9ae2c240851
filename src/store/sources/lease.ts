/** Who works on a dataset's flows: read with the load of a write, and guarded in its batch. */
import type { InstantMicros } from "../../model/time.ts";
import { isHeldBy, isLapsed, SOURCE_LEASE } from "../leases/lease.ts";
import { columnsOf, computed, select, type RowOfColumns } from "../sql/columns.ts";
import { raw, sql, type Sql, type Statement } from "../sql/template.ts";
import { sourceLeases } from "../tables/core.ts";

/** What has to be so of the work on a dataset when a write is done. */
export interface HeldLease {
  readonly dataset: string;
  /** The token of who works on it; null: nobody does. */
  readonly token: string | null;
}

/** Who works on a dataset. */
export interface DatasetWorker {
  readonly token: string;
  /** False when it has been silent for too long. */
  readonly isAlive: boolean;
}

const workerAt = (now: InstantMicros) => ({
  ...columnsOf(sourceLeases, "token"),
  is_alive: computed<number>(sql`NOT ${isLapsed(SOURCE_LEASE, now)}`),
});

/** A row of `leaseStatements`. */
export type WorkerRow = RowOfColumns<ReturnType<typeof workerAt>>;

/** The statement that tells who works on a dataset. */
export function leaseStatements(
  dataset: string | undefined,
  now: InstantMicros,
): readonly Statement<WorkerRow>[] {
  return dataset === undefined
    ? []
    : [select(workerAt(now))`FROM source_leases WHERE dataset = ${dataset}`];
}

/** Who works on it, from the rows of that statement. */
export function readWorker([row]: readonly WorkerRow[]): DatasetWorker | null {
  return row === undefined ? null : { token: row.token, isAlive: row.is_alive === 1 };
}

/** True when the work on a dataset is as a write wants it. */
export function isHeld({ token }: HeldLease, worker: DatasetWorker | null): boolean {
  return token === null ? worker?.isAlive !== true : worker?.token === token;
}

/** Conditions of a guard, at most one: somebody else works on the dataset. */
export function leaseGuards(lease: HeldLease | null, now: InstantMicros): readonly Sql[] {
  if (lease === null) return [];
  const { dataset, token } = lease;
  const held = raw("EXISTS (SELECT 1 FROM source_leases WHERE");
  return token === null
    ? [sql`${held} dataset = ${dataset} AND NOT ${isLapsed(SOURCE_LEASE, now)})`]
    : [sql`NOT ${held} ${isHeldBy(SOURCE_LEASE, { key: dataset, holder: token })})`];
}
