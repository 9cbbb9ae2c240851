/** What a pipeline of a flow needs. */
import type { JsonObject } from "../../model/json.ts";
import type { FlowEvent } from "../../schema/source/flow.ts";
import type { SourceResource, SourceSpec } from "../../schema/source/spec.ts";
import type { Origin, WorkFlow, WorkLease, WorkPipeline } from "../../schema/source/work.ts";
import type { Bucket } from "../bucket.ts";
import type { SourceReach } from "./source.ts";

/** A file that a pipeline has made; it is recorded in the same write as the pipeline's end. */
export interface MadeFile {
  readonly identifier: string;
  readonly payloadType: string;
  readonly payload: JsonObject;
}

/** A flow, and the lease on it. */
export interface HeldFlow {
  readonly flow: WorkFlow;
  readonly lease: WorkLease;
}

/** The part of the store that the runner needs. */
export interface WorkStore {
  readonly lease: (dataset: string) => Promise<WorkLease | undefined>;
  /** False when the lease was lost. */
  readonly renew: (lease: WorkLease, wentOn: boolean) => Promise<boolean>;
  readonly end: (lease: WorkLease) => Promise<void>;
  readonly read: (dataset: string) => Promise<WorkFlow | undefined>;
  /** False when the lease was lost. */
  readonly report: (
    held: HeldFlow,
    event: FlowEvent,
    files: readonly MadeFile[],
    origins: readonly Origin[],
  ) => Promise<boolean>;
  /** Fails a pipeline whose owner's account is gone; as `report`. */
  readonly abandon: (held: HeldFlow, event: FlowEvent) => Promise<boolean>;
  /** False when the lease was lost, or the flow has ended. */
  readonly checkpoint: (held: HeldFlow, pipelineId: string, state: JsonObject) => Promise<boolean>;
  /** The resources that name an object, as an account sees them; null when it may not read it. */
  readonly originsOf: (ownerId: string, key: string) => Promise<readonly Origin[] | null>;
  /** Statements sent to the database so far. */
  readonly statements: () => number;
}

/** A running pipeline. */
export interface Work {
  readonly bucket: Bucket;
  readonly source: SourceReach;
  readonly flow: WorkFlow;
  readonly spec: SourceSpec;
  readonly pipeline: WorkPipeline;
  /** Saves the progress. Throws when the time of this run is over. */
  readonly checkpoint: (state: JsonObject) => Promise<void>;
  /** Renews the lease now and then. */
  readonly tick: () => Promise<void>;
}

/** The result of a pipeline. */
export interface Outcome {
  readonly stats: JsonObject;
  readonly files: readonly MadeFile[];
  readonly log: readonly string[];
  /** Resources whose objects it has read. */
  readonly origins?: readonly Origin[];
}

/** The resource that a pipeline works on. */
export function resourceOf({ spec, pipeline }: Work): SourceResource {
  const found = spec.resources.find(({ name }) => name === pipeline.resource);
  if (found === undefined) throw new Error("The pipeline works on no resource.");
  return found;
}
