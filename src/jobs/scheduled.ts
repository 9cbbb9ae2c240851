/** What the Cron Trigger runs. Every job may run at any time, twice at once, or not at all. */
import { forgetExpired } from "../store/housekeeping.ts";
import { checkCopies } from "./copies.ts";
import { beginHarvests } from "./harvests.ts";
import { expireFiles, resumeExports, sweepObjects } from "./objects.ts";
import { settleSome } from "./settle.ts";
import { reviseDue, workOnFlows } from "./sources.ts";

type Job = () => Promise<void>;

/** Upkeep, which has time. */
const upkeep = (env: Env): readonly Job[] => [
  () => forgetExpired(env.DB, Date.now() * 1000),
  () => sweepObjects(env),
  () => expireFiles(env),
  () => settleSome(env.DB),
  () => resumeExports(env),
  () => checkCopies(env),
];

const UPKEEP_MINUTES = 5;
const MINUTE_MILLIS = 60_000;

/**
 * Runs the jobs that are due, one after the other; one that fails keeps no other from running.
 *
 * @param scheduledMillis the minute that the trigger stands for; without it upkeep is due.
 */
export const runScheduled = async (env: Env, scheduledMillis = 0): Promise<void> => {
  const minute = Math.floor(scheduledMillis / MINUTE_MILLIS);
  const isUpkeep = minute % UPKEEP_MINUTES === 0;
  // Both would be more than the platform allows one turn.
  const jobs = [
    () => beginHarvests(env),
    () => reviseDue(env),
    ...(isUpkeep ? upkeep(env) : [() => workOnFlows(env)]),
  ];
  const failures: unknown[] = [];
  for (const job of jobs) {
    try {
      await job();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, "A scheduled job failed.");
};
