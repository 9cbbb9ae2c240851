/**
 * Works out a generation of settled counts, slice by slice. Each slice is one batch that says in SQL
 * where it begins, so a run can be cut off anywhere and go on later, and two runs at once do each
 * slice once. Reads see a generation only when it is complete.
 */
import { authorize } from "../../identity/policy.ts";
import type { Principal } from "../../identity/principal.ts";
import type { Session } from "../sql/session.ts";
import { readWithMeta } from "../read/meta.ts";
import { raw, sql, type Sql, type Statement } from "../sql/template.ts";
import type { rollupState } from "../tables/core.ts";
import type { View } from "../visibility/visible.ts";
import { expand } from "./expand.ts";
import { FACTS, RULES, TOTAL } from "./facts.ts";
import { sliceCounts, sliceStatistics, type SliceWalk } from "./slice.ts";

const SLICE_RIDS = 5_000;
const FORGET_ROWS = 5_000;

const DIMENSIONS_TEXT = JSON.stringify([TOTAL, ...FACTS.map(({ name }) => name)]);

type RollupState = typeof rollupState.$inferSelect;

/** The generations, the last transaction, and what has to be done. */
interface StateRow extends Readonly<
  Pick<RollupState, "generation" | "tx" | "building" | "rid_last">
> {
  readonly is_of_rules: number;
  readonly tx_last: number;
  readonly is_littered: number;
}

const STATE: Statement<StateRow> = sql`SELECT s.generation, s.tx, s.building, s.rid_last, s.rules = ${RULES} AS is_of_rules,
    (SELECT coalesce(max(t.id), 0) FROM transactions t) AS tx_last,
    EXISTS (SELECT 1 FROM settled_statistics o WHERE o.generation < s.generation)
      OR EXISTS (SELECT 1 FROM settled_counts o WHERE o.generation < s.generation)
      OR EXISTS (SELECT 1 FROM settled_restricted o WHERE o.generation < s.generation) AS is_littered
  FROM settlement s WHERE s.id = 1`;

/** Fixes the transaction and copies what is restricted then; nothing when a build is under way. */
const begin: readonly Sql[] = [
  sql`UPDATE settlement SET building = max(generation, coalesce(building, 0)) + 1,
      building_tx = (SELECT coalesce(max(id), 0) FROM transactions), building_rules = ${RULES},
      progress = -1, rid_last = (SELECT coalesce(max(rid), 0) FROM resources)
    WHERE id = 1 AND (building IS NULL OR building_rules <> ${RULES})`,
  raw(`INSERT INTO settled_restricted (generation, rid) SELECT s.building, q.rid
    FROM settlement s CROSS JOIN restricted q WHERE s.progress = -1`),
  raw("UPDATE settlement SET progress = 0 WHERE progress = -1"),
];

const slice = (rids: number): Sql => sql`slice(identifier) AS MATERIALIZED (
  SELECT r.identifier FROM settlement s
  CROSS JOIN resources r ON r.rid > s.progress AND r.rid <= s.progress + CAST(${rids} AS INTEGER)
  WHERE s.building IS NOT NULL)`;

const THEN: View = {
  visibility: { kind: "everything" },
  snapshot: raw("(SELECT building_tx FROM settlement)"),
};

const restricted = raw(`EXISTS (SELECT 1 FROM settled_restricted q
  WHERE q.generation = (SELECT building FROM settlement) AND q.rid = v.rid)`);

const walkOf = (rids: number): SliceWalk => ({ slice: slice(rids), view: THEN, restricted });

/** Counts the next slice, notes that it is done, and after the last one opens the generation. */
const advance = (rids: number): readonly Sql[] => [
  sql`INSERT INTO settled_statistics (generation, rid, restricted, dimension, member, count, bytes)
    ${sliceStatistics(
      walkOf(rids),
      (contributions) => sql`SELECT (SELECT building FROM settlement), e.ancestor, e.restricted,
        e.dimension, e.member, e.count, e.bytes
        FROM (${expand(contributions, DIMENSIONS_TEXT, "bytes")}) e WHERE true`,
    )}
    ON CONFLICT DO UPDATE SET count = count + excluded.count, bytes = bytes + excluded.bytes`,
  sql`INSERT INTO settled_counts (generation, rid, restricted, children, descendants)
    SELECT (SELECT building FROM settlement), s.ancestor, s.restricted, s.children, s.descendants
    FROM (${sliceCounts(walkOf(rids))}) s WHERE true
    ON CONFLICT DO UPDATE SET children = children + excluded.children,
      descendants = descendants + excluded.descendants`,
  sql`UPDATE settlement SET progress = progress + CAST(${rids} AS INTEGER)
    WHERE building IS NOT NULL`,
  raw(`UPDATE settlement SET generation = building, tx = building_tx, rules = building_rules,
      building = NULL WHERE building IS NOT NULL AND progress >= rid_last`),
];

const forgetIn = (table: string, key: string): Sql =>
  raw(`DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table}
    WHERE generation < (SELECT generation FROM settlement) LIMIT ${FORGET_ROWS})`);

/** Removes some of what older generations left. */
const forget: readonly Sql[] = [
  forgetIn("settled_statistics", "generation, rid, restricted, dimension, member"),
  forgetIn("settled_counts", "generation, rid, restricted"),
  forgetIn("settled_restricted", "generation, rid"),
];

interface State {
  readonly tx: number;
  readonly txLast: number;
  readonly ridLast: number;
  readonly isBuilding: boolean;
  readonly isOfRules: boolean;
  readonly isLittered: boolean;
}

const stateOf = (row: StateRow | undefined): State => {
  if (row === undefined) throw new Error("The settlement row is missing: apply the migrations.");
  return {
    tx: row.tx,
    txLast: row.tx_last,
    ridLast: row.rid_last ?? 0,
    isBuilding: row.building !== null,
    isOfRules: row.is_of_rules === 1,
    isLittered: row.is_littered === 1,
  };
};

const next = (state: State, target: number, rids: number): readonly Sql[] | null => {
  if (state.isBuilding) return advance(rids);
  if (state.isLittered) return forget;
  return state.isOfRules && state.tx >= target ? null : begin;
};

/** How a run goes on, and when it stops although there is more to do. */
export interface Pace {
  /** Resources of a slice, tombstones included; absent: so many that a slice is short. */
  readonly sliceRids?: number;
  /** Calls to the database, at most. */
  readonly callsMax: number;
  readonly millisMax: number;
}

/** What a run achieved. */
export interface Rollup {
  /** Everything up to this transaction is settled. */
  readonly transaction: number;
  /** Resources that were looked at in the generation, tombstones included. */
  readonly resources: number;
  /** False: a later run has to go on. */
  readonly isComplete: boolean;
}

/** Settles everything up to the transaction that is the last one when the run begins. */
export async function refreshRollups(session: Session, pace: Pace): Promise<Rollup> {
  const deadline = Date.now() + pace.millisMax;
  const ask = async (statements: readonly Sql[]): Promise<State> => {
    const all: readonly Statement<StateRow>[] = [...statements, STATE];
    return stateOf((await session.batch(all)).at(-1)?.[0]);
  };
  let state = await ask([]);
  const target = state.txLast;
  for (let calls = 1; ; calls += 1) {
    const statements = next(state, target, pace.sliceRids ?? SLICE_RIDS);
    const isComplete = state.isOfRules && state.tx >= target;
    if (statements === null || calls >= pace.callsMax || Date.now() >= deadline) {
      return { transaction: state.tx, resources: state.ridLast, isComplete };
    }
    state = await ask(statements);
  }
}

/** A request may send 1,000 statements; a slice is five. */
const REQUEST_PACE: Pace = { callsMax: 150, millisMax: 60_000 };

/**
 * Settles everything on behalf of an admin.
 *
 * @throws AppError `forbidden` for everybody else.
 */
export async function refreshFor(session: Session, principal: Principal): Promise<Rollup> {
  await readWithMeta(session, principal, (caller) => {
    authorize(caller, "administer", "*");
    return [];
  });
  return refreshRollups(session, REQUEST_PACE);
}
