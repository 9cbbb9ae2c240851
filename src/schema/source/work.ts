/** The work of a source: types that the store and the runner share. */
import type { JsonObject } from "../../model/json.ts";
import type { InstantMicros } from "../../model/time.ts";
import type { PipelineKind } from "../builtin/pipeline.ts";
import type { Findability } from "../builtin/source-spec.ts";
import type { FlowPipeline } from "./flow.ts";

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
