/** The store of a job. */
import { configOf } from "../config.ts";
import { nowMicros } from "../model/time.ts";
import { type Budget, createMemory, openStore, type Store } from "../store/index.ts";

/**
 * Opens a store for one run of a job, with an empty cache.
 *
 * @param job the job's name, for the audit.
 * @param budget how much it may use the database.
 */
export function openJobStore(
  env: Env,
  { job, requestId }: { readonly job: string; readonly requestId: string },
  budget: Budget,
): Store {
  const { publicRead, s3Bucket } = configOf(env);
  return openStore({
    database: env.DB,
    memory: createMemory(),
    now: nowMicros,
    anonymousAccess: { publicRead },
    bucket: s3Bucket,
    auditContext: () => ({ requestId, route: `job ${job}` }),
    budget,
  });
}
