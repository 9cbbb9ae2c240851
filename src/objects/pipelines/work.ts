/** What a pipeline of a flow needs. */
import type { JsonObject } from "../../model/json.ts";
import type { SourceResource, SourceSpec } from "../../schema/source/spec.ts";
import type { MadeFile, Origin, WorkFlow, WorkPipeline } from "../../schema/source/work.ts";
import type { Bucket } from "../bucket.ts";
import type { SourceReach } from "./source.ts";

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
