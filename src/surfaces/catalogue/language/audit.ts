/** The audit log and the report of the upkeep: wire to model, and model to wire. */
import { formatInstant } from "../../../model/time.ts";
import { renderReason } from "./render.ts";
import type { AuditPage, AuditPosition, Rollup } from "../../../store/index.ts";

/** What was computed, in a sentence or two. `millis` is how long it took. */
export function renderRefresh(
  { transaction, resources, differences, isComplete }: Rollup,
  isFull: boolean,
  millis: number,
): string {
  if (!isComplete) {
    return `Not yet up to date after ${millis} ms: so far with transaction ${transaction}. Call again to go on.`;
  }
  const done = isFull ? "Recomputed" : "Refreshed";
  const compared = differences === null ? "" : ` ${differences} rows differed.`;
  return `${done} ${resources} resources in ${millis} ms: up to date with transaction ${transaction}.${compared}`;
}

/** The form of a position in the audit log: `next` of a page. */
export const POSITION = /^(\d{1,16})\.([01])\.(\d{1,15})$/;

/** The position in a string of this form. */
export function parsePosition(after: string): AuditPosition {
  const [recordedAt = 0, kind = 0, id = 0] = after.split(".").map(Number);
  return { recordedAt, kind, id };
}

/** A page of the audit log. */
export function renderAudit({ records, next }: AuditPage) {
  return {
    transactions: records.map((record) => ({
      transaction: record.transaction,
      instant: formatInstant(record.recordedAt),
      principal: record.principal,
      surface: record.surface,
      operation: record.operation,
      route: record.route,
      request_id: record.requestId,
      resources: record.resources,
      ...renderReason(record),
      ...(record.identifiers === undefined ? {} : { identifiers: record.identifiers }),
    })),
    next: next === null ? null : `${next.recordedAt}.${next.kind}.${next.id}`,
  };
}
