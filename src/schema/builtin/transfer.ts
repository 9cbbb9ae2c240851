import { z } from "zod";
import { choice, flag, instant, name, text, whole } from "./parts.ts";
import { TRANSFER_ADAPTERS } from "./instrument.ts";

/** What can become of a transfer. */
export const TRANSFER_STATUSES = [
  "pending",
  "in_progress",
  "completed",
  "failed",
  "skipped",
] as const;

/** A copy of a file to a storage location; what lies above it is the file. */
export const transfer = z
  .strictObject({
    file_id: name(36, "File that is copied."),
    storage_location_id: name(36, "Where to."),
    destination_path: text(8_192, "Path there.").optional(),
    transfer_adapter: choice(TRANSFER_ADAPTERS, "Program that carries it."),
    status: choice(TRANSFER_STATUSES, "How far it has come."),
    bytes_transferred: whole(0, Number.MAX_SAFE_INTEGER, "Size at the destination.", {
      unit: "By",
    }).optional(),
    source_checksum: text(64, "XXH64 of the source.").optional(),
    dest_checksum: text(64, "XXH64 of the copy.").optional(),
    checksum_verified: flag("Whether both are the same; missing while one is unknown.").optional(),
    started_at: instant("When it began.").optional(),
    completed_at: instant("When it ended.").optional(),
    error_message: text(4_000, "Why it failed or was left out.").optional(),
    harvest_run_id: text(36, "The harvest run that it belongs to.").optional(),
  })
  .meta({ title: "transfer", description: "A copy of a harvested file to a storage location." });

/** Fields served by an index. */
export const indexes: readonly string[] = ["file_id", "started_at"];
