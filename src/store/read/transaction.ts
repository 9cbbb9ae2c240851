/** The audit records of single transactions. */
import { AppError } from "../../model/error.ts";
import type { TransactionRecord } from "../../model/transaction.ts";
import type { Principal } from "../../identity/principal.ts";
import type { AsOf } from "../../query/query.ts";
import type { transactions } from "../tables/core.ts";
import { readView } from "./meta.ts";
import type { ReadContext } from "./read-context.ts";
import { raw, sql, type Sql, type Statement } from "../sql/template.ts";
import { maySee, maySeeRid, resourceRow, type View } from "../visibility/visible.ts";

/** Transactions (under alias t) that had happened in the state looked at. */
export function known({ snapshot }: View): Sql {
  return snapshot === null ? raw("1") : sql`t.id <= ${snapshot}`;
}

type Stored = typeof transactions.$inferSelect;

type Told =
  | "recorded_at"
  | "principal"
  | "surface"
  | "operation"
  | "request_id"
  | "resources"
  | "reason";

/** The columns of a transaction in a joined row. */
export interface TransactionRow extends Readonly<Pick<Stored, Told>> {
  readonly tx: Stored["id"];
}

/** The transaction of a joined row. */
export function toTransaction(row: TransactionRow): TransactionRecord {
  return {
    id: row.tx,
    recordedAt: row.recorded_at,
    principal: row.principal,
    surface: row.surface,
    operation: row.operation,
    requestId: row.request_id,
    resources: row.resources,
    reason: row.reason,
  };
}

/** How many of the resources that a transaction t wrote the reader sees. */
const resourcesSeen = (view: View): Sql => sql`(SELECT count(*) FROM (
    SELECT r.rid FROM resources r WHERE r.rid >= t.first_rid AND r.rid < t.first_rid + t.created
    UNION ALL SELECT c.value FROM json_each(t.changed) c) x WHERE ${maySeeRid(view.visibility, "x.rid")})`;

/** How many of the links that a transaction t opened or closed the reader sees: both ends of them. */
const linksSeen = (view: View): Sql => {
  const seen = (which: "tx_from" | "tx_to"): Sql => sql`SELECT 1 FROM edges e
    CROSS JOIN resources a ON a.identifier = e.source
    CROSS JOIN resources b ON b.identifier = e.target
    WHERE e.${raw(which)} = t.id AND e.kind <> 'derived_from'
      AND ${maySee(view.visibility, resourceRow("a"))} AND ${maySee(view.visibility, resourceRow("b"))}`;
  return sql`(SELECT count(*) FROM (${seen("tx_from")} UNION ALL ${seen("tx_to")}))`;
};

/** What a reader sees of a transaction. */
interface SeenTransaction extends TransactionRow {
  readonly links: number;
}

/**
 * The audit record of one transaction. Others than an admin see it when it touched a resource or a
 * link that they may see, and only these are counted.
 *
 * @throws AppError `not_found`.
 */
export async function readTransaction(
  readContext: ReadContext,
  principal: Principal,
  id: number,
  asOf: AsOf,
): Promise<TransactionRecord & { readonly links: number }> {
  const statement = (view: View): Statement<SeenTransaction> =>
    sql`SELECT t.id AS tx, t.recorded_at, t.principal, t.surface, t.operation, t.request_id, t.reason,
      ${resourcesSeen(view)} AS resources, ${linksSeen(view)} AS links
      FROM transactions t WHERE t.id = ${id} AND ${known(view)}`;
  const answer = await readView(readContext, principal, asOf, (view) => [statement(view)]);
  const [[row]] = answer.results;
  if (row === undefined || (row.resources === 0 && row.links === 0)) {
    throw new AppError("not_found", "The transaction does not exist.");
  }
  return { ...toTransaction(row), links: row.links };
}
