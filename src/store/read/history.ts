/** The versions of one resource, each with the transaction that made it. */
import { AppError } from "../../model/error.ts";
import { LIMITS } from "../../model/limits.ts";
import type { InstantMicros } from "../../model/time.ts";
import type { TransactionRecord } from "../../model/transaction.ts";
import type { Principal } from "../../identity/principal.ts";
import type { AsOf } from "../../query/query.ts";
import { recordDisclosed } from "../audit/audit.ts";
import { readView } from "./meta.ts";
import type { ReadContext } from "./read-context.ts";
import { shareOf, type RowLoad } from "./row-load.ts";
import { selectRow, toDraft, WHOLE, type Row, type SelectedRow } from "./row.ts";
import { allOf, raw, sql, type Sql, type Statement } from "../sql/template.ts";
import type { history } from "../tables/core.ts";
import {
  historyRow,
  maySee,
  resourceRow,
  type VersionRow,
  type View,
} from "../visibility/visible.ts";
import { fittingWeights, loadMissing, weightOf } from "./complete.ts";
import { toTransaction, type TransactionRow } from "./transaction.ts";

/** One version and the transaction that made it. */
export interface HistoryEntry {
  readonly row: Row;
  readonly transaction: TransactionRecord;
}

/** Which versions a statement is about, given the alias of their table. */
type Which = (alias: string) => Sql;

const ANY: Which = () => raw("1");

/** A part of the versions of a resource. */
interface Part {
  readonly identifier: string;
  readonly which: Which;
  readonly direction: "ASC" | "DESC";
  readonly limit: number;
}

const known = ({ snapshot }: View, alias: string): Sql =>
  snapshot === null ? raw("1") : sql`${raw(alias)}.tx_from <= ${snapshot}`;

/**
 * Some of the versions up to a state, in order. They follow each other by their transactions, as the
 * index of the superseded ones has them: no more of these are read than there are answered.
 */
const versions = (view: View, part: Part, columns: (row: VersionRow) => Sql): Sql => {
  const { identifier, which, direction, limit } = part;
  const where = (row: VersionRow): Sql =>
    allOf([
      sql`${raw(row.alias)}.identifier = ${identifier}`,
      maySee(view.visibility, row),
      known(view, row.alias),
      which(row.alias),
    ]);
  const [current, past] = [resourceRow("r"), historyRow("h")];
  const most = sql`LIMIT CAST(${limit} AS INTEGER)`;
  return sql`SELECT * FROM (
      SELECT ${columns(current)}, r.version AS number, r.tx_from FROM resources r WHERE ${where(current)}
      UNION ALL SELECT * FROM (
        SELECT ${columns(past)}, h.version AS number, h.tx_from FROM history h
        WHERE ${where(past)} ORDER BY h.tx_to ${raw(direction)} ${most})) v
    ORDER BY v.number ${raw(direction)} ${most}`;
};

type Version = typeof history.$inferSelect;

/** A version with the transaction that made it. */
interface EntryRow extends SelectedRow, TransactionRow {
  readonly number: Version["version"];
  readonly tx_from: Version["tx_from"];
  /** Bytes of the reason. It comes only where those of the page up to it fit. */
  readonly reason_bytes: number;
}

const entryRows = (view: View, part: Part, load: RowLoad): Statement<EntryRow> =>
  sql`SELECT v.*, t.id AS tx, t.recorded_at, t.principal, t.surface, t.operation, t.request_id,
      t.resources, coalesce(octet_length(t.reason), 0) AS reason_bytes,
      CASE WHEN sum(octet_length(t.reason)) OVER (ORDER BY v.number) <= ${LIMITS.pageBytesMax} THEN t.reason END AS reason
    FROM (${versions(view, part, (row) => selectRow(view, row, load))}) v
    CROSS JOIN transactions t ON t.id = v.tx_from ORDER BY v.number`;

const missing = (identifier: string): AppError =>
  new AppError("not_found", "The resource does not exist.", {
    details: [{ identifier, path: "identifier", code: "not_found", detail: "No such resource." }],
  });

/** Which part of a history is wanted. */
export interface HistoryWanted {
  readonly identifier: string;
  readonly asOf: AsOf;
  /** The transaction that made the version after which the page begins; 0 for the first page. */
  readonly after: number;
  /** The most versions; fewer fill a page where they are large. */
  readonly limit: number;
}

/** A page of a history, oldest version first. */
export interface HistoryPage {
  readonly entries: readonly HistoryEntry[];
  /** Where the next page begins; null on the last one. */
  readonly next: number | null;
  /** The transaction whose state it shows: the next page shows the same. */
  readonly transaction: number;
}

const after =
  (transaction: number): Which =>
  (alias) =>
    allOf([
      sql`${raw(alias)}.tx_from > ${transaction}`,
      // The same of the index, for the superseded ones.
      alias === "h" ? sql`h.tx_to > ${transaction}` : raw("1"),
    ]);

const numbered =
  (numbers: readonly string[]): Which =>
  (alias) =>
    sql`${raw(alias)}.version IN (SELECT value FROM json_each(${`[${numbers.join(",")}]`}))`;

/**
 * A page of the versions of a resource up to a state, tombstones included.
 *
 * @throws AppError `not_found` when it never existed or is not visible to the caller.
 */
export async function readHistory(
  readContext: ReadContext,
  principal: Principal,
  { identifier, asOf, after: place, limit }: HistoryWanted,
): Promise<HistoryPage> {
  const which = place === 0 ? ANY : after(place);
  const part: Part = { identifier, which, direction: "ASC", limit: limit + 1 };
  const load: RowLoad = { children: false, most: shareOf(part.limit) };
  const answer = await readView(readContext, principal, asOf, (view) => [
    entryRows(view, part, load),
  ]);
  const [rows] = answer.results;
  if (rows.length === 0) throw missing(identifier);
  const drafts = rows.slice(0, limit).map(toDraft);
  const weights = drafts.map((draft, at) => weightOf(draft) + (rows[at]?.reason_bytes ?? 0));
  const shown = drafts.slice(0, fittingWeights(weights));
  const again = async (numbers: readonly string[]): Promise<readonly EntryRow[]> => {
    const some: Part = { ...part, which: numbered(numbers), limit: numbers.length };
    return (
      await readView(readContext, principal, asOf, (view) => [entryRows(view, some, WHOLE)])
    ).results.flat();
  };
  const rowOf = await loadMissing(shown, again, ({ version }) => String(version));
  const entries = shown.flatMap((draft, at): readonly HistoryEntry[] => {
    const [row, entry] = [rowOf(draft), rows[at]];
    return row === undefined || entry === undefined
      ? []
      : [{ row, transaction: toTransaction(entry) }];
  });
  if (entries.length === 0) throw missing(identifier);
  const [first] = entries;
  await recordDisclosed(readContext, answer.principal, first === undefined ? [] : [first.row]);
  const last = rows[shown.length - 1];
  const more = rows.length > shown.length;
  const { transaction } = answer.state;
  return { entries, next: more ? (last?.tx_from ?? null) : null, transaction };
}

/** Reads a page of a history. */
export type ReadHistory = (wanted: HistoryWanted) => Promise<HistoryPage>;

/**
 * All pages of a history in the state of its first one.
 *
 * @throws AppError as `readHistory` does, with any page.
 */
export async function* historyPages(
  read: ReadHistory,
  identifier: string,
  first: HistoryPage,
): AsyncGenerator<HistoryPage, void, undefined> {
  const { transaction } = first;
  const asOf: AsOf = { kind: "transaction", transaction };
  for (let page = first; ;) {
    yield page;
    if (page.next === null) return;
    page = await read({ identifier, asOf, after: page.next, limit: LIMITS.pageSizeDefault });
  }
}

/** A version by its number, or the one that was current at an instant. */
export type VersionWanted = { readonly version: number } | { readonly instant: InstantMicros };

const partOf = (identifier: string, wanted: VersionWanted): Part => ({
  identifier,
  direction: "DESC",
  limit: 1,
  which: (alias) =>
    "version" in wanted
      ? sql`${raw(alias)}.version = ${wanted.version}`
      : sql`${raw(alias)}.tx_from <= (SELECT max(i.id) FROM transactions i
          WHERE i.recorded_at <= ${wanted.instant})`,
});

/**
 * Some versions of a resource; undefined for one that there is not, up to the state.
 *
 * @throws AppError `not_found` when the resource never existed or is not visible to the caller.
 */
export async function readVersions(
  readContext: ReadContext,
  principal: Principal,
  identifier: string,
  wanted: readonly VersionWanted[],
  asOf: AsOf,
): Promise<readonly (Row | undefined)[]> {
  const first: Part = { identifier, which: ANY, direction: "ASC", limit: 1 };
  const answer = await readView(readContext, principal, asOf, (view) => [
    sql`SELECT number FROM (${versions(view, first, () => raw("1 AS found"))})`,
    ...wanted.map((each): Statement<SelectedRow> =>
      versions(view, partOf(identifier, each), (row) => selectRow(view, row, WHOLE)),
    ),
  ]);
  const [there, ...found] = answer.results;
  if (there.length === 0) throw missing(identifier);
  const rows = found.map(([row]) => (row === undefined ? undefined : toDraft(row).row));
  await recordDisclosed(
    readContext,
    answer.principal,
    rows.flatMap((row) => row ?? []).slice(0, 1),
  );
  return rows;
}
