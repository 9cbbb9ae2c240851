/**
 * How much a principal may have of what is kept for a while. Triggers keep the count (`quota_usage`);
 * a bound is asked before something is kept, and guarded in the batch that keeps it.
 */
import type { Principal } from "../../identity/principal.ts";
import { AppError } from "../../model/error.ts";
import { LIMITS } from "../../model/limits.ts";
import { computed, type RowOfColumns } from "../sql/columns.ts";
import { raw, sql, type Expression, type Sql } from "../sql/template.ts";
import type { quotaUsage } from "../tables/core.ts";

/** What is counted. */
export type QuotaKind = "idempotency" | "uploads" | "exports" | "tasks";

interface Quota {
  readonly items: number;
  readonly bytes: number;
  /** What is kept, and how it becomes less. */
  readonly told: string;
}

/** The bounds of one principal. */
const QUOTAS: Readonly<Record<QuotaKind, Quota>> = {
  idempotency: {
    items: LIMITS.idempotencyKeysMax,
    bytes: LIMITS.idempotencyBytesMax,
    told: `What was answered under an Idempotency-Key is kept for ${LIMITS.idempotencyHours} hours; send fewer of them, or none.`,
  },
  uploads: {
    items: LIMITS.uploadsOpenMax,
    bytes: Number.MAX_SAFE_INTEGER,
    told: "Uploads that nobody finishes are given up when their URL has expired, after a day at the earliest; finish those that have arrived.",
  },
  exports: {
    items: LIMITS.exportsKeptMax,
    bytes: LIMITS.exportBytesMax,
    told: `Files are kept for ${LIMITS.exportKeptHours} hours, and what is told of them for twice as long.`,
  },
  tasks: {
    items: LIMITS.tasksKeptMax,
    bytes: LIMITS.taskBytesMax,
    told: `Answers of tasks are kept for ${LIMITS.taskHours} hours; ask without \`execution.asynchronous\`.`,
  },
};

const WORDS: Readonly<Record<QuotaKind, string>> = {
  idempotency: "Idempotency-Keys",
  uploads: "unfinished uploads",
  exports: "exports",
  tasks: "tasks",
};

/** Seconds after which it makes sense to ask again: the next turn of what removes things. */
const RETRY_SECONDS = 300;

const usageOf = (kind: QuotaKind, principal: Principal): Sql =>
  sql`FROM quota_usage q WHERE q.principal = ${principal.id} AND q.kind = ${raw(`'${kind}'`)}`;

type Usage = typeof quotaUsage.$inferSelect;

/** How many bytes a principal has, as an expression that is NULL for none. */
export function bytesHeld(
  kind: QuotaKind,
  principal: Principal,
): Expression<Usage["bytes"] | null> {
  return sql`(SELECT q.bytes ${usageOf(kind, principal)})`;
}

/** What a principal has, as columns that are NULL for nothing. */
export const heldOf = (kind: QuotaKind, principal: Principal) => ({
  items: computed<Usage["items"] | null>(sql`(SELECT q.items ${usageOf(kind, principal)})`),
  bytes: bytesHeld(kind, principal),
});

/** What a principal has of a kind. */
export type HeldRow = RowOfColumns<ReturnType<typeof heldOf>>;

/**
 * Passes while a principal may keep so many more.
 *
 * @param row what it has.
 * @throws AppError `too_many_requests` naming the bound.
 */
export function refuseOverQuota(kind: QuotaKind, row: HeldRow | undefined, more = 1): void {
  const { items, bytes, told } = QUOTAS[kind];
  const hasRoom = (row?.items ?? 0) + more <= items;
  if (hasRoom && (row?.bytes ?? 0) < bytes) return;
  const bound = hasRoom ? `${bytes} bytes of ${WORDS[kind]}` : `${items} ${WORDS[kind]}`;
  throw new AppError("too_many_requests", `One caller has at most ${bound} at a time. ${told}`, {
    retryAfterSeconds: RETRY_SECONDS,
  });
}

/**
 * An expression, true where a principal has more than it may: behind statements that keep something
 * it undoes their batch as a row of `guard`. Somebody else was faster then, and who asks again is
 * told. Bytes are checked before, by who knows how many come.
 */
export function isOverQuota(kind: QuotaKind, principal: Principal): Sql {
  return sql`EXISTS (SELECT 1 ${usageOf(kind, principal)} AND q.items > ${raw(String(QUOTAS[kind].items))})`;
}

/** Bytes that a principal may have. */
export function bytesMax(kind: QuotaKind): number {
  return QUOTAS[kind].bytes;
}
