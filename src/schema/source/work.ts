/** The work of a source: types that the store and the runner share. */
import type { JsonObject } from "../../model/json.ts";
import type { InstantMicros } from "../../model/time.ts";
import type { PipelineKind } from "../builtin/pipeline.ts";
import type { Findability } from "../builtin/source-spec.ts";
import type { FlowEvent, FlowPipeline } from "./flow.ts";

/** A pipeline that is worked on. */
export interface WorkPipeline extends FlowPipeline {
  readonly kind: PipelineKind;
  readonly resource: string | null;
  readonly checkpoint: JsonObject | null;
}

/** A resource whose object a pipeline has read. */
export interface Origin {
  readonly identifier: string;
  /** False: it names the object by the permission of another user. */
  readonly isOriginal: boolean;
}

/** A flow that has not ended, with all that its pipelines need. */
export interface WorkFlow {
  readonly id: string;
  readonly dataset: string;
  readonly number: number;
  readonly ownerId: string;
  /** Whether the owner's account is still active. */
  readonly account: "active" | "locked" | "gone";
  readonly findability: Findability;
  readonly createdAt: InstantMicros;
  readonly spec: JsonObject;
  readonly pipelines: readonly WorkPipeline[];
}

/** A lease on a dataset's work. */
export interface WorkLease {
  readonly dataset: string;
  readonly token: string;
  /** How often it was taken since the work last made progress, including this time. */
  readonly attempts: number;
}

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

/** The calls of the embedded runner to the store. */
export interface WorkStore {
  readonly lease: (dataset: string) => Promise<WorkLease | undefined>;
  /** False when the lease was lost. */
  readonly renew: (lease: WorkLease, hasProgress: boolean) => Promise<boolean>;
  readonly end: (lease: WorkLease) => Promise<void>;
  readonly read: (dataset: string) => Promise<WorkFlow | undefined>;
  /** False when the lease was lost. */
  readonly report: (
    held: HeldFlow,
    event: FlowEvent,
    files: readonly MadeFile[],
    origins: readonly Origin[],
  ) => Promise<boolean>;
  /** Reports the failure of a pipeline whose owner's account was deleted; otherwise like `report`. */
  readonly abandon: (held: HeldFlow, event: FlowEvent) => Promise<boolean>;
  /** False when the lease was lost, or the flow has ended. */
  readonly checkpoint: (held: HeldFlow, pipelineId: string, state: JsonObject) => Promise<boolean>;
  /**
   * The resources that name an object and that an account may see; null when it may not open the
   * object. The copy is recorded in the audit.
   */
  readonly originsOf: (ownerId: string, key: string) => Promise<readonly Origin[] | null>;
  /** The number of statements sent to the database so far. */
  readonly statements: () => number;
}
