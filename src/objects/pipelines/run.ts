/**
 * The embedded runner: works on the flows of a dataset, one after another, pipeline by pipeline. It
 * may be stopped anywhere: what has ended is not done again, and what was started continues.
 */
import { LIMITS } from "../../model/limits.ts";
import type { PipelineKind } from "../../schema/builtin/pipeline.ts";
import type { FlowEvent } from "../../schema/source/flow.ts";
import { SpecError } from "../../schema/source/error.ts";
import { readSpec } from "../../schema/source/spec.ts";
import { LostLease, Paused, WorkError } from "./error.ts";
import { convert, copy, preview } from "./make.ts";
import { assemble } from "./package.ts";
import { validate } from "./report.ts";
import type { WorkFlow, WorkLease, WorkPipeline, WorkStore } from "../../schema/source/work.ts";
import type { Bucket } from "../bucket.ts";
import type { Outcome, Work } from "./work.ts";
import { zipFiles } from "./zip.ts";

/** What the runner needs. */
export interface Runner {
  readonly store: WorkStore;
  readonly bucket: Bucket;
  /** The bucket's name in `s3://` addresses. */
  readonly bucketName: string;
  readonly mayBePrivate: boolean;
  /**
   * The longest time of a run before it leaves the rest to the next, unless it uses up its
   * statements earlier.
   */
  readonly millis: number;
}

const STEPS: Readonly<Record<PipelineKind, (work: Work) => Promise<Outcome>>> = {
  copy,
  report: validate,
  csv: convert,
  json: convert,
  parquet: convert,
  preview,
  zip: zipFiles,
  package: assemble,
};

/** Order of the work: sources first, then their validation, then what is made of them. */
const ORDER = Object.keys(STEPS);

const isOpen = ({ status }: WorkPipeline): boolean => status === "pending" || status === "running";

/** The next pipeline to work on. */
const nextOf = ({ pipelines }: WorkFlow): WorkPipeline | undefined =>
  pipelines
    .filter(isOpen)
    .toSorted((left, right) => ORDER.indexOf(left.kind) - ORDER.indexOf(right.kind))[0];

const cut = (texts: readonly string[]): readonly string[] =>
  texts
    .slice(0, LIMITS.eventLinesMax)
    .map((text) => text.slice(0, LIMITS.eventLineLengthMax).toWellFormed());

const started = (pipelineId: string): FlowEvent => ({
  pipelineId,
  kind: "start",
  success: false,
  errors: null,
  stats: null,
  log: ["started"],
});

const ended = (pipelineId: string, outcome: Outcome, errors: readonly string[]): FlowEvent => ({
  pipelineId,
  kind: "finish",
  success: errors.length === 0,
  errors: cut(errors),
  stats: outcome.stats,
  log: ["started", ...cut(outcome.log)],
});

const NOTHING: Outcome = { stats: {}, files: [], log: [] };

/** One run over one dataset. */
interface Run extends Runner {
  readonly lease: WorkLease;
  readonly isOver: () => boolean;
  readonly renew: (wentOn: boolean) => Promise<void>;
}

const RENEW_MILLIS = 10_000;

const runOf = (runner: Runner, lease: WorkLease): Run => {
  const deadline = Date.now() + runner.millis;
  let renewed = Date.now();
  return {
    ...runner,
    lease,
    isOver: () => Date.now() >= deadline || runner.store.statements() >= LIMITS.sourceStatementsMax,
    renew: async (wentOn) => {
      if (!wentOn && Date.now() - renewed < RENEW_MILLIS) return;
      renewed = Date.now();
      if (!(await runner.store.renew(lease, wentOn))) throw new LostLease();
    },
  };
};

const workOf = (run: Run, flow: WorkFlow, pipeline: WorkPipeline): Work => {
  const { store, bucket, bucketName, mayBePrivate } = run;
  return {
    bucket,
    flow,
    pipeline,
    spec: readSpec(flow.spec),
    source: {
      bucket,
      bucketName,
      mayBePrivate,
      originsOf: (key) => store.originsOf(flow.ownerId, key),
    },
    checkpoint: async (state) => {
      await run.renew(true);
      const isKept = await store.checkpoint({ flow, lease: run.lease }, pipeline.id, state);
      if (!isKept) throw new LostLease();
      if (run.isOver()) throw new Paused();
    },
    tick: () => run.renew(false),
  };
};

const givenUp = (pipeline: WorkPipeline): WorkError =>
  new WorkError(
    `${pipeline.title} was stopped ${LIMITS.sourceAttemptsMax} times before it was complete`,
  );

/** The result of a pipeline, and its errors. */
const attempt = async (
  run: Run,
  flow: WorkFlow,
  pipeline: WorkPipeline,
): Promise<{ readonly outcome: Outcome; readonly errors: readonly string[] }> => {
  try {
    if (run.lease.attempts > LIMITS.sourceAttemptsMax) throw givenUp(pipeline);
    const outcome = await STEPS[pipeline.kind](workOf(run, flow, pipeline));
    // A validation ends with a report either way; what it has found is its log.
    return { outcome, errors: pipeline.kind === "report" ? outcome.log : [] };
  } catch (error) {
    if (error instanceof WorkError) return { outcome: NOTHING, errors: error.errors };
    if (error instanceof SpecError) return { outcome: NOTHING, errors: [error.message] };
    throw error;
  }
};

const requireLease = (isHeld: boolean): void => {
  if (!isHeld) throw new LostLease();
};

const workOnPipeline = async (run: Run, flow: WorkFlow, pipeline: WorkPipeline): Promise<void> => {
  const { store, lease } = run;
  const held = { flow, lease };
  if (flow.account === "gone") {
    const errors = ["The account of the dataset's owner is gone."];
    requireLease(await store.abandon(held, ended(pipeline.id, NOTHING, errors)));
    return;
  }
  if (pipeline.status === "pending") {
    requireLease(await store.report(held, started(pipeline.id), [], []));
  }
  const { outcome, errors } = await attempt(run, flow, pipeline);
  await run.renew(true);
  const { files, origins = [] } = outcome;
  const end = ended(pipeline.id, outcome, errors);
  requireLease(await store.report(held, end, files, origins));
};

const workWhileTime = async (run: Run): Promise<void> => {
  let given = run;
  while (!run.isOver()) {
    const flow = await run.store.read(run.lease.dataset);
    const pipeline = flow === undefined ? undefined : nextOf(flow);
    if (flow === undefined || pipeline === undefined || flow.account === "locked") return;
    await workOnPipeline(given, flow, pipeline);
    // Attempts are counted for the step that was interrupted, not for later ones.
    given = { ...run, lease: { ...run.lease, attempts: 0 } };
  }
};

const untilPaused = async (run: Run): Promise<void> => {
  try {
    await workWhileTime(run);
  } catch (error) {
    if (!(error instanceof Paused)) throw error;
  }
};

/**
 * Works on a dataset's flows until there is nothing more to do, or its time is over. A dataset that
 * another runner works on is skipped. Interrupted work continues when its lease has expired.
 */
export async function runPipelines(runner: Runner, dataset: string): Promise<void> {
  try {
    const lease = await runner.store.lease(dataset);
    if (lease === undefined) return;
    await untilPaused(runOf(runner, lease));
    await runner.store.end(lease);
  } catch (error) {
    if (error instanceof LostLease) return;
    const name = error instanceof Error ? error.name : typeof error;
    console.error(JSON.stringify({ level: "error", job: "source flow", name }));
  }
}
