import { z } from "zod";
import { choice, document, flag, name, text, strings } from "./parts.ts";
import { RUN_STATUSES } from "./source-revision.ts";

/** What pipelines make. */
export const PIPELINE_KINDS = [
  "report",
  "csv",
  "json",
  "parquet",
  "preview",
  "zip",
  "copy",
  "package",
] as const;

/** One of these. */
export type PipelineKind = (typeof PIPELINE_KINDS)[number];

/** A step of a revision's flow; a tombstone once the flow has ended. */
export const pipeline = z
  .strictObject({
    title: text(128, "What the pipeline does, in words."),
    kind: choice(PIPELINE_KINDS, "The kind of output of the pipeline."),
    status: choice(RUN_STATUSES, "State of the work."),
    resource: name(128, "Resource of the package that the pipeline processes.").optional(),
    dependencies: strings(
      512,
      "Pipelines that must succeed before this one, each with the prefix ./.",
    ),
    errors: strings(2_048, "Errors of the pipeline's last event."),
    stats: document("Statistics of the pipeline's last event."),
    logs: strings(2_048, "The last log that the pipeline reported.").optional(),
    is_reported: flag("True after the pipeline's first event."),
    checkpoint: document("The point from which an interrupted pipeline continues.").optional(),
  })
  .meta({ title: "pipeline", description: "A step of a revision's flow." });

/** Fields served by an index. */
export const indexes: readonly string[] = [];
