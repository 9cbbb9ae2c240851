import { z } from "zod";
import { flag, name, text } from "./parts.ts";

/** When an instrument is harvested, and where to. */
export const harvestSchedule = z
  .strictObject({
    instrument_id: name(36, "Instrument that is harvested."),
    default_storage_location_id: name(36, "Storage location that its files go to."),
    cron_expression: name(100, "When it is due, as a cron expression."),
    timezone: text(64, "IANA time zone of the expression; UTC without one.").optional(),
    enabled: flag("Whether it becomes due."),
    prefect_deployment_id: text(36, "The deployment that runs it.").optional(),
  })
  .meta({ title: "harvest_schedule", description: "When an instrument is harvested." });

/** Fields served by an index. */
export const indexes: readonly string[] = ["instrument_id", "enabled"];
