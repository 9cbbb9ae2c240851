/** New revisions of datasets whose schedule is due, and the work that they and uploads leave. */
import { configOf } from "../config.ts";
import { delegateOf } from "../identity/principal.ts";
import { refreshPipelines } from "../objects/pipelines/refresh.ts";
import { LIMITS } from "../model/limits.ts";
import type { Budget } from "../store/budget.ts";
import { openSession } from "../store/database.ts";
import { runPipelines, type Runner } from "../objects/pipelines/run.ts";
import { scheduleDecision } from "../store/sources/revise.ts";
import { openWorkStore, runnerStore } from "../store/sources/runner.ts";
import { dueDatasets, waitingDatasets } from "../store/sources/work.ts";

const nowMicros = (): number => Date.now() * 1_000;

/** What went wrong with one dataset keeps no other from its turn. */
const logFailure = (job: string, error: unknown): void => {
  const name = error instanceof Error ? error.name : typeof error;
  console.error(JSON.stringify({ level: "error", job, name }));
};

/** Statements that a revision takes, at most, when others write to the dataset meanwhile. */
const REVISION_STATEMENTS = 150;

/**
 * Makes a new revision of each dataset whose schedule is due. Twice in one minute it finds nothing
 * more to do: a dataset is due once.
 */
export const reviseDue = async (env: Env, turn: Budget): Promise<void> => {
  const { pipelinesUrl, publicRead, s3Bucket } = configOf(env);
  const session = openSession(env.DB, "first-primary", turn);
  const due = await dueDatasets(session, nowMicros());
  if (due.length === 0) return;
  const store = openWorkStore(env.DB, { publicRead }, s3Bucket, turn);
  let made = 0;
  for (const { identifier, ownerId } of due) {
    // What is due stays due.
    if (turn.statementsLeft < REVISION_STATEMENTS) break;
    const context = { surface: "sources", operation: "schedule", requestId: crypto.randomUUID() };
    const decision = scheduleDecision(identifier, pipelinesUrl === null);
    try {
      const receipt = await store.write(delegateOf(ownerId), { context, decision });
      made += receipt.created;
    } catch (error) {
      logFailure("source schedule", error);
    }
  }
  if (pipelinesUrl === null || made === 0) return;
  const isTold = await refreshPipelines(pipelinesUrl);
  if (!isTold) logFailure("source schedule", new Error("The pipelines service was not reached."));
};

/**
 * How long a run may take. The platform allows a trigger 30 seconds of computing, and what follows an
 * answer 30 seconds in all.
 */
const RUN_MILLIS = 20_000;

const runnerOf = (env: Env, budget: Budget): Runner => {
  const { s3Bucket, allowPrivateSources, publicRead } = configOf(env);
  return {
    store: runnerStore(env.DB, { publicRead }, s3Bucket, budget),
    bucket: env.BUCKET,
    bucketName: s3Bucket,
    mayBePrivate: allowPrivateSources,
    millis: RUN_MILLIS,
  };
};

/** Works on flows that have not ended, dataset by dataset, until the time of this run is over. */
export const workOnFlows = async (env: Env, turn: Budget): Promise<void> => {
  if (configOf(env).pipelinesUrl !== null) return;
  const deadline = Date.now() + RUN_MILLIS;
  const session = openSession(env.DB, "first-primary", turn);
  // One for all of them: what they send the database together is bounded.
  const runner = runnerOf(env, turn);
  for (const dataset of await waitingDatasets(session, nowMicros())) {
    const millis = deadline - Date.now();
    if (millis <= 0 || runner.store.statements() >= LIMITS.sourceStatementsMax) return;
    await runPipelines({ ...runner, millis }, dataset);
  }
};
