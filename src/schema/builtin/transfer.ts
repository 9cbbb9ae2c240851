import { z } from "zod";
import { choice, flag, instant, name, text, integer } from "./parts.ts";
import { TRANSFER_ADAPTERS } from "./instrument.ts";

/** The status of a transfer. */
export const TRANSFER_STATUSES = [
  "pending",
  "in_progress",
  "completed",
  "failed",
  "skipped",
] as const;

/** A copy of a file to a storage location; its parent is the file. */
export const transfer = z
  .strictObject({
    file_id: name(36, "File to copy."),
    storage_location_id: name(36, "The storage location that receives the copy."),
    destination_path: text(8_192, "The path of the copy at the storage location.").optional(),
    transfer_adapter: choice(TRANSFER_ADAPTERS, "Program that copies the file."),
    status: choice(TRANSFER_STATUSES, "State of the work."),
    bytes_transferred: integer(0, Number.MAX_SAFE_INTEGER, "Size at the destination.", {
      unit: "By",
    }).optional(),
    source_checksum: text(64, "XXH64 of the source.").optional(),
    dest_checksum: text(64, "XXH64 of the copy.").optional(),
    checksum_verified: flag(
      "True if both checksums are equal. Absent while one is unknown.",
    ).optional(),
    started_at: instant("Instant of the start.").optional(),
    completed_at: instant("Instant of the end.").optional(),
    error_message: text(4_000, "Reason for which the transfer failed or was skipped.").optional(),
    harvest_run_id: text(36, "Harvest run of the transfer.").optional(),
  })
  .meta({ title: "transfer", description: "A copy of a harvested file to a storage location." });

/** Fields served by an index. */
export const indexes: readonly string[] = ["file_id", "started_at"];
