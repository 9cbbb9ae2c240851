/** Harvest runs: made of schedules, claimed by workers, finished. Decisions over the store. */
import { AppError } from "../model/error.ts";
import type { Json, JsonObject } from "../model/json.ts";
import { formatInstant, type InstantMicros } from "../model/time.ts";
import type { Change, CreateChange } from "../model/transaction.ts";
import { columnPath, keyPath } from "../query/path.ts";
import type { Condition } from "../query/condition.ts";
import type { Decision, Known, Subject } from "../store/write/decision.ts";
import { lastDue } from "./cron.ts";
import { dueRunId } from "./names.ts";
import { liveOf, payloadOf, runOf, scheduleOf, type Run, type Schedule } from "./records.ts";

/** A worker that has not been heard of for so long has lost its run. */
const SILENCE_MICROS = 15 * 60 * 1_000_000;

const OPEN: Condition = {
  kind: "in",
  path: keyPath("status"),
  values: ["scheduled", "running"],
};

const subjectOf = (
  identifiers: readonly string[],
  condition: Condition | null = null,
): Subject => ({ payloadType: "harvest_run", identifiers, condition, sequences: [] });

/** A new resource of the harvest, as a change. */
export const creation = (
  identifier: string,
  payloadType: string,
  payload: JsonObject,
  parentIdentifier: string | null = null,
): CreateChange => ({
  kind: "create",
  identifier,
  payloadType,
  parentIdentifier,
  derivedFrom: [],
  license: null,
  accessLevel: "restricted",
  payload,
});

const newRun = (id: string, schedule: Schedule, due: InstantMicros, more: JsonObject = {}) =>
  creation(id, "harvest_run", {
    instrument_id: schedule.instrumentId,
    schedule_id: schedule.id,
    storage_location_id: schedule.storageLocationId,
    status: "scheduled",
    scheduled_for: formatInstant(due),
    ...more,
  });

/** Not a word about whether it ever was. */
export const notFound = (what: string): AppError => new AppError("not_found", `${what} not found`);

const scheduleIn = ({ rows }: Known, id: string): Schedule => {
  const row = liveOf(rows.get(id), "harvest_schedule");
  if (row === undefined) throw notFound("Schedule");
  return scheduleOf(id, payloadOf(row));
};

/** Makes a run of each schedule now. Answers the runs' ids, in order. */
export const beginRuns = (scheduleIds: readonly string[]): Decision => ({
  actions: ["administer"],
  entrusted: true,
  subject: () => subjectOf(scheduleIds),
  decide: (known) => {
    const runs = scheduleIds.map((id) => ({
      id: known.source.uuid(),
      schedule: scheduleIn(known, id),
    }));
    return {
      changes: runs.map(({ id, schedule }) => newRun(id, schedule, known.source.now)),
      answer: runs.map(({ id }) => id),
    };
  },
});

const dueSince = ({ cron, timezone }: Schedule, since: InstantMicros, now: InstantMicros) => {
  try {
    const due = lastDue(cron, timezone, Math.floor(now / 1_000));
    return due !== undefined && due * 1_000 > since ? due : undefined;
  } catch {
    // Stored before this rule, or by a time zone that is gone.
    return undefined;
  }
};

/** A schedule, and since when it is as it is. */
export interface DueSchedule {
  readonly schedule: Schedule;
  readonly changedAt: InstantMicros;
}

/**
 * Makes runs of schedules that are due: the last time that each was, unless that run was made
 * already or another run of the schedule is open.
 */
export const beginDueRuns = (schedules: readonly DueSchedule[], now: InstantMicros): Decision => {
  const due = schedules.flatMap(({ schedule, changedAt }) => {
    const at = schedule.enabled ? dueSince(schedule, changedAt, now) : undefined;
    return at === undefined ? [] : [{ schedule, at, id: dueRunId(schedule.id, at) }];
  });
  return {
    actions: ["administer"],
    entrusted: true,
    subject: () =>
      subjectOf(
        due.flatMap(({ id, schedule }) => [id, schedule.id, schedule.instrumentId]),
        due.length === 0 ? null : OPEN,
      ),
    decide: ({ rows, matched }) => {
      const busy = new Set(matched.map((row) => runOf(row).scheduleId));
      const made = due.filter(
        ({ id, schedule }) =>
          !rows.has(id) &&
          !busy.has(schedule.id) &&
          liveOf(rows.get(schedule.id), "harvest_schedule") !== undefined &&
          liveOf(rows.get(schedule.instrumentId), "instrument") !== undefined,
      );
      return {
        changes: made.map(({ id, schedule, at }) => newRun(id, schedule, at * 1_000)),
        answer: made.map(({ id }) => id),
      };
    },
  };
};

const isLost = (run: Run, now: InstantMicros): boolean => now - run.seenAt >= SILENCE_MICROS;

const claimed = (run: Run, worker: string, now: InstantMicros): Change => ({
  kind: "update",
  identifier: run.id,
  payload: { status: "running", worker, seen_at: formatInstant(now) },
});

/**
 * The run that a worker gets: its own first, then the oldest that waits or was lost, of an
 * instrument that nobody else works on.
 */
const nextRun = (runs: readonly Run[], worker: string, now: InstantMicros): Run | undefined => {
  const running = runs.filter(({ status }) => status === "running");
  const others = running.filter((run) => run.worker !== worker && !isLost(run, now));
  const busy = new Set(others.map(({ instrumentId }) => instrumentId));
  return (
    running.find((run) => run.worker === worker) ??
    runs.find((run) => !others.includes(run) && !busy.has(run.instrumentId))
  );
};

/** Gives a worker the next run; answers its id, or null when there is none. */
export const claimRun = (worker: string): Decision => ({
  actions: ["harvest"],
  entrusted: true,
  subject: () => subjectOf([], OPEN),
  decide: ({ matched, source: { now } }) => {
    const run = nextRun(matched.map(runOf), worker, now);
    return {
      changes: run === undefined ? [] : [claimed(run, worker, now)],
      answer: run?.id ?? null,
    };
  },
});

/** Gives a worker a run that another scheduler began: it is made when it is claimed. */
export const adoptRun = (id: string, scheduleId: string, worker: string): Decision => ({
  actions: ["harvest"],
  entrusted: true,
  subject: () => subjectOf([id, scheduleId]),
  decide: (known) => {
    const { now } = known.source;
    const row = liveOf(known.rows.get(id), "harvest_run");
    const run = row === undefined ? undefined : runOf(row);
    if (run?.status === "finished") return { changes: [], answer: null };
    const begun: JsonObject = { status: "running", worker, seen_at: formatInstant(now) };
    const change =
      run === undefined
        ? newRun(id, scheduleIn(known, scheduleId), now, begun)
        : claimed(run, worker, now);
    return { changes: [change], answer: id };
  },
});

/** The run that a report is about. @throws AppError `not_found`; `conflict` before it is claimed. */
export const requireRun = (row: Parameters<typeof liveOf>[0]): Run => {
  const live = liveOf(row, "harvest_run");
  if (live === undefined) throw notFound("Run");
  const run = runOf(live);
  if (run.status === "scheduled") throw new AppError("conflict", "The run is not claimed");
  return run;
};

/** What tells that the worker of a run is alive. */
export const heartbeat = (run: Run, now: InstantMicros): readonly Change[] =>
  run.status === "running"
    ? [{ kind: "update", identifier: run.id, payload: { seen_at: formatInstant(now) } }]
    : [];

/** Ends a run, and notes at the instrument that it was harvested. */
export const finishRun = (id: string, instrumentId: string, summary: JsonObject): Decision => ({
  actions: ["harvest"],
  entrusted: true,
  subject: () => subjectOf([id, instrumentId]),
  decide: ({ rows, source: { now } }) => {
    const run = requireRun(rows.get(id));
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
});

/** A query for schedules that may become due: the enabled ones, or those of an instrument. */
export const schedulesWanted = (instrumentId: string | null): Condition => {
  const enabled: Condition = {
    kind: "compare",
    path: keyPath("enabled"),
    op: "eq",
    value: true,
  };
  if (instrumentId === null) return enabled;
  const own: Condition = {
    kind: "compare",
    path: keyPath("instrument_id"),
    op: "eq",
    value: instrumentId,
  };
  return { kind: "and", of: [enabled, own] };
};

/** Oldest first. */
export const OLDEST_FIRST = [{ path: columnPath("created_at"), direction: "asc" as const }];
