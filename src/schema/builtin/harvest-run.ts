import { z } from "zod";
import { choice, document, instant, name, text } from "./parts.ts";

/** How far a run has come. */
const RUN_STATUSES = ["scheduled", "running", "finished"] as const;

/** One harvest of an instrument. */
export const harvestRun = z
  .strictObject({
    instrument_id: name(36, "Instrument that is harvested."),
    schedule_id: name(36, "Schedule that it belongs to."),
    storage_location_id: name(36, "Where its files go."),
    status: choice(RUN_STATUSES, "How far it has come."),
    scheduled_for: instant("When it was due."),
    worker: text(255, "Who works on it.").optional(),
    claimed_by: text(256, "The user or key that has claimed it.").optional(),
    seen_at: instant("When its worker was last heard of.").optional(),
    finished_at: instant("When it ended.").optional(),
    summary: document("What it came to.").optional(),
  })
  .meta({ title: "harvest_run", description: "One harvest of an instrument." });

/** Fields served by an index. */
export const indexes: readonly string[] = ["schedule_id", "status"];
