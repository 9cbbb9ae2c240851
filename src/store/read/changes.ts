/** The change feed and single transactions. */
import { AppError } from "../../model/error.ts";
import type { InstantMicros } from "../../model/time.ts";
import type { TransactionRecord } from "../../model/transaction.ts";
import type { Principal } from "../../identity/principal.ts";
import type { AsOf } from "../../query/query.ts";
import { look, type Looking } from "../meta.ts";
import { raw, sql, type Sql } from "../sql.ts";
import { maySee, maySeeRid, resourceRow, type View } from "../visible.ts";
import { toTransaction } from "./history.ts";

/** A place in the feed: after a whole transaction (`rid` null), or inside a large one. */
export interface FeedPosition {
  readonly transaction: number;
  readonly rid: number | null;
}

/** One change of one resource. */
export interface FeedEntry {
  readonly transaction: number;
  readonly instant: InstantMicros;
  readonly identifier: string;
  readonly payloadType: string;
  readonly version: number;
  readonly operation: "create" | "update" | "delete";
}

/** A part of the feed and where to go on. */
export interface Feed {
  readonly entries: readonly FeedEntry[];
  readonly next: FeedPosition;
}

/** The rows that transactions (a subquery under alias t) touched. */
const touched = (transactions: Sql): Sql => sql`
  SELECT t.id AS tx, t.recorded_at, r.rid FROM (${transactions}) t
  CROSS JOIN resources r ON r.rid >= t.first_rid AND r.rid < t.first_rid + t.created
  UNION ALL SELECT t.id, t.recorded_at, c.value FROM (${transactions}) t
  CROSS JOIN json_each(t.changed) c`;

/** Transactions (under alias t) that had happened in the state looked at. */
const known = ({ snapshot }: View): Sql =>
  snapshot === null ? raw("1") : sql`t.id <= ${snapshot}`;

/** As many transactions from a place on as hold a page of changes. */
const windowOf = (view: View, after: FeedPosition, limit: number): Sql => sql`
  SELECT * FROM (SELECT t.*, sum(t.resources) OVER (ORDER BY t.id) - t.resources AS earlier
      FROM transactions t WHERE t.id >= ${after.transaction} AND ${known(view)} ORDER BY t.id
      LIMIT CAST(${limit + 2} AS INTEGER))
    WHERE earlier <= ${limit} + (SELECT coalesce(max(f.resources), 0) FROM transactions f WHERE f.id = ${after.transaction})`;

const beyond = (after: FeedPosition): Sql =>
  after.rid === null
    ? sql`x.tx > ${after.transaction}`
    : sql`(x.tx > ${after.transaction} OR x.rid > ${after.rid})`;

const feedStatement = (view: View, after: FeedPosition, limit: number): Sql => sql`
  WITH x AS (SELECT * FROM (${touched(windowOf(view, after, limit))}) x WHERE ${beyond(after)}
    ORDER BY x.tx, x.rid LIMIT CAST(${limit} AS INTEGER))
  SELECT x.tx, x.recorded_at, x.rid, r.identifier, r.payload_type,
    CASE WHEN r.tx_from = x.tx THEN r.version ELSE h.version END AS version,
    CASE WHEN r.tx_from = x.tx THEN r.is_deleted ELSE h.is_deleted END AS is_deleted,
    ${maySee(view.sight, resourceRow("r"))} AS is_visible
  FROM x CROSS JOIN resources r ON r.rid = x.rid
  LEFT JOIN history h ON h.identifier = r.identifier AND h.tx_from = x.tx AND h.tx_to > x.tx
  ORDER BY x.tx, x.rid`;

interface FeedRow {
  readonly tx: number;
  readonly recorded_at: number;
  readonly rid: number;
  readonly identifier: string;
  readonly payload_type: string;
  readonly version: number;
  readonly is_deleted: number;
  readonly is_visible: number;
}

const operationOf = (row: FeedRow): FeedEntry["operation"] =>
  row.version === 1 ? "create" : row.is_deleted === 1 ? "delete" : "update";

const toEntry = (row: FeedRow): FeedEntry => ({
  transaction: row.tx,
  instant: row.recorded_at,
  identifier: row.identifier,
  payloadType: row.payload_type,
  version: row.version,
  operation: operationOf(row),
});

/** Reads changes after a place, in the order of their commit. Invisible resources are left out. */
export const readChanges = async (
  looking: Looking,
  principal: Principal,
  after: FeedPosition,
  limit: number,
  asOf: AsOf,
): Promise<Feed> => {
  const answer = await look(looking, principal, asOf, (view) => [
    feedStatement(view, after, limit),
  ]);
  const rows = (answer.results[0] ?? []) as unknown as readonly FeedRow[];
  const last = rows.at(-1);
  const full = rows.length >= limit && last !== undefined;
  const end = { transaction: Math.max(after.transaction, last?.tx ?? 0), rid: null };
  return {
    entries: rows.filter((row) => row.is_visible === 1).map(toEntry),
    next: full ? { transaction: last.tx, rid: last.rid } : last === undefined ? after : end,
  };
};

/**
 * The audit record of one transaction. Others than an admin see it when it touched something that
 * they may see, and only that is counted.
 *
 * @throws AppError `not_found`.
 */
export const readTransaction = async (
  looking: Looking,
  principal: Principal,
  id: number,
  asOf: AsOf,
): Promise<TransactionRecord> => {
  const answer = await look(looking, principal, asOf, (view) => {
    const one = sql`SELECT * FROM transactions WHERE id = ${id}`;
    return [
      sql`SELECT t.id AS tx, t.recorded_at, t.principal, t.surface, t.operation, t.request_id,
        (SELECT count(*) FROM (${touched(one)}) x WHERE ${maySeeRid(view.sight, "x.rid")}) AS resources
        FROM transactions t WHERE t.id = ${id} AND ${known(view)}`,
    ];
  });
  const row = answer.results[0]?.[0];
  if (row === undefined || row["resources"] === 0) {
    throw new AppError("not_found", "The transaction does not exist.");
  }
  return toTransaction(row);
};
