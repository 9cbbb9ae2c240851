/** The audit log, and what upkeep has to say: wire to model, and model to wire. */
import { formatInstant } from "../../../model/time.ts";
import { renderReason } from "./render.ts";
import type { AuditPage, AuditPosition, Rollup } from "../../../store/index.ts";

/** What was computed, in a sentence. `millis` is how long it took. */
export function renderSettled(
  { transaction, resources, isComplete }: Rollup,
  millis: number,
): string {
  return isComplete
    ? `Settled ${resources} resources in ${millis} ms: true up to transaction ${transaction}.`
    : `Not yet settled after ${millis} ms: true up to transaction ${transaction}. Call again to go on.`;
}

/** The form of a position in the audit log: `next` of a page. */
export const POSITION = /^(\d{1,16})\.([01])\.(\d{1,15})$/;

/** The position that a text of this form names. */
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
