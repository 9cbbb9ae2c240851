/** The decision that applies an event of a pipeline to its flow. Pure. */
import type { JsonObject } from "../../model/json.ts";
import { payloadOf } from "../../model/resource.ts";
import { formatInstant } from "../../model/time.ts";
import type { Change, UpdateChange } from "../../model/transaction.ts";
import type { Findability } from "../../schema/builtin/source-spec.ts";
import type { RunStatus } from "../../schema/builtin/source-revision.ts";
import {
  applyEvent,
  flowStatus,
  isEnded,
  OUTWARD,
  type FlowEvent,
  type FlowPipeline,
} from "../../schema/source/flow.ts";
import { flowIdOf, flowOfPipeline } from "../../schema/source/ids.ts";
import type { MadeFile, Origin } from "../../schema/source/work.ts";
import { identityOf } from "../../schema/source/spec.ts";
import type { Decided, Decision, Known } from "../write/decision.ts";
import { sourcesOf } from "../write/draft.ts";
import type { LoadedRow } from "../write/row.ts";
import { isHeld, type HeldLease } from "./lease.ts";
import { inputOwner, outputChanges } from "./outputs.ts";
import { flowPipelineOf, liveRow } from "./records.ts";

/** An event, and the files that the pipeline has made. */
export interface FlowReport {
  readonly event: FlowEvent;
  readonly outputs?: readonly MadeFile[];
  /** Resources whose objects the pipeline has read: the revision is derived from them. */
  readonly origins?: readonly Origin[];
  /** The token of the worker's lease; absent for workers without a lease. */
  readonly token?: string;
}

/** The response to an update, without its second form of the status. */
export interface FlowAnswer {
  readonly status: RunStatus | null;
  readonly id: string | null;
  readonly errors: readonly string[] | null;
}

const answerOf = ({ status, id, errors }: FlowAnswer): JsonObject => ({ status, id, errors });

const NOT_FOUND: FlowAnswer = { status: null, id: null, errors: ["pipeline not found"] };

/** A loaded flow that has not ended. */
interface Flow {
  readonly revision: LoadedRow;
  readonly payload: JsonObject;
  readonly rows: readonly LoadedRow[];
  /** The files that its pipelines have made so far. */
  readonly files: readonly LoadedRow[];
  readonly pipelines: readonly FlowPipeline[];
}

const flowOf = (known: Known, flowId: string): Flow | undefined => {
  const revision = liveRow(known.rows, flowId, "source_revision");
  if (revision === undefined) return undefined;
  const payload = payloadOf(revision);
  if (isEnded(payload["status"] as RunStatus)) return undefined;
  const below = [...known.rows.values()].filter(
    (row) => row.parent_identifier === flowId && row.is_deleted === 0,
  );
  const rows = below.filter((row) => row.payload_type === "pipeline");
  const files = below.filter((row) => row.payload_type !== "pipeline");
  const pipelines = rows.map((row) => flowPipelineOf(row.identifier, payloadOf(row)));
  const sink = flowPipelineOf(flowId, payload["sink"] as JsonObject);
  return { revision, payload, rows, files, pipelines: [...pipelines, sink] };
};

const stateOf = ({ status, isReported, errors, stats }: FlowPipeline): JsonObject => ({
  status,
  is_reported: isReported,
  errors,
  stats,
});

const statusOf = ({ title, status, stats, errors }: FlowPipeline): JsonObject => ({
  title,
  status: OUTWARD[status],
  stats,
  error_log: errors,
});

/** Above this length of JSON, the map of a revision holds only the start of each first error. */
const MAP_LENGTH_MAX = 400_000;
const BRIEF_LENGTH = 200;

const brief = (pipeline: FlowPipeline): FlowPipeline => ({
  ...pipeline,
  errors: pipeline.errors.slice(0, 1).map((text) => text.slice(0, BRIEF_LENGTH).toWellFormed()),
  stats: {},
});

/** The status of the pipelines that have reported, by id. */
const mapOf = (pipelines: readonly FlowPipeline[]): JsonObject => {
  const reported = pipelines.filter(({ isReported }) => isReported);
  const map = (each: (pipeline: FlowPipeline) => FlowPipeline): JsonObject =>
    Object.fromEntries(reported.map((pipeline) => [pipeline.id, statusOf(each(pipeline))]));
  const whole = map((pipeline) => pipeline);
  return JSON.stringify(whole).length > MAP_LENGTH_MAX ? map(brief) : whole;
};

/** The members that an event replaces: those that are not empty. */
const replacedBy = ({ errors, stats, log }: FlowEvent): JsonObject => ({
  ...(errors === null || errors.length === 0 ? {} : { errors }),
  ...(stats === null || Object.keys(stats).length === 0 ? {} : { stats }),
  ...(log === null || log.length === 0 ? {} : { logs: log }),
});

/** The recorded outcome of a flow that has ended: owner, last event and result. */
const outcomeOf = (
  { payload, revision }: Flow,
  event: FlowEvent,
  status: RunStatus,
): JsonObject => {
  const spec = payload["spec"] as JsonObject;
  const { ownerId, dataset } = identityOf(spec);
  const meta = spec["meta"] as JsonObject;
  const isPublished = status === "success" && payload["findability"] === "published";
  return {
    source: "flow",
    action: event.kind,
    outcome: status === "success" ? "OK" : "FAIL",
    findability: isPublished ? "published" : "private",
    owner: meta["owner"] ?? null,
    dataset,
    ownerid: ownerId,
    flow_id: revision.identifier,
    pipeline_id: event.pipelineId,
    errors: event.errors ?? [],
  };
};

const datasetChanges = (known: Known, { revision, payload }: Flow): readonly Change[] => {
  const dataset = liveRow(known.rows, revision.parent_identifier ?? "", "source_spec");
  if (dataset === undefined) return [];
  const { successful = 0, findability } = payloadOf(dataset);
  const number = Math.max(Number(successful), Number(payload["number"]));
  const listed = { successful: number, listed_as: findability as Findability };
  return [{ kind: "update", identifier: dataset.identifier, payload: listed }];
};

const pipelineChanges = (
  { rows }: Flow,
  after: readonly FlowPipeline[],
  event: FlowEvent,
  isLast: boolean,
): readonly Change[] => {
  const states = new Map(after.map((each) => [each.id, each]));
  return rows.flatMap(({ identifier }): readonly Change[] => {
    const state = states.get(identifier);
    if (state === undefined) return [];
    const { log } = identifier === event.pipelineId ? event : { log: null };
    const logs = log === null || log.length === 0 ? {} : { logs: log };
    // A pipeline that has ended needs no checkpoint.
    const done = isEnded(state.status) ? { checkpoint: null } : {};
    const payload = { ...stateOf(state), ...logs, ...done };
    const change: Change = { kind: "update", identifier, payload };
    return isLast ? [change, { kind: "delete", identifier, cascade: false }] : [change];
  });
};

/** The changed `derivedFrom` of the revision; empty when there are no new origins. */
const derivation = (
  { revision }: Flow,
  origins: readonly Origin[],
): Pick<UpdateChange, "derivedFrom"> => {
  const names = origins.map(({ identifier }) => identifier);
  return names.length === 0
    ? {}
    : { derivedFrom: [...new Set([...sourcesOf(revision), ...names])] };
};

const decide = (
  { event, outputs = [], origins = [] }: FlowReport,
  flowId: string,
  known: Known,
): Decided => {
  const flow = flowOf(known, flowId);
  if (flow?.pipelines.some(({ id }) => id === event.pipelineId) !== true) {
    return { changes: [], answer: answerOf(NOT_FOUND) };
  }
  const owner = inputOwner(known, flow, event.pipelineId, origins);
  const level = owner === null ? {} : { accessLevel: "restricted" as const };
  const after = applyEvent(flow.pipelines, event);
  const status = flowStatus(after.map((each) => each.status));
  const isLast = isEnded(status);
  const sink = after.find(({ id }) => id === flowId);
  const payload: JsonObject = {
    ...replacedBy(event),
    status,
    pipelines: mapOf(after),
    sink: { ...(flow.payload["sink"] as JsonObject), ...(sink === undefined ? {} : stateOf(sink)) },
    ...(isLast
      ? {
          outcome: outcomeOf(flow, event, status),
          ended_at: formatInstant(known.source.now),
        }
      : {}),
  };
  return {
    changes: [
      { kind: "update", identifier: flowId, payload, ...level, ...derivation(flow, origins) },
      ...pipelineChanges(flow, after, event, isLast),
      ...outputChanges(flow, outputs, owner),
      ...(status === "success" ? datasetChanges(known, flow) : []),
    ],
    answer: answerOf({ status, id: flowId, errors: event.errors }),
  };
};

/** A decision for an unknown flow. It changes nothing. */
const nothing: Decision = {
  actions: ["update"],
  subject: () => ({ payloadType: "pipeline", identifiers: [], condition: null, sequences: [] }),
  decide: () => ({ changes: [], answer: answerOf(NOT_FOUND) }),
};

/**
 * The decision of an event: it updates the pipeline, the pipelines that fail with it, and the flow in
 * one write. Its answer is a `FlowAnswer`; null, without changes, when another worker has the dataset.
 */
export function eventDecision(report: FlowReport): Decision {
  const flowId = flowOfPipeline(report.event.pipelineId);
  if (flowId === undefined) return nothing;
  const datasetId = flowId.slice(0, flowId.lastIndexOf("/"));
  const previous = flowIdOf(datasetId, Number(flowId.slice(datasetId.length + 1)) - 1);
  const origins = (report.origins ?? []).map(({ identifier }) => identifier);
  const lease: HeldLease = { dataset: datasetId, token: report.token ?? null };
  return {
    actions: ["create", "update", "delete"],
    subject: () => ({
      payloadType: "pipeline",
      identifiers: [flowId, datasetId, ...origins, ...(origins.length === 0 ? [] : [previous])],
      condition: null,
      sequences: [],
      below: [flowId],
      leased: datasetId,
      parents: [flowId],
      ...(origins.length === 0
        ? {}
        : { rederived: { identifiers: [flowId], sources: [previous, ...origins] } }),
    }),
    decide: (known) => {
      const [refused] = known.refused.values();
      if (refused !== undefined) throw new Error(`Cannot apply an event: ${refused[0]?.detail}`);
      if (!isHeld(lease, known.worker)) return { changes: [], answer: null };
      return { ...decide(report, flowId, known), lease };
    },
  };
}

/**
 * The decision that stores the checkpoint of a pipeline, while its flow has not ended and the lease is
 * held.
 */
export function checkpointDecision(
  pipelineId: string,
  checkpoint: JsonObject,
  lease: HeldLease,
): Decision {
  return {
    actions: ["update"],
    subject: () => ({
      payloadType: "pipeline",
      identifiers: [pipelineId],
      condition: null,
      sequences: [],
      leased: lease.dataset,
    }),
    decide: ({ rows, worker }) => {
      const row = liveRow(rows, pipelineId, "pipeline");
      if (row === undefined || !isHeld(lease, worker)) return { changes: [], answer: false };
      const change: Change = { kind: "update", identifier: pipelineId, payload: { checkpoint } };
      return { changes: [change], lease, answer: true };
    },
  };
}
