import { z } from "zod";
import { choice, document, flag, name, text, texts } from "./parts.ts";
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
    title: text(128, "What it does, for people."),
    kind: choice(PIPELINE_KINDS, "What it makes."),
    status: choice(RUN_STATUSES, "How far it has come."),
    resource: name(128, "Resource of the package that it works on.").optional(),
    dependencies: texts(512, "Pipelines that have to succeed before, each with ./ before it."),
    errors: texts(2_048, "Errors of its last event."),
    stats: document("Statistics of its last event."),
    logs: texts(2_048, "The last log that it reported.").optional(),
    is_reported: flag("True once it has reported."),
    checkpoint: document("How far its work has come, to be gone on with.").optional(),
  })
  .meta({ title: "pipeline", description: "A step of a revision's flow." });

/** Fields served by an index. */
export const indexes: readonly string[] = [];
