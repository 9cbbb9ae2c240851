/** What was answered under an Idempotency-Key: found with the load, saved in the batch. */
import { AppError } from "../../model/error.ts";
import { LIMITS } from "../../model/limits.ts";
import type { InstantMicros } from "../../model/time.ts";
import type { Receipt, WriteContext } from "../../model/transaction.ts";
import type { Principal } from "../../identity/principal.ts";
import { heldOf, isOverQuota, refuseOverQuota, type HeldRow } from "../tasks/quota.ts";
import { insertInto, listOf } from "../sql/columns.ts";
import { sql, type Sql, type Statement } from "../sql/template.ts";
import { idempotency as records } from "../tables/core.ts";

const MICROS_PER_HOUR = 3_600_000_000;

/** Records older than this instant do not count any more. */
export function idempotencyExpiry(now: InstantMicros): InstantMicros {
  return now - LIMITS.idempotencyHours * MICROS_PER_HOUR;
}

type StoredRecord = typeof records.$inferSelect;

/** The record of a key, null where there is none, and what its principal has of them. */
export interface RecalledRow extends HeldRow {
  readonly request_hash: StoredRecord["request_hash"] | null;
  readonly receipt: StoredRecord["receipt"] | null;
}

/** The statement that finds the record of a request's key; none when it has no key. */
export function findResponse(
  principal: Principal,
  { idempotency }: WriteContext,
  now: InstantMicros,
): readonly Statement<RecalledRow>[] {
  return idempotency === undefined
    ? []
    : [
        sql`SELECT i.request_hash, i.receipt, ${listOf(heldOf("idempotency", principal))}
          FROM (SELECT 1) LEFT JOIN idempotency i ON i.principal = ${principal.id}
            AND i.key = ${idempotency.key} AND i.recorded_at >= ${idempotencyExpiry(now)}`,
      ];
}

/**
 * The receipt of the earlier call with the same key; null when there was none.
 *
 * @throws AppError `idempotency_key_reused` when that call was another request; `too_many_requests`
 *   when there was none and too many are remembered.
 */
export function foundResponse(row: RecalledRow | undefined, context: WriteContext): string | null {
  if (row === undefined) return null;
  if (row.request_hash === null) {
    refuseOverQuota("idempotency", row);
    return null;
  }
  if (row.request_hash !== context.idempotency?.requestHash) {
    throw new AppError(
      "idempotency_key_reused",
      "The Idempotency-Key was used before with another request.",
    );
  }
  return row.receipt;
}

const RECORDS = insertInto(records, "principal", "key", "request_hash", "receipt", "recorded_at");

/**
 * The statements that keep a receipt (JSON text as SQL) under the request's key, in place of one
 * that has expired. Where there is one already, or too many, they undo the batch, which has to empty
 * `guard` at its end.
 */
export function saveResponse(
  principal: Principal,
  { idempotency }: WriteContext,
  receipt: Sql,
  now: InstantMicros,
): readonly Sql[] {
  return idempotency === undefined
    ? []
    : [
        sql`${RECORDS}
          VALUES (${principal.id}, ${idempotency.key}, ${idempotency.requestHash}, ${receipt}, ${now})
          ON CONFLICT (principal, key) DO UPDATE SET request_hash = excluded.request_hash,
            receipt = excluded.receipt, recorded_at = excluded.recorded_at
          WHERE idempotency.recorded_at < ${idempotencyExpiry(now)}`,
        sql`INSERT INTO guard (stale)
          SELECT changes() = 0 OR ${isOverQuota("idempotency", principal)}`,
      ];
}

const encoder = new TextEncoder();

/** Room for the other members of a receipt. */
const RECEIPT_BYTES = 4_096;

/**
 * Passes for an answer that fits into one value of the database, where it has to be remembered.
 *
 * @throws AppError `too_large`.
 */
export function refuseUnmemorable(
  { idempotency }: WriteContext,
  { answer = "", shown }: Receipt,
): void {
  if (idempotency === undefined) return;
  // The text travels inside a JSON text: quotes and the like take two bytes there.
  const bytes = encoder.encode(JSON.stringify([answer, shown])).length + RECEIPT_BYTES;
  if (bytes <= LIMITS.parameterBytesMax) return;
  const detail = "Expected a smaller answer: with an Idempotency-Key it is remembered.";
  throw new AppError("too_large", detail, {
    details: [{ path: "projection", code: "too_large", detail }],
  });
}
