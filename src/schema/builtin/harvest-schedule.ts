import { z } from "zod";
import { flag, name, text } from "./parts.ts";

/** When an instrument is harvested, and to which destination. */
export const harvestSchedule = z
  .strictObject({
    instrument_id: name(36, "Instrument that is harvested."),
    default_storage_location_id: name(36, "Storage location that receives the files."),
    cron_expression: name(100, "When the schedule is due, as a cron expression."),
    timezone: text(64, "IANA time zone of the cron expression. The default is UTC.").optional(),
    enabled: flag("False if the schedule never becomes due."),
    prefect_deployment_id: text(36, "The Prefect deployment that runs the schedule.").optional(),
  })
  .meta({ title: "harvest_schedule", description: "When an instrument is harvested." });

/** Fields served by an index. */
export const indexes: readonly string[] = ["instrument_id", "enabled"];
