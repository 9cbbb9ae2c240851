/** The owner of a harvest run: claim, report, end. Decisions over the store. */
import type { Principal } from "../../../identity/principal.ts";
import { AppError } from "../../../model/error.ts";
import type { Json, JsonObject } from "../../../model/json.ts";
import { LIMITS } from "../../../model/limits.ts";
import { formatInstant, type InstantMicros } from "../../../model/time.ts";
import type { Change } from "../../../model/transaction.ts";
import type { Decision } from "../../../store/index.ts";
import { liveOf, runOf, type Run } from "./records.ts";
import { newRun, notFound, OPEN, scheduleIn, subjectOf } from "./runs.ts";

/** After this long without a report from its claimant, another caller may take over a run. */
const SILENCE_MICROS = LIMITS.harvestSilenceSeconds * 1_000_000;

const isLost = (run: Run, now: InstantMicros): boolean => now - run.seenAt >= SILENCE_MICROS;

/** True while a run belongs to another caller: only the claimant works on it. */
const isHeldByOther = (run: Run, caller: Principal, now: InstantMicros): boolean =>
  run.status === "running" &&
  run.claimedBy !== null &&
  run.claimedBy !== caller.id &&
  !isLost(run, now);

/** A caller that claims runs: its principal, and the name that it gives itself. */
interface Claimer {
  readonly worker: string;
  readonly caller: Principal;
  readonly now: InstantMicros;
}

/** What a claim writes into a run. */
const claim = ({ worker, caller, now }: Claimer): JsonObject => ({
  status: "running",
  worker,
  claimed_by: caller.id,
  seen_at: formatInstant(now),
});

/** The run waits again: its claimant was silent for too long and may not report any more. */
const released = (run: Run): Change => ({
  kind: "update",
  identifier: run.id,
  payload: { status: "scheduled", worker: null, claimed_by: null, seen_at: null },
});

const isOwn = (run: Run, { worker, caller }: Claimer): boolean =>
  run.worker === worker && (run.claimedBy === null || run.claimedBy === caller.id);

/** Lost runs of an instrument: they wait again when one of them is claimed. */
const lostTo = (claimer: Claimer, runs: readonly Run[]): readonly Change[] =>
  runs
    .filter((run) => run.status === "running" && !isOwn(run, claimer) && isLost(run, claimer.now))
    .map(released);

/**
 * The run that a worker gets: its own first, then the oldest one that waits or was lost, of an
 * instrument without another claimed run.
 */
const nextRun = (runs: readonly Run[], claimer: Claimer): Run | undefined => {
  const running = runs.filter(({ status }) => status === "running");
  const others = running.filter((run) => !isOwn(run, claimer) && !isLost(run, claimer.now));
  const busy = new Set(others.map(({ instrumentId }) => instrumentId));
  return (
    running.find((run) => isOwn(run, claimer)) ??
    runs.find((run) => !others.includes(run) && !busy.has(run.instrumentId))
  );
};

/** Gives a worker the next run; returns its id, or null when there is none. */
export function claimRun(worker: string): Decision {
  return {
    actions: ["harvest"],
    elevated: true,
    subject: () => subjectOf([], OPEN),
    decide: ({ matched, principal: caller, source: { now } }) => {
      const runs = matched.map(runOf);
      const claimer = { worker, caller, now };
      const run = nextRun(runs, claimer);
      if (run === undefined) return { changes: [], answer: null };
      const others = runs.filter(
        ({ id, instrumentId }) => id !== run.id && instrumentId === run.instrumentId,
      );
      const change: Change = { kind: "update", identifier: run.id, payload: claim(claimer) };
      return { changes: [change, ...lostTo(claimer, others)], answer: run.id };
    },
  };
}

const MINUTES = LIMITS.harvestSilenceSeconds / 60;

const held = (what: string): AppError =>
  new AppError(
    "conflict",
    `${what} belongs to another until that is silent for ${MINUTES} minutes`,
  );

/** Gives a worker a run that an external scheduler began: it is created when it is claimed. */
export function adoptRun(id: string, scheduleId: string, worker: string): Decision {
  return {
    actions: ["harvest"],
    elevated: true,
    subject: () => subjectOf([id, scheduleId], OPEN),
    decide: (known) => {
      const { principal: caller, source } = known;
      const { now } = source;
      const row = liveOf(known.rows.get(id), "harvest_run");
      const run = row === undefined ? undefined : runOf(row);
      if (run?.status === "finished") return { changes: [], answer: null };
      if (run !== undefined && isHeldByOther(run, caller, now)) throw held("The run");
      const { instrumentId } = run ?? scheduleIn(known, scheduleId);
      const runs = known.matched.map(runOf);
      const others = runs.filter((other) => other.id !== id && other.instrumentId === instrumentId);
      if (others.some((other) => isHeldByOther(other, caller, now))) {
        throw held("A run of the instrument");
      }
      const claimer = { worker, caller, now };
      const claimed = claim(claimer);
      const change: Change =
        run === undefined
          ? newRun(id, scheduleIn(known, scheduleId), now, claimed)
          : { kind: "update", identifier: id, payload: claimed };
      return { changes: [change, ...lostTo(claimer, others)], answer: id };
    },
  };
}

/** The run of a row. @throws AppError `not_found`. */
const runIn = (row: Parameters<typeof liveOf>[0]): Run => {
  const live = liveOf(row, "harvest_run");
  if (live === undefined) throw notFound("Run");
  return runOf(live);
};

/**
 * Checks that the caller may report on a run: that it has claimed it. When the claimant was silent
 * for too long, the reporter takes the run over.
 *
 * @throws AppError `conflict` before the run is claimed, while it is another's, and once it has
 * ended.
 */
export function requireClaim(run: Run, caller: Principal, now: InstantMicros): void {
  if (run.status === "scheduled") throw new AppError("conflict", "The run is not claimed");
  if (run.status === "finished") throw new AppError("conflict", "The run has ended");
  if (isHeldByOther(run, caller, now)) throw held("The run");
}

/** The run of a report. @throws AppError `not_found`, and as `requireClaim`. */
export function requireRun(
  row: Parameters<typeof liveOf>[0],
  caller: Principal,
  now: InstantMicros,
): Run {
  const run = runIn(row);
  requireClaim(run, caller, now);
  return run;
}

/** What records that the worker of a run is alive. */
export function heartbeat(run: Run, { id }: Principal, now: InstantMicros): Change {
  return {
    kind: "update",
    identifier: run.id,
    payload: { claimed_by: id, seen_at: formatInstant(now) },
  };
}

/** Admins may end every run. Other callers may end their own, repeatedly. */
const requireEnding = (run: Run, caller: Principal, now: InstantMicros): void => {
  if (caller.role === "admin") return;
  if (run.status !== "finished") requireClaim(run, caller, now);
  else if (run.claimedBy !== null && run.claimedBy !== caller.id) throw held("The run");
};

/** Ends a run, and notes at the instrument that it was harvested. */
export function finishRun(id: string, instrumentId: string, summary: JsonObject): Decision {
  return {
    actions: ["harvest"],
    elevated: true,
    subject: () => subjectOf([id, instrumentId]),
    decide: ({ rows, principal: caller, source: { now } }) => {
      const run = runIn(rows.get(id));
      requireEnding(run, caller, now);
      const answer: Json = { id };
      if (run.status === "finished") return { changes: [], answer };
      const instrument = liveOf(rows.get(instrumentId), "instrument");
      const at = formatInstant(now);
      const finished: Change = {
        kind: "update",
        identifier: id,
        payload: { status: "finished", finished_at: at, seen_at: at, summary },
      };
      const harvested: readonly Change[] =
        instrument === undefined
          ? []
          : [{ kind: "update", identifier: instrumentId, payload: { last_harvested_at: at } }];
      return { changes: [finished, ...harvested], answer };
    },
  };
}
