import { z } from "zod";
import { acquisition, amount, date, identifiers, text, integer } from "./parts.ts";

/** Images or other objects from one run of the equipment. */
export const series = z
  .strictObject({
    study_instance_uid: identifiers.study_instance_uid,
    series_instance_uid: identifiers.series_instance_uid,
    series_number: integer(-2_147_483_648, 2_147_483_647, "Number within the study.", {
      tag: "(0020,0011)",
    }),
    series_date: date("Day on which the series began.", "(0008,0021)"),
    series_description: text(1_024, "What the series is, in words.", "(0008,103E)"),
    ...acquisition,
    slice_thickness_mm: amount(0, 10_000, "Nominal thickness of a slice.", {
      unit: "mm",
      tag: "(0018,0050)",
    }),
    spacing_between_slices_mm: amount(-10_000, 10_000, "Distance of neighbouring slices.", {
      unit: "mm",
      tag: "(0018,0088)",
    }),
    magnetic_field_strength_tesla: amount(0, 100, "Nominal field strength.", {
      unit: "T",
      tag: "(0018,0087)",
    }),
    repetition_time_ms: amount(0, 10_000_000, "Time between excitation pulses.", {
      unit: "ms",
      tag: "(0018,0080)",
    }),
    echo_time_ms: amount(0, 1_000_000, "Time from excitation to the echo's peak.", {
      unit: "ms",
      tag: "(0018,0081)",
    }),
    contrast_bolus_agent: text(256, "Contrast agent that was given.", "(0018,0010)"),
    convolution_kernel: text(256, "Reconstruction kernel.", "(0018,1210)"),
    number_of_instances: integer(0, 100_000_000, "Objects in the series.", { tag: "(0020,1209)" }),
  })
  .partial()
  .meta({ title: "series", description: "Objects that one run of the equipment made." });

/** Fields served by an index. */
export const indexes: readonly string[] = ["modality", "series_instance_uid"];
