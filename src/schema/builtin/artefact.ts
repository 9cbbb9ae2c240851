import { z } from "zod";
import { choice, document, instant, name, storedObject, text } from "./parts.ts";

/** What one run of a program over a commit produced. */
export const artefact = z
  .strictObject({
    repo: name(1_024, "Repository of the program."),
    branch: name(1_024, "Branch that was run."),
    path: name(2_048, "Path of the product within the run."),
    commit: text(128, "Commit that was run."),
    status: choice(["pending", "running", "succeeded", "failed"], "State of the run."),
    kind: text(128, "Kind of product, e.g. figure, table or weights."),
    started_at: instant("When the run began."),
    finished_at: instant("When the run ended."),
    metrics: document("Results by name of the metric."),
    ...storedObject,
  })
  .partial()
  .required({ repo: true, branch: true, path: true, status: true })
  .meta({ title: "artefact", description: "What one run of a program produced." });

/** Fields served by an index. */
export const indexes: readonly string[] = ["repo", "path"];
