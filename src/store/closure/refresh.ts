/**
 * Keeps closure and rollups up to date, step by step. Each step is one batch that says in SQL where it
 * begins, so a run can be cut off anywhere and go on later, and two runs at once do each step once.
 */
import { authorize } from "../../identity/policy.ts";
import type { Principal } from "../../identity/principal.ts";
import type { Session } from "../sql/session.ts";
import { readWithMeta } from "../read/meta.ts";
import { sql, type Sql, type Statement } from "../sql/template.ts";
import type { rollupState } from "../tables/closure.ts";
import { advance } from "./advance.ts";
import { RULES } from "./facts.ts";
import { begin, build, forget, IS_LITTERED } from "./rebuild.ts";

/** Resources of a slice: of those that have changed, and of a generation, whose paths are not known. */
const CHANGED_RIDS = 5_000;
const BUILT_RIDS = 10_000;

/** How far everything has come, and what has to be done. */
interface StateRow extends Readonly<
  Pick<typeof rollupState.$inferSelect, "generation" | "tx" | "refreshed" | "differences">
> {
  /** The last row of the generation that was built last. */
  readonly rid_last: number;
  readonly tx_last: number;
  readonly is_building: number;
  readonly is_of_rules: number;
  readonly is_queued: number;
  readonly is_littered: number;
}

const STATE: Statement<StateRow> = sql`SELECT s.generation, s.tx, s.refreshed, s.differences,
    coalesce(s.rid_last, 0) AS rid_last,
    (SELECT coalesce(max(t.id), 0) FROM transactions t) AS tx_last,
    s.building IS NOT NULL AND s.building_rules = ${RULES} AS is_building,
    s.rules = ${RULES} AS is_of_rules,
    EXISTS (SELECT 1 FROM rollup_queue) AS is_queued, ${IS_LITTERED} AS is_littered
  FROM rollup_state s WHERE s.id = 1`;

/** How a run goes on, and when it stops although there is more to do. */
export interface Pace {
  /** Resources of a slice; absent: so many that a slice is short. */
  readonly sliceRids?: number;
  /** Calls to the database, at most. */
  readonly callsMax: number;
  readonly millisMax: number;
  /** True: everything is worked out anew, compared and replaced; else what has changed. */
  readonly isFull?: boolean;
}

/** What a run achieved. */
export interface Rollup {
  /** Closure and rollups are up to date with this transaction. */
  readonly transaction: number;
  /** Resources that were counted anew; in a full run all of them, tombstones included. */
  readonly resources: number;
  /** In a full run, the rows that were other than they should be; null where nothing was compared. */
  readonly differences: number | null;
  /** False: a later run has to go on. */
  readonly isComplete: boolean;
}

const isUpToDate = (state: StateRow, target: number): boolean =>
  state.is_of_rules === 1 && state.is_queued === 0 && state.tx >= target;

/** What has to be done next; null for nothing. */
const next = (
  state: StateRow,
  target: number,
  isFullDue: boolean,
  rids: number | undefined,
): readonly Sql[] | null => {
  if (state.is_building === 1) return build(rids ?? BUILT_RIDS);
  if (state.is_littered === 1) return forget;
  if (state.is_of_rules === 0) return begin;
  if (!isFullDue && isUpToDate(state, target)) return null;
  const changed = advance(rids ?? CHANGED_RIDS);
  return isFullDue ? [...changed, ...begin] : changed;
};

/** Brings everything up to date with the transaction that is the last one when the run begins. */
export async function refreshRollups(session: Session, pace: Pace): Promise<Rollup> {
  const deadline = Date.now() + pace.millisMax;
  const step = async (statements: readonly Sql[]): Promise<StateRow> => {
    const all: readonly Statement<StateRow>[] = [...statements, STATE];
    const state = (await session.batch(all)).at(-1)?.[0];
    if (state === undefined) throw new Error("The rollup state is missing: apply the migrations.");
    return state;
  };
  const first = await step([]);
  const isFull = pace.isFull === true;
  let state = first;
  for (let calls = 1; ; calls += 1) {
    const isFullDue = isFull && state.generation === first.generation;
    const statements = next(state, first.tx_last, isFullDue, pace.sliceRids);
    if (statements === null || calls >= pace.callsMax || Date.now() >= deadline) {
      return {
        transaction: state.tx,
        resources: isFull ? state.rid_last : state.refreshed - first.refreshed,
        differences: isFull && first.is_of_rules === 1 ? state.differences : null,
        isComplete: isUpToDate(state, first.tx_last) && !isFullDue,
      };
    }
    state = await step(statements);
  }
}

/** A request may send 800 statements; a step is about 15. What is left goes on with the next call. */
const REQUEST_PACE: Pace = { callsMax: 50, millisMax: 60_000 };

/**
 * Brings everything up to date on behalf of an admin.
 *
 * @param isFull true: everything is worked out anew.
 * @throws AppError `forbidden` for everybody else.
 */
export async function refreshFor(
  session: Session,
  principal: Principal,
  isFull: boolean,
): Promise<Rollup> {
  await readWithMeta(session, principal, (caller) => {
    authorize(caller, "administer", "*");
    return [];
  });
  return refreshRollups(session, { ...REQUEST_PACE, isFull });
}
