/** The state of a flow and its transitions by events. Pure. */
import type { JsonObject } from "../../model/json.ts";
import type { RunStatus } from "../builtin/source-revision.ts";

/** A pipeline of a flow, as far as states need it. */
export interface FlowPipeline {
  readonly id: string;
  readonly title: string;
  readonly dependencies: readonly string[];
  readonly status: RunStatus;
  /** True once it has reported, or was failed with another. */
  readonly isReported: boolean;
  readonly errors: readonly string[];
  readonly stats: JsonObject;
}

/** What a pipeline can report. */
export const FLOW_EVENTS = ["queue", "start", "progress", "finish"] as const;

/** An event of a pipeline. */
export interface FlowEvent {
  readonly pipelineId: string;
  readonly kind: (typeof FLOW_EVENTS)[number];
  /** Of `finish`. */
  readonly success: boolean;
  /** Null when the event has none. */
  readonly errors: readonly string[] | null;
  readonly stats: JsonObject | null;
  readonly log: readonly string[] | null;
}

/** The state of a flow, given those of all its pipelines. */
export function flowStatus(statuses: readonly RunStatus[]): RunStatus {
  if (statuses.includes("running")) return "running";
  const isBegun = statuses.some((each) => each === "success" || each === "failed");
  if (statuses.includes("pending")) return isBegun ? "running" : "pending";
  return statuses.includes("failed") ? "failed" : "success";
}

const statusAfter = ({ kind, success }: FlowEvent): RunStatus => {
  if (kind === "queue") return "pending";
  if (kind === "finish") return success ? "success" : "failed";
  return "running";
};

const failedWith = (pipeline: FlowPipeline, dependency: string): FlowPipeline => ({
  ...pipeline,
  status: "failed",
  isReported: true,
  errors: [`The dependency "${dependency}" was not successful.`],
  stats: {},
});

/** Fails pipelines that wait for a failed one, nearest first. */
const cascade = (pipelines: readonly FlowPipeline[], root: string): readonly FlowPipeline[] => {
  const states = new Map(pipelines.map((each) => [each.id, each]));
  const waiting = Map.groupBy(
    pipelines.flatMap(({ id, dependencies }) => dependencies.map((on) => ({ id, on }))),
    ({ on }) => on,
  );
  const failed = [root];
  for (const dependency of failed) {
    for (const { id } of waiting.get(dependency) ?? []) {
      const found = states.get(id);
      if (found?.status !== "pending") continue;
      states.set(id, failedWith(found, dependency));
      failed.push(id);
    }
  }
  return [...states.values()];
};

/**
 * The pipelines after an event of one of them. Those that wait for a failed one fail with it, so
 * that the state of the flow can be computed once, from all of them.
 */
export function applyEvent(
  pipelines: readonly FlowPipeline[],
  event: FlowEvent,
): readonly FlowPipeline[] {
  const status = statusAfter(event);
  const changed = pipelines.map((each) =>
    each.id === event.pipelineId
      ? { ...each, status, isReported: true, errors: event.errors ?? [], stats: event.stats ?? {} }
      : each,
  );
  return status === "failed" ? cascade(changed, event.pipelineId) : changed;
}

/** True for a final state of a flow. */
export function isEnded(status: RunStatus): boolean {
  return status === "success" || status === "failed";
}

/** The words of the status response. */
export const OUTWARD: Readonly<Record<RunStatus, string>> = {
  pending: "QUEUED",
  running: "INPROGRESS",
  success: "SUCCEEDED",
  failed: "FAILED",
};
