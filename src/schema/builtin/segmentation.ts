import { z } from "zod";
import { amount, choice, storedObject, text, strings, uid, integer } from "./parts.ts";

/** A mask that assigns parts of an image or volume to structures. */
export const segmentation = z
  .strictObject({
    label: text(256, "Structure, where there is one.", "(0062,0005)"),
    segment_labels: strings(256, "Structures, in the order of their numbers, from 1."),
    segmentation_type: choice(
      ["BINARY", "FRACTIONAL", "LABELMAP"],
      "How the mask is coded.",
      "(0062,0001)",
    ),
    algorithm_type: choice(
      ["AUTOMATIC", "SEMIAUTOMATIC", "MANUAL"],
      "How the mask was made.",
      "(0062,0008)",
    ),
    algorithm_name: text(256, "Program that made it.", "(0062,0009)"),
    algorithm_version: text(256, "Version of that program."),
    dice_score: amount(0, 1, "Overlap with the reference, from 0 to 1.", { unit: "1" }),
    volume_ml: amount(0, 1_000_000_000, "Volume of the structure.", { unit: "mL" }),
    number_of_frames: integer(1, 1_000_000, "Frames in the file.", { tag: "(0028,0008)" }),
    sop_instance_uid: uid("Unique identifier of the object.", "(0008,0018)"),
    ...storedObject,
  })
  .partial()
  .meta({ title: "segmentation", description: "A mask over an image or volume." });

/** Fields served by an index. */
export const indexes: readonly string[] = ["label"];
