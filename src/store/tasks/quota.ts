/**
 * Quotas of principals for temporary data. Triggers maintain the usage (`quota_usage`); the bound is
 * checked before data is stored, and guarded in the batch that stores it.
 */
import type { Principal } from "../../identity/principal.ts";
import { AppError } from "../../model/error.ts";
import { LIMITS } from "../../model/limits.ts";
import { computed, type RowOfColumns } from "../sql/columns.ts";
import { raw, sql, type Expression, type Sql } from "../sql/template.ts";
import type { quotaUsage } from "../tables/core.ts";

/** The kinds of temporary data with a quota. */
export type QuotaKind = "idempotency" | "uploads" | "exports" | "tasks";

interface Quota {
  readonly items: number;
  readonly bytes: number;
  /** For the error message: how long the data is kept, and how to reduce it. */
  readonly advice: string;
}

/** The bounds of one principal. */
const QUOTAS: Readonly<Record<QuotaKind, Quota>> = {
  idempotency: {
    items: LIMITS.idempotencyKeysMax,
    bytes: LIMITS.idempotencyBytesMax,
    advice: `The response to a call with an Idempotency-Key is kept for ${LIMITS.idempotencyHours} hours; send fewer of these keys, or none.`,
  },
  uploads: {
    items: LIMITS.uploadsOpenMax,
    bytes: Number.MAX_SAFE_INTEGER,
    advice:
      "Unfinished uploads are removed when their URL has expired, after a day at the earliest; finish those that are complete.",
  },
  exports: {
    items: LIMITS.exportsKeptMax,
    bytes: LIMITS.exportBytesMax,
    advice: `Files are kept for ${LIMITS.exportKeptHours} hours, and their records for twice as long.`,
  },
  tasks: {
    items: LIMITS.tasksKeptMax,
    bytes: LIMITS.taskBytesMax,
    advice: `Answers of tasks are kept for ${LIMITS.taskHours} hours; send the request without \`execution.asynchronous\`.`,
  },
};

const WORDS: Readonly<Record<QuotaKind, string>> = {
  idempotency: "Idempotency-Keys",
  uploads: "unfinished uploads",
  exports: "exports",
  tasks: "tasks",
};

/** Seconds until the next run of the job that removes expired data. */
const RETRY_SECONDS = 300;

const usageOf = (kind: QuotaKind, principal: Principal): Sql =>
  sql`FROM quota_usage q WHERE q.principal = ${principal.id} AND q.kind = ${raw(`'${kind}'`)}`;

type Usage = typeof quotaUsage.$inferSelect;

/** Expression: the bytes that a principal has; NULL for none. */
export function bytesHeld(
  kind: QuotaKind,
  principal: Principal,
): Expression<Usage["bytes"] | null> {
  return sql`(SELECT q.bytes ${usageOf(kind, principal)})`;
}

/** Columns: items and bytes that a principal has; NULL for none. */
export const heldOf = (kind: QuotaKind, principal: Principal) => ({
  items: computed<Usage["items"] | null>(sql`(SELECT q.items ${usageOf(kind, principal)})`),
  bytes: bytesHeld(kind, principal),
});

/** A row of `heldOf`. */
export type HeldRow = RowOfColumns<ReturnType<typeof heldOf>>;

/**
 * Checks that a principal may store some more items.
 *
 * @param row its usage.
 * @throws AppError `too_many_requests` naming the bound.
 */
export function refuseOverQuota(kind: QuotaKind, row: HeldRow | undefined, more = 1): void {
  const { items, bytes, advice } = QUOTAS[kind];
  const hasRoom = (row?.items ?? 0) + more <= items;
  if (hasRoom && (row?.bytes ?? 0) < bytes) return;
  const bound = hasRoom ? `${bytes} bytes of ${WORDS[kind]}` : `${items} ${WORDS[kind]}`;
  throw new AppError("too_many_requests", `One caller has at most ${bound} at a time. ${advice}`, {
    retryAfterSeconds: RETRY_SECONDS,
  });
}

/**
 * Expression: true when a principal exceeds its number of items. As a row of `guard` after the
 * statements that store something it undoes their batch: a concurrent call was faster, and the retry
 * gets the error. Bytes are checked by the callers, which know the size in advance.
 */
export function isOverQuota(kind: QuotaKind, principal: Principal): Sql {
  return sql`EXISTS (SELECT 1 ${usageOf(kind, principal)} AND q.items > ${raw(String(QUOTAS[kind].items))})`;
}

/** The number of bytes that a principal may have. */
export function bytesMax(kind: QuotaKind): number {
  return QUOTAS[kind].bytes;
}
