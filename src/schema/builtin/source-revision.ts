import { z } from "zod";
import { choice, document, instant, text, strings, integer } from "./parts.ts";
import { FINDABILITIES } from "./source-spec.ts";

/** The status of a flow or a pipeline. */
export const RUN_STATUSES = ["pending", "running", "success", "failed"] as const;

/** One of these. */
export type RunStatus = (typeof RUN_STATUSES)[number];

/** One upload of a source specification, and the results of its pipelines. */
export const sourceRevision = z
  .strictObject({
    number: integer(1, 1_000_000_000, "Number of the revision, from 1."),
    status: choice(RUN_STATUSES, "The state of the revision's flow."),
    findability: choice(FINDABILITIES, "Who may find the revision."),
    spec: document("The specification as it was uploaded."),
    errors: strings(2_048, "The last errors that a pipeline reported."),
    stats: document("The last statistics that a pipeline reported.").optional(),
    logs: strings(2_048, "The last log that a pipeline reported.").optional(),
    pipelines: document("Pipelines that have reported, by identifier."),
    sink: document("The pipeline that assembles the package."),
    outcome: document(
      "How the flow ended: for whom, with which event, with which result.",
    ).optional(),
    ended_at: instant("When the flow ended.").optional(),
    trigger: text(32, "The cause of the revision: upload or schedule."),
  })
  .meta({ title: "source_revision", description: "A revision of a dataset's source." });

/** Fields served by an index. */
export const indexes: readonly string[] = ["status"];
