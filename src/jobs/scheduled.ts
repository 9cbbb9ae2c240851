/** What the Cron Trigger runs. Every job may run at any time, twice at once, or not at all. */
import { forgetExpired } from "../store/housekeeping.ts";
import { settleSome } from "./settle.ts";

/** Runs all jobs, one after the other; one that fails keeps no other from running. */
export const runScheduled = async (env: Env): Promise<void> => {
  const jobs = [() => forgetExpired(env.DB, Date.now() * 1000), () => settleSome(env.DB)];
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
