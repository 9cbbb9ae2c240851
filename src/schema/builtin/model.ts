import { z } from "zod";
import { document, instant, storedObject, text, strings, integer } from "./parts.ts";

/** A trained model. */
export const model = z
  .strictObject({
    name: text(512, "Name of the model."),
    model_version: text(128, "Version of the model."),
    description: text(20_000, "The intended use of the model, and its limits."),
    task: text(256, "The task of the model, e.g. classification or segmentation."),
    architecture: text(512, "The architecture of the model."),
    framework: text(256, "Software that runs the model."),
    input_modalities: strings(64, "Kinds of equipment whose data the model accepts."),
    output_labels: strings(256, "The labels that the model can predict."),
    parameter_count: integer(0, Number.MAX_SAFE_INTEGER, "The number of trainable parameters."),
    trained_at: instant("When training ended."),
    repo: text(1_024, "Repository of the model's code."),
    commit: text(128, "Commit of the model's code."),
    hyperparameters: document("Settings of the training."),
    metrics: document("Results by name of the metric."),
    ...storedObject,
  })
  .partial()
  .meta({ title: "model", description: "A trained model." });

/** Fields served by an index. */
export const indexes: readonly string[] = ["name"];
