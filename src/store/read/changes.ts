/** The change feed: every new version of every resource, in the order of the commits. */
import { LIMITS } from "../../model/limits.ts";
import type { InstantMicros } from "../../model/time.ts";
import type { Principal } from "../../identity/principal.ts";
import type { AsOf } from "../../query/query.ts";
import { readView } from "./meta.ts";
import type { ReadContext } from "./read-context.ts";
import { raw, sql, type Sql, type Statement } from "../sql/template.ts";
import type { resources, transactions } from "../tables/core.ts";
import { maySee, resourceRow, type View } from "../visibility/visible.ts";
import { known } from "./transaction.ts";

/** A place in the feed: after a whole transaction (`rid` null), or inside one, after a row of it. */
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
  /** Why it was made; null where no reason was given. */
  readonly reason: string | null;
}

/** A part of the feed and where to go on. */
export interface Feed {
  readonly entries: readonly FeedEntry[];
  /** Behind all that was looked at: also what is hidden, and transactions that changed no resource. */
  readonly next: FeedPosition;
  /** False: the feed of the state that was looked at ends here. */
  readonly more: boolean;
}

/** A part of the feed that one statement looks at. */
interface Window {
  readonly after: FeedPosition;
  /** Changes that are looked at, at most; so many transactions, too. */
  readonly rows: number;
  /** Entries that are wanted, at most. */
  readonly limit: number;
}

const whole = (count: number): Sql => raw(String(count));

/** Transactions from a place on that changed about as many rows as are looked at; one at least. */
const transactionsFrom = (view: View, { after, rows }: Window): Sql => sql`
  SELECT m.id, m.recorded_at, coalesce(octet_length(m.reason), 0) AS size, m.first_rid, m.created, m.changed FROM (
    SELECT n.*, sum(n.resources) OVER (ORDER BY n.id) - n.resources AS earlier FROM (
      SELECT * FROM transactions t
      WHERE t.id ${raw(after.rid === null ? ">" : ">=")} ${whole(after.transaction)} AND ${known(view)}
      ORDER BY t.id LIMIT ${whole(rows)}) n) m
  WHERE m.earlier < ${whole(rows)}`;

/** Changes in the order of the feed. The rows that a transaction made follow each other. */
const changesFrom = ({ after, rows }: Window): Sql => {
  const { transaction, rid } = after;
  const first = raw(
    rid === null
      ? "w.first_rid"
      : `CASE WHEN w.id = ${transaction} THEN max(w.first_rid, ${rid + 1}) ELSE w.first_rid END`,
  );
  const beyond = raw(rid === null ? "1" : `(w.id > ${transaction} OR c.value > ${rid})`);
  return sql`SELECT w.id AS tx, w.recorded_at, r.rid, w.size FROM w CROSS JOIN resources r
      ON r.rid >= ${first} AND r.rid < min(w.first_rid + w.created, ${first} + ${whole(rows)})
    UNION ALL
    SELECT w.id, w.recorded_at, c.value, w.size FROM w CROSS JOIN json_each(w.changed) c WHERE ${beyond}
    ORDER BY 1, 3 LIMIT ${whole(rows)}`;
};

const ENTRY = `json_array(v.tx, v.recorded_at, v.rid, r.identifier, r.payload_type,
  CASE WHEN r.tx_from = v.tx THEN r.version ELSE h.version END,
  CASE WHEN r.tx_from = v.tx THEN r.is_deleted ELSE h.is_deleted END,
  CASE WHEN v.size > 0 THEN (SELECT t.reason FROM transactions t WHERE t.id = v.tx) END)`;

/** Changes whose reasons fit on a page: a long one comes with each change of its transaction. */
const fits = (): Sql => raw(`v.bytes <= ${LIMITS.pageBytesMax}`);

type Resource = typeof resources.$inferSelect;

type StoredEntry = readonly [
  tx: Resource["tx_from"],
  recordedAt: InstantMicros,
  rid: Resource["rid"],
  identifier: Resource["identifier"],
  payloadType: Resource["payload_type"],
  version: Resource["version"],
  isDeleted: Resource["is_deleted"],
  reason: (typeof transactions.$inferSelect)["reason"],
];

/** How far a window went. */
const reachedIn = (view: View): Sql => sql`json_array(
  (SELECT count(*) FROM s), (SELECT max(s.tx) FROM s),
  (SELECT s.rid FROM s ORDER BY s.tx DESC, s.rid DESC LIMIT 1),
  (SELECT max(w.id) FROM w), (SELECT max(t.id) FROM transactions t WHERE ${known(view)}),
  (SELECT count(*) FROM v WHERE NOT (${fits()})))`;

type StoredReached = readonly [
  changes: number,
  lastTx: number | null,
  lastRid: number | null,
  lastOfWindow: number | null,
  lastOfState: number | null,
  /** Visible changes that the page has no room for. */
  left: number,
];

/** A change as JSON; in the last row how far the window went, as JSON. */
interface WindowRow {
  readonly entry: string | null;
  readonly reached: string | null;
}

/** The visible changes of a window in order, and behind them how far it went. */
const windowStatement = (view: View, window: Window): Statement<WindowRow> => sql`
  WITH w AS MATERIALIZED (${transactionsFrom(view, window)}),
  s AS MATERIALIZED (${changesFrom(window)}),
  v AS MATERIALIZED (SELECT x.*, sum(x.size) OVER (ORDER BY x.tx, x.rid) AS bytes FROM (
    SELECT s.* FROM s CROSS JOIN resources r ON r.rid = s.rid
    WHERE ${maySee(view.visibility, resourceRow("r"))}
    ORDER BY s.tx, s.rid LIMIT ${whole(window.limit)}) x)
  SELECT p.entry, p.reached FROM (
    SELECT 0 AS is_end, v.tx AS tx, v.rid AS rid, ${raw(ENTRY)} AS entry, NULL AS reached
    FROM v CROSS JOIN resources r ON r.rid = v.rid
    LEFT JOIN history h ON h.identifier = r.identifier AND h.tx_from = v.tx AND h.tx_to > v.tx
    WHERE ${fits()}
    UNION ALL
    SELECT 1, 0, 0, NULL, ${reachedIn(view)}) p
  ORDER BY p.is_end, p.tx, p.rid`;

const operationOf = (version: number, isDeleted: number): FeedEntry["operation"] =>
  version === 1 ? "create" : isDeleted === 1 ? "delete" : "update";

const toEntry = ([
  tx,
  instant,
  ,
  identifier,
  payloadType,
  version,
  isDeleted,
  reason,
]: StoredEntry) => ({
  transaction: tx,
  instant,
  identifier,
  payloadType,
  version,
  operation: operationOf(version, isDeleted),
  reason,
});

/** What the statement answered. */
const readWindow = (
  rows: readonly WindowRow[],
): { readonly entries: readonly StoredEntry[]; readonly reached: StoredReached } => {
  const last = rows.at(-1)?.reached;
  if (typeof last !== "string") throw new Error("The feed did not say how far it went.");
  return {
    entries: rows.slice(0, -1).map(({ entry }) => JSON.parse(entry ?? "null") as StoredEntry),
    reached: JSON.parse(last) as StoredReached,
  };
};

interface Behind extends Pick<Feed, "next" | "more"> {
  /** True: the page has room for no more, whatever follows. */
  readonly full: boolean;
}

/** Where the feed goes on behind a window, and whether it does. */
const behind = (
  { after, rows, limit }: Window,
  entries: readonly StoredEntry[],
  [changes, lastTx, lastRid, lastOfWindow, lastOfState, left]: StoredReached,
): Behind => {
  const last = entries.at(-1);
  if ((entries.length === limit || left > 0) && last !== undefined) {
    return { next: { transaction: last[0], rid: last[2] }, more: true, full: true };
  }
  if (changes === rows && lastTx !== null) {
    return { next: { transaction: lastTx, rid: lastRid }, more: true, full: false };
  }
  const transaction = Math.max(after.transaction, lastOfWindow ?? 0);
  return { next: { transaction, rid: null }, more: transaction < (lastOfState ?? 0), full: false };
};

/** Changes that the first window looks at beyond those that are wanted: as a rule few are hidden. */
const MORE_ROWS = 50;
const GROWTH = 4;

const firstRows = (limit: number): number =>
  Math.min(limit + Math.min(limit, MORE_ROWS), LIMITS.changesPageMax);

/**
 * Reads a page of changes after a place, in the order of their commit. What the caller may not see is
 * left out, and the page is filled up with what follows, so that hidden changes do not show as
 * shorter pages; `LIMITS.changesExaminedMax` bounds how many are passed over.
 */
export async function readChanges(
  readContext: ReadContext,
  principal: Principal,
  after: FeedPosition,
  limit: number,
  asOf: AsOf,
): Promise<Feed> {
  const entries: StoredEntry[] = [];
  let window: Window = { after, limit, rows: firstRows(limit) };
  for (let examined = 0; ;) {
    const asked = window;
    const answer = await readView(readContext, principal, asOf, (view) => [
      windowStatement(view, asked),
    ]);
    const { entries: found, reached } = readWindow(answer.results[0]);
    entries.push(...found);
    const { next, more, full } = behind(asked, found, reached);
    examined += asked.rows;
    const isEnough = full || examined >= LIMITS.changesExaminedMax;
    if (!more || isEnough) return { entries: entries.map(toEntry), next, more };
    const most = Math.min(asked.rows * GROWTH, LIMITS.changesPageMax);
    window = { after: next, limit: limit - entries.length, rows: most };
  }
}
