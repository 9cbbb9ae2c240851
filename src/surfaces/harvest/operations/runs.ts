/** Harvest runs, created from schedules. Decisions over the store. */
import { payloadOf } from "../../../model/resource.ts";
import { AppError } from "../../../model/error.ts";
import type { JsonObject } from "../../../model/json.ts";
import { formatInstant, type InstantMicros } from "../../../model/time.ts";
import type { CreateChange } from "../../../model/transaction.ts";
import { columnPath, keyPath } from "../../../query/path.ts";
import type { Condition } from "../../../query/condition.ts";
import type { Decision, Known, Subject } from "../../../store/index.ts";
import { lastDue } from "./cron.ts";
import { dueRunId } from "./names.ts";
import { liveOf, runOf, scheduleOf, type Schedule } from "./records.ts";

/** Runs that have not ended. */
export const OPEN: Condition = {
  kind: "in",
  path: keyPath("status"),
  values: ["scheduled", "running"],
};

/** Runs as the subject of a decision. */
export function subjectOf(
  identifiers: readonly string[],
  condition: Condition | null = null,
): Subject {
  return { payloadType: "harvest_run", identifiers, condition, sequences: [] };
}

/** A new resource of the harvest, as a change. */
export function creation(
  identifier: string,
  payloadType: string,
  payload: JsonObject,
  parentIdentifier: string | null = null,
): CreateChange {
  return {
    kind: "create",
    identifier,
    payloadType,
    parentIdentifier,
    derivedFrom: [],
    license: null,
    accessLevel: "restricted",
    payload,
  };
}

/** A new run of a schedule. */
export const newRun = (id: string, schedule: Schedule, due: InstantMicros, more: JsonObject = {}) =>
  creation(id, "harvest_run", {
    instrument_id: schedule.instrumentId,
    schedule_id: schedule.id,
    storage_location_id: schedule.storageLocationId,
    status: "scheduled",
    scheduled_for: formatInstant(due),
    ...more,
  });

/** The error does not reveal whether it ever existed. */
export function notFound(what: string): AppError {
  return new AppError("not_found", `${what} not found`);
}

/** The schedule of this id. @throws AppError `not_found`. */
export function scheduleIn({ rows }: Known, id: string): Schedule {
  const row = liveOf(rows.get(id), "harvest_schedule");
  if (row === undefined) throw notFound("Schedule");
  return scheduleOf(id, payloadOf(row));
}

/** Creates a run of each schedule now. Returns the runs' ids, in order. */
export function beginRuns(scheduleIds: readonly string[]): Decision {
  return {
    actions: ["administer"],
    elevated: true,
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
  };
}

const dueSince = ({ cron, timezone }: Schedule, since: InstantMicros, now: InstantMicros) => {
  try {
    const due = lastDue(cron, timezone, Math.floor(now / 1_000));
    return due !== undefined && due * 1_000 > since ? due : undefined;
  } catch {
    // Stored before this rule, or with a time zone that no longer exists.
    return undefined;
  }
};

/** A schedule, and since when it is unchanged. */
export interface DueSchedule {
  readonly schedule: Schedule;
  readonly changedAt: InstantMicros;
}

/**
 * Creates runs of schedules that are due: for the last due instant of each, unless that run exists
 * already or another run of the schedule is open.
 */
export function beginDueRuns(schedules: readonly DueSchedule[], now: InstantMicros): Decision {
  const due = schedules.flatMap(({ schedule, changedAt }) => {
    const at = schedule.enabled ? dueSince(schedule, changedAt, now) : undefined;
    return at === undefined ? [] : [{ schedule, at, id: dueRunId(schedule.id, at) }];
  });
  return {
    actions: ["administer"],
    elevated: true,
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
}

/** A query for schedules that may become due: the enabled ones, or those of an instrument. */
export function schedulesWanted(instrumentId: string | null): Condition {
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
}

/** Oldest first. */
export const OLDEST_FIRST = [{ path: columnPath("created_at"), direction: "asc" as const }];
