import { z } from "zod";
import {
  amount,
  choice,
  document,
  numbers,
  storedObject,
  text,
  strings,
  integer,
} from "./parts.ts";

const PIXELS = { low: -10_000_000, high: 10_000_000 };

/** A statement about an image or a part of it, made by people or by a model. */
export const annotation = z
  .strictObject({
    label: text(256, "What the annotation marks."),
    finding_labels: strings(256, "All findings, if there are several."),
    shape: choice(
      ["point", "line", "box", "polygon", "ellipse", "whole_image"],
      "Form of the marked region.",
    ),
    bounding_box_px: numbers(
      4,
      PIXELS,
      "Box around the region: [left, top, width, height], from the top left corner.",
      { unit: "{pixel}" },
    ),
    frame_number: integer(1, 1_000_000, "Frame that is marked, from 1."),
    confidence: amount(0, 1, "How sure the annotator is, from 0 to 1.", { unit: "1" }),
    annotator_kind: choice(["human", "model", "consensus"], "Who made the annotation."),
    annotator_count: integer(
      1,
      10_000,
      "The number of people or models that agreed on the annotation.",
    ),
    geometry: document("Geometry as GeoJSON, for shapes that are not boxes."),
    ...storedObject,
  })
  .partial()
  .meta({ title: "annotation", description: "A statement about an image or a part of it." });

/** Fields served by an index. */
export const indexes: readonly string[] = ["label"];
