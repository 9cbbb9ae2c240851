/**
 * Creates new revisions of datasets whose schedule is due, and runs the flows of revisions that have
 * not ended.
 */
import { nowMicros } from "../model/time.ts";
import { configOf } from "../config.ts";
import { backgroundDelegateOf, type Principal } from "../identity/principal.ts";
import { refreshPipelines } from "../objects/pipelines/refresh.ts";
import { LIMITS } from "../model/limits.ts";
import {
  type Budget,
  dueDatasets,
  installationOf,
  openSession,
  openWorkStore,
  runnerStore,
  scheduleDecision,
  stopDecision,
  waitingDatasets,
} from "../store/index.ts";
import { openBucket } from "../objects/open.ts";
import { runPipelines, type Runner } from "../objects/pipelines/run.ts";

/** An error of one dataset does not stop the others. */
const logFailure = (job: string, error: unknown): void => {
  const name = error instanceof Error ? error.name : typeof error;
  console.error(JSON.stringify({ level: "error", job, name }));
};

/** Bound on the statements of a revision, with retries after concurrent writes to the dataset. */
const REVISION_STATEMENTS = 150;

/**
 * Creates a new revision of each dataset whose schedule is due. A second run in the same minute
 * finds nothing to do: a dataset is due once.
 */
export async function reviseDue(env: Env, turn: Budget): Promise<void> {
  const config = configOf(env);
  const { pipelinesUrl } = config;
  const { anonymousAccess, bucket, hasAccounts } = installationOf(config);
  const session = openSession(env.DB, "first-primary", turn);
  const due = await dueDatasets(session, nowMicros(), hasAccounts);
  if (due.length === 0) return;
  const store = openWorkStore(env.DB, anonymousAccess, bucket, turn);
  let made = 0;
  for (const { identifier, ownerId } of due) {
    // What is due stays due.
    if (turn.statementsLeft < REVISION_STATEMENTS) break;
    const context = { surface: "sources", operation: "schedule", requestId: crypto.randomUUID() };
    const decision = scheduleDecision(identifier, pipelinesUrl === null);
    try {
      const owner = backgroundDelegateOf(ownerId, hasAccounts);
      const receipt = await store.write(owner, { context, decision });
      made += receipt.created;
    } catch (error) {
      logFailure("source schedule", error);
    }
  }
  if (pipelinesUrl === null || made === 0) return;
  const isTold = await refreshPipelines(pipelinesUrl);
  if (!isTold) logFailure("source schedule", new Error("The pipelines service was not reached."));
}

/** The principal that stops work without an owner. */
const SYSTEM: Principal = { kind: "system", id: "system:sources", role: null };

/** Ends the schedules of datasets whose owner's account was deleted. */
export async function stopOrphans(env: Env, turn: Budget): Promise<void> {
  const { anonymousAccess, bucket, hasAccounts } = installationOf(configOf(env));
  if (!hasAccounts) return;
  const session = openSession(env.DB, "first-primary", turn);
  const orphans = await dueDatasets(session, nowMicros(), hasAccounts, "gone");
  if (orphans.length === 0 || turn.statementsLeft < REVISION_STATEMENTS) return;
  const store = openWorkStore(env.DB, anonymousAccess, bucket, turn);
  const context = { surface: "sources", operation: "stop", requestId: crypto.randomUUID() };
  const decision = stopDecision(orphans.map(({ identifier }) => identifier));
  await store.write(SYSTEM, { context, decision });
}

/**
 * How long a run may take. The platform allows a trigger 30 seconds of computing, and work after a
 * response 30 seconds in all.
 */
const RUN_MILLIS = 20_000;

const runnerOf = (env: Env, budget: Budget): Runner => {
  const config = configOf(env);
  const { s3Bucket, allowPrivateSources } = config;
  return {
    store: runnerStore(env.DB, installationOf(config), budget),
    bucket: openBucket(env, config),
    bucketName: s3Bucket,
    mayBePrivate: allowPrivateSources,
    millis: RUN_MILLIS,
  };
};

/**
 * Works on flows that have not ended, dataset by dataset, until the time of this run is over. When
 * a pipelines service does the work, this only ends flows whose owner's account is gone.
 */
export async function workOnFlows(env: Env, turn: Budget): Promise<void> {
  const config = configOf(env);
  const { hasAccounts } = installationOf(config);
  const deadline = Date.now() + RUN_MILLIS;
  const session = openSession(env.DB, "first-primary", turn);
  const wanted = config.pipelinesUrl === null ? ["active", "gone"] : ["gone"];
  // One for all of them: the number of statements that they send is bounded together.
  const runner = runnerOf(env, turn);
  for (const dataset of await waitingDatasets(session, nowMicros(), hasAccounts, wanted)) {
    const millis = deadline - Date.now();
    if (millis <= 0 || runner.store.statements() >= LIMITS.sourceStatementsMax) return;
    await runPipelines({ ...runner, millis }, dataset);
  }
}
