/** Shapes of the routes of harvest workers. */
import { z } from "@hono/zod-openapi";
import { isPathBelow } from "../language/destination.ts";
import { canonicalInstant } from "../../../schema/instant.ts";
import { anyObject, filled, id, text, uuid, word } from "./shared.ts";
import { HookRead, InstrumentRead, LocationRead, ScheduleRead } from "./managed.ts";

/** Who claims; for runs of an external scheduler, its run. */
export const Claim = z
  .object({
    worker: filled(255).optional(),
    flow_run_id: uuid.optional().openapi({ type: "string", format: "uuid" }),
  })
  .openapi("HarvestClaim");

/** A run with everything that a worker needs. */
export const ClaimedRun = z
  .object({
    id,
    instrument: InstrumentRead,
    schedule: ScheduleRead,
    storage_location: LocationRead,
    hooks: z.array(HookRead),
  })
  .openapi("ClaimedHarvest");

/** Fraction digits of seconds that are kept. */
const FRACTION = /(\.\d{6})\d+/;

const modTime = z
  .string("Input should be a valid string")
  .max(64, "Input should be an instant")
  .transform((value) => canonicalInstant(value.replace(FRACTION, "$1")) ?? "")
  .refine((value) => value !== "", "Input should be an instant, as RFC 3339 writes it");

const Entry = z.object({
  source_path: filled(2_048).refine(
    isPathBelow,
    "Input should be a relative path without empty segments, `.`, `..` and control characters",
  ),
  filename: filled(512).optional(),
  size_bytes: z
    .int("Input should be a valid integer")
    .min(0, "Input should be 0 or more")
    .max(Number.MAX_SAFE_INTEGER, "Input should be a size"),
  mod_time: modTime.nullable().optional().openapi({ type: "string", format: "date-time" }),
});

/** What a worker found. */
export const Discovered = z
  .object({ entries: z.array(Entry, "Input should be a valid list") })
  .openapi("HarvestDiscovery");

/** The instruction for it. */
export const Items = z
  .object({
    items: z.array(
      z.object({
        file_id: id,
        source_path: z.string(),
        persistent_id: z.string(),
        decision: z.enum(["proceed", "skip", "redirect"]),
        message: z.string().nullable(),
        destination_path: z.string().nullable(),
        upload_url: z.string().optional(),
        upload_headers: z.record(z.string(), z.string()).optional(),
      }),
    ),
  })
  .openapi("HarvestItems");

const CHECKSUM = /^[0-9a-f]{16}$/;
const checksum = z
  .string("Input should be a valid string")
  .regex(CHECKSUM, "Input should be an XXH64, 16 lower-case hexadecimal digits");

const Transferred = z.object({
  file_id: uuid.openapi({ type: "string", format: "uuid" }),
  status: word(["in_progress", "completed", "failed"]),
  bytes_transferred: z
    .int("Input should be a valid integer")
    .min(0, "Input should be 0 or more")
    .max(Number.MAX_SAFE_INTEGER, "Input should be a size")
    .nullable()
    .optional(),
  source_checksum: checksum.nullable().optional(),
  dest_checksum: checksum.nullable().optional(),
  error_message: text(4_000).nullable().optional(),
});

/** Reports about files. */
export const Transfers = z
  .object({ items: z.array(Transferred, "Input should be a valid list") })
  .openapi("HarvestReport");

/** What is recorded of them. */
export const Recorded = z
  .object({
    items: z.array(z.object({ file_id: id, transfer_id: id, status: z.string() })),
  })
  .openapi("HarvestRecorded");

/** The result of a run. */
export const Finish = z.object({ summary: anyObject.optional() }).openapi("HarvestFinish");

/** A run that has ended. */
export const Finished = z.object({ id, status: z.literal("finished") }).openapi("FinishedHarvest");

/** One entry of a discovery. */
export type EntryBody = z.infer<typeof Entry>;
/** One element of a report. */
export type TransferBody = z.infer<typeof Transferred>;
