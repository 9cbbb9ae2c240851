/**
 * Brings closure and rollups up to date from what has changed since the watermark: first the resources that
 * some transactions may have changed go into a queue, and the watermark moves; then they are counted anew,
 * slice by slice. The closure says of each resource how it is counted, so it does not matter which of them
 * have been counted anew, and when: reads complete the others.
 */
import { raw, sql, type Sql } from "../sql/template.ts";
import { applyChanges, noteChanges, recordIn, removeEmpty } from "./apply.ts";
import { RULES } from "./facts.ts";
import { affected, type Span } from "./paths.ts";
import { comparedNow } from "./terms.ts";

/** Transactions, and resources that they wrote, which go into the queue at once; at least one transaction. */
const TRANSACTIONS_MAX = 1_000;
const TOUCHED_MAX = 10_000;

/** Condition on the state: what is counted here may be changed. */
const isOpen = sql`building IS NULL AND rules = ${RULES}`;

/** The next transactions; none as long as more than a slice is waiting. */
const aim = (size: Sql): Sql => sql`UPDATE rollup_state SET target = coalesce((
    SELECT max(b.id) FROM (
      SELECT t.id, t.resources, sum(t.resources) OVER (ORDER BY t.id) AS total FROM (
        SELECT id, resources FROM transactions WHERE id > (SELECT tx FROM rollup_state)
        ORDER BY id LIMIT ${raw(String(TRANSACTIONS_MAX))}) t) b
    WHERE b.total <= ${raw(String(TOUCHED_MAX))} OR b.total = b.resources), tx)
  WHERE id = 1 AND ${isOpen} AND NOT EXISTS (SELECT 1 FROM rollup_queue LIMIT 1 OFFSET ${size})`;

const SPAN: Span = {
  name: "span",
  ofTransaction: "AND t.id <= span.target",
  ofInstant: "AND r.created_at <= span.target_instant",
};

const instantOf = (tx: string): string =>
  `coalesce((SELECT t.recorded_at FROM transactions t WHERE t.id = ${tx}), 0)`;

const enqueue: readonly Sql[] = [
  sql`INSERT INTO rollup_queue (rid, path, levels, sources)
    WITH RECURSIVE span(tx, instant, target, target_instant) AS MATERIALIZED (
        SELECT s.tx, ${raw(instantOf("s.tx"))}, s.target, ${raw(instantOf("s.target"))}
        FROM rollup_state s WHERE s.target > s.tx),
      ${affected(SPAN, [0, 1, 2])}
    SELECT rid, path, levels, sources FROM affected WHERE true
    ON CONFLICT DO UPDATE
      SET path = excluded.path, levels = excluded.levels, sources = excluded.sources`,
  raw("UPDATE rollup_state SET tx = target WHERE target > tx"),
];

const slice = (size: Sql): Sql => sql`slice(rid, path, levels, sources) AS (
  SELECT q.rid, q.path, q.levels, q.sources FROM rollup_state s CROSS JOIN rollup_queue q
  WHERE s.id = 1 AND ${isOpen} ORDER BY q.rid LIMIT ${size})`;

/** Notes in the closure how the slice is counted; resources that are counted no more leave it. */
const record = (size: Sql): readonly Sql[] => [
  recordIn(
    sql`WITH ${slice(size)}`,
    raw(`SELECT c.rid, iif(v.is_deleted, '', c.path), iif(v.is_deleted, 0, c.levels) AS depth,
        iif(v.is_deleted, '', c.sources), v.tx_from, v.visibility = 2
      FROM slice c CROSS JOIN resources v ON v.rid = c.rid
      WHERE depth > 0 OR EXISTS (SELECT 1 FROM closure n WHERE n.rid = c.rid)`),
  ),
  raw("DELETE FROM closure WHERE levels = 0"),
];

/**
 * The statements of a step: the next transactions go into the queue, and a slice of it is counted anew.
 *
 * @param resources how many a slice has.
 */
export function advance(resources: number): readonly Sql[] {
  const size = raw(String(resources));
  return [
    aim(size),
    ...enqueue,
    noteChanges(sql`${slice(size)}, ${comparedNow("slice", true)}`, null),
    ...applyChanges("generation"),
    ...removeEmpty,
    ...record(size),
    sql`DELETE FROM rollup_queue WHERE rid <= (WITH ${slice(size)} SELECT max(rid) FROM slice)`,
    raw("UPDATE rollup_state SET refreshed = refreshed + changes() WHERE changes() > 0"),
  ];
}
