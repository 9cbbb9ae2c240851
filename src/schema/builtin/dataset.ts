import { z } from "zod";
import { date, text, strings, integer } from "./parts.ts";

/** A named collection of resources, e.g. the release of a cohort. */
export const dataset = z
  .strictObject({
    name: text(512, "Name of the dataset."),
    dataset_version: text(128, "Version of the release."),
    description: text(20_000, "What the dataset contains and how it was made."),
    homepage_url: text(2_048, "Address of the dataset's own page."),
    doi: text(256, "Digital object identifier."),
    citation: text(4_096, "How the dataset is to be cited."),
    keywords: strings(256, "Keywords for searches."),
    release_date: date("Day of the release."),
    split: text(64, "Part of a larger set, e.g. train, validation or test."),
    resource_count: integer(0, Number.MAX_SAFE_INTEGER, "Number of resources in the dataset."),
    size_bytes: integer(0, Number.MAX_SAFE_INTEGER, "Total size of the dataset's objects.", {
      unit: "By",
    }),
  })
  .partial()
  .meta({ title: "dataset", description: "A named collection of resources." });

/** Fields served by an index. */
export const indexes: readonly string[] = ["name"];
