/** The jobs of the Cron Trigger. Every job may run at any time, twice at once, or not at all. */
import { Budget, TURN_BOUNDS } from "../store/index.ts";
import { checkCopies } from "./copies.ts";
import { beginHarvests } from "./harvests.ts";
import { resumeExports } from "./exports.ts";
import { buildSome } from "./indexes.ts";
import { addPastValues } from "./past.ts";
import { refreshSome } from "./rollups.ts";
import { reviseDue, stopOrphans, workOnFlows } from "./sources.ts";
import { UPKEEP } from "./upkeep.ts";

/** A job takes what it needs of the run's budget, and leaves what does not fit to a later run. */
type Job = (env: Env, turn: Budget) => Promise<void>;

const CYCLE_MINUTES = 5;
const MINUTE_MILLIS = 60_000;

/**
 * What runs in which minute of the cycle. All of it together would exceed the limits of one
 * invocation.
 */
const turnOf = (minute: number): readonly Job[] => {
  const place = minute % CYCLE_MINUTES;
  if (place === 0) return [beginHarvests, reviseDue, ...UPKEEP, stopOrphans, refreshSome];
  if (place === 1) return [beginHarvests, reviseDue, workOnFlows, addPastValues];
  if (place === 2) return [resumeExports, beginHarvests, reviseDue, checkCopies, buildSome];
  return [beginHarvests, reviseDue, workOnFlows];
};

const EVERYTHING: readonly Job[] = [
  resumeExports,
  ...turnOf(0),
  checkCopies,
  buildSome,
  addPastValues,
];

/**
 * Runs the jobs that are due, one after the other; a failing one does not stop the others.
 *
 * @param scheduledMillis the minute of the trigger; without it everything except flows is due.
 */
export async function runScheduled(env: Env, scheduledMillis?: number): Promise<void> {
  const jobs =
    scheduledMillis === undefined
      ? EVERYTHING
      : turnOf(Math.floor(scheduledMillis / MINUTE_MILLIS));
  const turn = new Budget(TURN_BOUNDS);
  const failures: unknown[] = [];
  for (const job of jobs) {
    try {
      await job(env, turn);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, "A scheduled job failed.");
}
