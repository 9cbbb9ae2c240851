import { z } from "zod";
import {
  acquisition,
  amount,
  flag,
  identifiers,
  numbers,
  storedObject,
  subject,
  text,
  strings,
  uid,
  integer,
} from "./parts.ts";

/** One image file, with one or several frames. */
export const image = z
  .strictObject({
    ...acquisition,
    ...subject,
    finding_labels: strings(256, "Findings that are reported for the image."),
    follow_up_number: integer(0, 1_000_000, "Position among the patient's studies, from 0."),
    rows: integer(1, 1_000_000, "Height in pixels.", { unit: "{pixel}", tag: "(0028,0010)" }),
    columns: integer(1, 1_000_000, "Width in pixels.", { unit: "{pixel}", tag: "(0028,0011)" }),
    pixel_spacing_mm: numbers(
      2,
      { low: 0, high: 10_000 },
      "Distance of pixel centres: [between rows, between columns].",
      { unit: "mm", tag: "(0028,0030)" },
    ),
    slice_thickness_mm: amount(0, 10_000, "Nominal thickness of a slice.", {
      unit: "mm",
      tag: "(0018,0050)",
    }),
    number_of_frames: integer(1, 1_000_000, "Frames in the file.", { tag: "(0028,0008)" }),
    bits_allocated: integer(1, 64, "Bits stored for a sample.", {
      unit: "bit",
      tag: "(0028,0100)",
    }),
    samples_per_pixel: integer(1, 16, "Colour planes.", { tag: "(0028,0002)" }),
    photometric_interpretation: text(64, "Meaning of the samples.", "(0028,0004)"),
    burned_in_annotation: flag("True when text is part of the pixels.", "(0028,0301)"),
    tube_voltage_kv: amount(0, 100_000, "Peak voltage of the X-ray tube.", {
      unit: "kV",
      tag: "(0018,0060)",
    }),
    exposure_mas: amount(0, 1_000_000, "Exposure.", { unit: "mA.s", tag: "(0018,1152)" }),
    image_type: strings(64, "Characteristics, e.g. ORIGINAL, PRIMARY.", "(0008,0008)"),
    instance_number: integer(-2_147_483_648, 2_147_483_647, "Number within the series.", {
      tag: "(0020,0013)",
    }),
    ...identifiers,
    sop_class_uid: uid("Class of the object.", "(0008,0016)"),
    transfer_syntax_uid: uid("Encoding of the object.", "(0002,0010)"),
    ...storedObject,
  })
  .partial()
  .meta({ title: "image", description: "One image file, with one or several frames." });

/** Fields served by an index. */
export const indexes: readonly string[] = ["modality"];
