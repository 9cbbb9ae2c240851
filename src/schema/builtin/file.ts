import { z } from "zod";
import { choice, document, instant, name, objectReference, text, integer } from "./parts.ts";

/** Kinds of persistent identifiers. */
export const PERSISTENT_ID_TYPES = ["ark", "doi", "handle"] as const;

/** A file of an instrument; its parent is the instrument. */
export const file = z
  .strictObject({
    instrument_id: name(36, "Instrument on which the file was found."),
    persistent_id: name(255, "The persistent identifier of the file."),
    persistent_id_type: choice(PERSISTENT_ID_TYPES, "Kind of the persistent identifier."),
    source_path: name(2_048, "Path of the file below the harvested folder."),
    filename: name(512, "Name of the file, without folders."),
    size_bytes: integer(0, Number.MAX_SAFE_INTEGER, "Size of the file when it was found.", {
      unit: "By",
    }).optional(),
    source_mtime: instant("Instant of the last change at the source.").optional(),
    xxhash: text(64, "XXH64 of the stored bytes, 16 lower-case hexadecimal digits.").optional(),
    sha256: text(64, "SHA-256 of the stored bytes.").optional(),
    metadata: document("Metadata that hooks have added."),
    decision: choice(["proceed", "skip", "redirect"], "Decision of the hooks before the transfer."),
    decision_message: text(4_000, "The reason for the decision.").optional(),
    storage_location_id: text(36, "Storage location that receives the file.").optional(),
    destination_path: text(
      8_192,
      "Path at the storage location. It is unique within the location.",
    ).optional(),
    s3_path: objectReference("Key of the verified copy in this server's own bucket.").optional(),
  })
  .meta({ title: "file", description: "A file that was found on an instrument." });

/** Fields served by an index. */
export const indexes: readonly string[] = ["instrument_id", "persistent_id"];

/** Further indexes. */
export const keys = [
  { fields: ["storage_location_id", "destination_path"], unique: true },
  { fields: ["s3_path"], unique: true },
];
