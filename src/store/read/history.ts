/** The versions of one resource, each with the transaction that made it. */
import { AppError } from "../../model/error.ts";
import type { TransactionRecord } from "../../model/transaction.ts";
import type { Principal } from "../../identity/principal.ts";
import type { AsOf } from "../../query/query.ts";
import { noteShown } from "../audit.ts";
import type { DatabaseRow } from "../database.ts";
import { look, type Looking } from "../meta.ts";
import { selectRow, toRow, type Row } from "../row.ts";
import { raw, sql, type Sql } from "../sql.ts";
import { historyRow, maySee, resourceRow, type VersionRow, type View } from "../visible.ts";

/** One version and the transaction that made it. */
export interface HistoryEntry {
  readonly row: Row;
  readonly transaction: TransactionRecord;
}

const versions = (view: View, identifier: string): Sql => {
  const until = (alias: string): Sql =>
    view.snapshot === null ? raw("1") : sql`${raw(alias)}.tx_from <= ${view.snapshot}`;
  const branch = (table: string, row: VersionRow): Sql => {
    const alias = raw(row.alias);
    return sql`SELECT ${selectRow(view, row, { children: false })}, ${alias}.tx_from, ${alias}.version AS number
      FROM ${raw(table)} ${alias} WHERE ${alias}.identifier = ${identifier}
      AND ${maySee(view.sight, row)} AND ${until(row.alias)}`;
  };
  return sql`SELECT v.*, t.id AS tx, t.recorded_at, t.principal, t.surface, t.operation,
      t.request_id, t.resources
    FROM (${branch("resources", resourceRow("r"))} UNION ALL ${branch("history", historyRow("h"))}) v
    CROSS JOIN transactions t ON t.id = v.tx_from ORDER BY v.number`;
};

/** The transaction of a joined row. */
export const toTransaction = (row: DatabaseRow): TransactionRecord => ({
  id: row["tx"] as number,
  recordedAt: row["recorded_at"] as number,
  principal: row["principal"] as string,
  surface: row["surface"] as string,
  operation: row["operation"] as string,
  requestId: row["request_id"] as string,
  resources: row["resources"] as number,
});

/**
 * Every version of a resource up to a state, oldest first, tombstones included.
 *
 * @throws AppError `not_found` when it never existed or is not visible to the caller.
 */
export const readHistory = async (
  looking: Looking,
  principal: Principal,
  identifier: string,
  asOf: AsOf,
): Promise<readonly HistoryEntry[]> => {
  const answer = await look(looking, principal, asOf, (view) => [versions(view, identifier)]);
  const rows = answer.results[0] ?? [];
  if (rows.length === 0) {
    throw new AppError("not_found", "The resource does not exist.", {
      details: [{ identifier, path: "identifier", code: "not_found", detail: "No such resource." }],
    });
  }
  const entries = rows.map((row) => ({ row: toRow(row), transaction: toTransaction(row) }));
  await noteShown(
    looking,
    answer.principal,
    entries.slice(0, 1).map(({ row }) => row),
  );
  return entries;
};
