import { z } from "zod";
import { document, instant, storedObject, text, texts, whole } from "./parts.ts";

/** A trained model. */
export const model = z
  .strictObject({
    name: text(512, "Name of the model."),
    model_version: text(128, "Version of the model."),
    description: text(20_000, "What the model is for, and for what it is not."),
    task: text(256, "What it does, e.g. classification or segmentation."),
    architecture: text(512, "Its architecture."),
    framework: text(256, "Software that runs it."),
    input_modalities: texts(64, "Kinds of equipment whose data it takes."),
    output_labels: texts(256, "What it can answer."),
    parameter_count: whole(0, Number.MAX_SAFE_INTEGER, "Trainable parameters."),
    trained_at: instant("When training ended."),
    repo: text(1_024, "Repository of its code."),
    commit: text(128, "Commit of its code."),
    hyperparameters: document("Settings of the training."),
    metrics: document("Results by name of the metric."),
    ...storedObject,
  })
  .partial()
  .meta({ title: "model", description: "A trained model." });

/** Fields served by an index. */
export const indexes: readonly string[] = ["name"];
