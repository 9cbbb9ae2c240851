/** What was answered under an Idempotency-Key: recalled with the load, remembered in the batch. */
import { AppError } from "../model/error.ts";
import { LIMITS } from "../model/limits.ts";
import type { InstantMicros } from "../model/time.ts";
import type { WriteContext } from "../model/transaction.ts";
import type { Principal } from "../identity/principal.ts";
import type { DatabaseRow } from "./database.ts";
import { sql, type Sql } from "./sql.ts";

const MICROS_PER_HOUR = 3_600_000_000;

/** Records older than this instant do not count any more. */
export const idempotencyExpiry = (now: InstantMicros): InstantMicros =>
  now - LIMITS.idempotencyHours * MICROS_PER_HOUR;

/** The statement that finds the record of a request's key; none when it has no key. */
export const recall = (
  principal: Principal,
  { idempotency }: WriteContext,
  now: InstantMicros,
): readonly Sql[] =>
  idempotency === undefined
    ? []
    : [
        sql`SELECT request_hash, receipt FROM idempotency
          WHERE principal = ${principal.id} AND key = ${idempotency.key}
            AND recorded_at >= ${idempotencyExpiry(now)}`,
      ];

/**
 * The receipt of the earlier call with the same key; null when there was none.
 *
 * @throws AppError `idempotency_key_reused` when that call was another request.
 */
export const recalled = (row: DatabaseRow | undefined, context: WriteContext): string | null => {
  if (row === undefined) return null;
  if (row["request_hash"] !== context.idempotency?.requestHash) {
    throw new AppError(
      "idempotency_key_reused",
      "The Idempotency-Key was used before with another request.",
    );
  }
  return row["receipt"] as string;
};

/** The statements that keep a receipt (JSON text as SQL) under the request's key. */
export const remember = (
  principal: Principal,
  { idempotency }: WriteContext,
  receipt: Sql,
  now: InstantMicros,
): readonly Sql[] =>
  idempotency === undefined
    ? []
    : [
        sql`DELETE FROM idempotency WHERE principal = ${principal.id} AND key = ${idempotency.key}
          AND recorded_at < ${idempotencyExpiry(now)}`,
        sql`INSERT INTO idempotency (principal, key, request_hash, receipt, recorded_at)
          VALUES (${principal.id}, ${idempotency.key}, ${idempotency.requestHash}, ${receipt}, ${now})`,
      ];
