import { z } from "zod";
import {
  acquisition,
  amount,
  identifiers,
  numbers,
  storedObject,
  subject,
  text,
  integer,
} from "./parts.ts";

/** A three-dimensional image, e.g. a NIfTI file or a stack made from a series. */
export const volume = z
  .strictObject({
    ...acquisition,
    ...subject,
    rows: integer(1, 1_000_000, "Height of a slice.", { unit: "{pixel}", tag: "(0028,0010)" }),
    columns: integer(1, 1_000_000, "Width of a slice.", { unit: "{pixel}", tag: "(0028,0011)" }),
    slices: integer(1, 1_000_000, "Slices of the volume."),
    time_points: integer(1, 10_000_000, "Volumes over time, for a time series."),
    voxel_spacing_mm: numbers(
      3,
      { low: 0, high: 10_000 },
      "Distance of voxel centres: [between rows, between columns, between slices].",
      { unit: "mm" },
    ),
    slice_thickness_mm: amount(0, 10_000, "Nominal thickness of a slice.", {
      unit: "mm",
      tag: "(0018,0050)",
    }),
    orientation: text(16, "Direction of the axes, e.g. RAS or LPS."),
    data_type: text(64, "Type of a voxel, e.g. int16 or float32."),
    format: text(64, "Format of the file, e.g. NIfTI-1."),
    study_instance_uid: identifiers.study_instance_uid,
    series_instance_uid: identifiers.series_instance_uid,
    ...storedObject,
  })
  .partial()
  .meta({ title: "volume", description: "A three-dimensional image." });

/** Fields served by an index. */
export const indexes: readonly string[] = ["modality"];
