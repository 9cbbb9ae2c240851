import { z } from "zod";
import { choice, flag, instant, name, text, integer } from "./parts.ts";

const NUMBER_MAX = 1_000_000_000;

/** Who may find a dataset. */
export const FINDABILITIES = ["published", "unlisted", "private"] as const;

/** One of these. */
export type Findability = (typeof FINDABILITIES)[number];

/** A dataset whose source specification is stored in revisions. */
export const sourceSpec = z
  .strictObject({
    owner_id: name(128, "Id of the owner, which is the first part of the identifier."),
    dataset: name(128, "Name of the dataset, which is the second part of the identifier."),
    owner_name: text(512, "Readable name of the owner.").optional(),
    findability: choice(FINDABILITIES, "Who may find the dataset, according to its last revision."),
    listed_as: choice(
      FINDABILITIES,
      "The findability in lists: a dataset that has never succeeded is at most unlisted.",
    ),
    schedule: text(128, "Interval between automatic revisions, e.g. every 1d.").optional(),
    scheduled_for: instant("Instant of the next automatic revision.").optional(),
    modified_at: instant("Instant of the last upload."),
    latest: integer(1, NUMBER_MAX, "Number of the last revision."),
    successful: integer(1, NUMBER_MAX, "Number of the last revision that succeeded.").optional(),
    certified: flag("True if an administrator has certified the dataset."),
  })
  .meta({ title: "source_spec", description: "A dataset that is made from a source." });

/** Fields served by an index. */
export const indexes: readonly string[] = ["owner_id", "scheduled_for"];
