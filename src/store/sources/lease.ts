/** The lease on a dataset's flows: read with the load of a write, and guarded in its batch. */
import type { InstantMicros } from "../../model/time.ts";
import { isHeldBy, isLapsed, SOURCE_LEASE } from "../leases/lease.ts";
import { columnsOf, computed, select, type RowOfColumns } from "../sql/columns.ts";
import { raw, sql, type Sql, type Statement } from "../sql/template.ts";
import { sourceLeases } from "../tables/core.ts";

/** The state of a dataset's lease that a write requires. */
export interface HeldLease {
  readonly dataset: string;
  /** The token of the holder; null: there is no live lease. */
  readonly token: string | null;
}

/** The worker that holds the lease of a dataset. */
export interface DatasetWorker {
  readonly token: string;
  /** False when the lease has expired. */
  readonly isAlive: boolean;
}

const workerAt = (now: InstantMicros) => ({
  ...columnsOf(sourceLeases, "token"),
  is_alive: computed<number>(sql`NOT ${isLapsed(SOURCE_LEASE, now)}`),
});

/** A row of `leaseStatements`. */
export type WorkerRow = RowOfColumns<ReturnType<typeof workerAt>>;

/** The statement that reads the lease of a dataset. */
export function leaseStatements(
  dataset: string | undefined,
  now: InstantMicros,
): readonly Statement<WorkerRow>[] {
  return dataset === undefined
    ? []
    : [select(workerAt(now))`FROM source_leases WHERE dataset = ${dataset}`];
}

/** The worker, from the rows of that statement. */
export function readWorker([row]: readonly WorkerRow[]): DatasetWorker | null {
  return row === undefined ? null : { token: row.token, isAlive: row.is_alive === 1 };
}

/** True when the lease of a dataset is in the state that a write requires. */
export function isHeld({ token }: HeldLease, worker: DatasetWorker | null): boolean {
  return token === null ? worker?.isAlive !== true : worker?.token === token;
}

/** Conditions of a guard, at most one: another worker holds the lease. */
export function leaseGuards(lease: HeldLease | null, now: InstantMicros): readonly Sql[] {
  if (lease === null) return [];
  const { dataset, token } = lease;
  const held = raw("EXISTS (SELECT 1 FROM source_leases WHERE");
  return token === null
    ? [sql`${held} dataset = ${dataset} AND NOT ${isLapsed(SOURCE_LEASE, now)})`]
    : [sql`NOT ${held} ${isHeldBy(SOURCE_LEASE, { key: dataset, holder: token })})`];
}
