import { z } from "zod";
import { choice, document, instant, name, text } from "./parts.ts";

/** The status of a run. */
const RUN_STATUSES = ["scheduled", "running", "finished"] as const;

/** One harvest of an instrument. */
export const harvestRun = z
  .strictObject({
    instrument_id: name(36, "Instrument that is harvested."),
    schedule_id: name(36, "Schedule of the run."),
    storage_location_id: name(36, "Storage location that receives the files."),
    status: choice(RUN_STATUSES, "State of the work."),
    scheduled_for: instant("Instant at which the run was due."),
    worker: text(255, "Name of the worker.").optional(),
    claimed_by: text(256, "The user or key that has claimed the run.").optional(),
    seen_at: instant("Instant of the last call of the worker.").optional(),
    finished_at: instant("Instant of the end.").optional(),
    summary: document("The result of the run.").optional(),
  })
  .meta({ title: "harvest_run", description: "One harvest of an instrument." });

/** Fields served by an index. */
export const indexes: readonly string[] = ["schedule_id", "status"];
