/** What the Cron Trigger runs. Every job may run at any time, twice at once, or not at all. */
import { forgetExpired } from "../store/housekeeping.ts";
import { beginHarvests } from "./harvests.ts";
import { expireFiles, resumeExports, sweepObjects } from "./objects.ts";
import { settleSome } from "./settle.ts";

/** Minutes between two runs of the jobs that keep the house. */
const HOUSEKEEPING_MINUTES = 5;

/**
 * Runs the jobs, one after the other; one that fails keeps no other from running. What is due by the
 * clock runs each time, the others every few minutes.
 *
 * @param at when the trigger was due, in milliseconds since 1970; absent: all jobs run.
 */
export const runScheduled = async (env: Env, at?: number): Promise<void> => {
  const minute = at === undefined ? 0 : Math.floor(at / 60_000);
  const isFull = minute % HOUSEKEEPING_MINUTES === 0;
  const timely = [() => beginHarvests(env)];
  const housekeeping = [
    () => forgetExpired(env.DB, Date.now() * 1000),
    () => sweepObjects(env),
    () => expireFiles(env),
    () => settleSome(env.DB),
    () => resumeExports(env),
  ];
  const failures: unknown[] = [];
  for (const job of [...timely, ...(isFull ? housekeeping : [])]) {
    try {
      await job();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, "A scheduled job failed.");
};
