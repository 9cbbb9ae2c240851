/**
 * Adds the values of what has been written since the watermark to `past_values`, slice by slice. Each
 * slice is one batch that says in SQL where it begins, so that a run can be cut off anywhere and go on
 * later, and two runs at once do each slice once. A read of a state goes by the values once the watermark
 * has passed it: nothing that is written later changes which values resources had before.
 */
import type { Registry } from "../../schema/type.ts";
import { jsonChunks } from "../sql/chunks.ts";
import type { Session } from "../sql/session.ts";
import { raw, sql, type Sql, type Statement } from "../sql/template.ts";
import { pastFields, levelOf, MISSING } from "./fields.ts";

/** Transactions of a slice, and resources that they wrote; at least one transaction. */
const TRANSACTIONS_MAX = 1_000;
const TOUCHED_MAX = 2_000;

/** How a run goes on, and when it stops although there is more to do. */
export interface PastPace {
  /** Calls to the database, at most. */
  readonly callsMax: number;
  readonly millisMax: number;
  /** Resources of a slice; absent: so many that a slice is short. */
  readonly touchedMax?: number;
}

/** What a run achieved. */
export interface PastProgress {
  /** The values of all versions up to this transaction are there. */
  readonly transaction: number;
  /** False: a later run has to go on. */
  readonly isComplete: boolean;
}

/** The instant at which the oldest resource of a type was created; NULL for none. */
const oldestOf = (name: string): string => `(SELECT min(
    (SELECT r.created_at FROM resources r INDEXED BY resources_type
      WHERE r.payload_type = ${name} AND r.visibility = v.value AND r.is_deleted = d.value
      ORDER BY r.created_at LIMIT 1))
  FROM json_each('[0,1,2]') v CROSS JOIN json_each('[0,1]') d)`;

/** Fields that are new begin before the first resource of their type. */
const enrol = (registry: Registry): readonly Sql[] =>
  jsonChunks(pastFields(registry)).map(
    ({ text }) => sql`INSERT INTO past_fields (payload_type, field, tx, target)
      SELECT n.payload_type, n.field, n.tx, n.tx FROM (
        SELECT j.value->>0 AS payload_type, j.value->>1 AS field, coalesce(
          (SELECT t.id - 1 FROM transactions t WHERE t.recorded_at = ${raw(oldestOf("j.value->>0"))}),
          (SELECT max(t.id) FROM transactions t), 0) AS tx
        FROM json_each(${text}) j WHERE NOT EXISTS (SELECT 1 FROM past_fields f
          WHERE f.payload_type = j.value->>0 AND f.field = j.value->>1)) n WHERE true
      ON CONFLICT DO NOTHING`,
  );

/** The next transactions of the fields that are furthest behind, up to where the next ones are. */
const aim = (touched: Sql): Sql => sql`UPDATE past_fields SET target = coalesce((
    SELECT max(b.id) FROM (
      SELECT t.id, t.resources, sum(t.resources) OVER (ORDER BY t.id) AS total FROM (
        SELECT id, resources FROM transactions WHERE id > (SELECT min(tx) FROM past_fields)
          AND id <= coalesce((SELECT min(f.tx) FROM past_fields f
            WHERE f.tx > (SELECT min(tx) FROM past_fields)), 9223372036854775807)
        ORDER BY id LIMIT ${raw(String(TRANSACTIONS_MAX))}) t) b
    WHERE b.total <= ${touched} OR b.total = b.resources), tx)
  WHERE tx = (SELECT min(tx) FROM past_fields)`;

const path = "'$.\"' || f.field || '\"'";

/** The value that rows are sorted by, as the compiler of conditions has it. */
const value = `CASE WHEN json_type(v.payload, ${path}) NOT IN ('array', 'object')
  THEN v.payload ->> (${path}) END`;

const versionsIn = (alias: string): string => `SELECT ${alias}.rid, ${alias}.identifier,
    ${alias}.payload_type, ${alias}.created_at, ${alias}.tx_from, ${alias}.payload
  FROM span s CROSS JOIN touched t CROSS JOIN resources r ON r.rid = t.rid`;

const within = (alias: string): string =>
  `${alias}.tx_from > s.tx AND ${alias}.tx_from <= s.target AND ${alias}.is_deleted = 0`;

/** In the order of the transactions, so that the first one that gave a value stays. */
const add = raw(`INSERT OR IGNORE INTO past_values
    (field, value, created_at, identifier, rid, tx_from, level)
  WITH span(tx, target) AS MATERIALIZED (
      SELECT f.tx, f.target FROM past_fields f WHERE f.target > f.tx LIMIT 1),
    touched(rid) AS MATERIALIZED (
      SELECT r.rid FROM span s CROSS JOIN transactions t ON t.id > s.tx AND t.id <= s.target
        CROSS JOIN resources r ON r.rid >= t.first_rid AND r.rid < t.first_rid + t.created
      UNION
      SELECT j.value FROM span s CROSS JOIN transactions t ON t.id > s.tx AND t.id <= s.target
        CROSS JOIN json_each(t.changed) j),
    versions AS (
      ${versionsIn("r")} WHERE ${within("r")}
      UNION ALL
      ${versionsIn("h")} CROSS JOIN history h ON h.identifier = r.identifier AND h.tx_to > s.tx
      WHERE ${within("h")})
  SELECT f.id, coalesce(${value}, ${MISSING}), v.created_at, v.identifier, v.rid, v.tx_from,
    ${levelOf("v.tx_from")}
  FROM versions v CROSS JOIN past_fields f ON f.payload_type = v.payload_type
  WHERE f.target > f.tx ORDER BY v.tx_from`);

const arrive = raw("UPDATE past_fields SET tx = target WHERE target > tx");

interface StateRow {
  /** Null where no type has an indexed field. */
  readonly tx: number | null;
  readonly last: number;
}

const STATE: Statement<StateRow> = sql`SELECT min(f.tx) AS tx,
  (SELECT coalesce(max(t.id), 0) FROM transactions t) AS last FROM past_fields f`;

/** Adds the values up to the transaction that is the last one when the run begins, as far as the pace allows. */
export async function advancePast(
  session: Session,
  registry: Registry,
  { callsMax, millisMax, touchedMax = TOUCHED_MAX }: PastPace,
): Promise<PastProgress> {
  const deadline = Date.now() + millisMax;
  const step = async (statements: readonly Sql[]): Promise<StateRow> => {
    const all: readonly Statement<StateRow>[] = [...statements, STATE];
    const state = (await session.batch(all)).at(-1)?.[0];
    if (state === undefined) throw new Error("The watermarks of past values are not there.");
    return state;
  };
  let state = await step(enrol(registry));
  const target = state.last;
  for (let calls = 1; ; calls += 1) {
    const transaction = state.tx ?? target;
    const isComplete = transaction >= target;
    if (isComplete || calls >= callsMax || Date.now() >= deadline) {
      return { transaction, isComplete };
    }
    state = await step([aim(raw(String(touchedMax))), add, arrive]);
  }
}
