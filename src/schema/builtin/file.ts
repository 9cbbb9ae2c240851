import { z } from "zod";
import { choice, document, instant, name, objectReference, text, whole } from "./parts.ts";

/** Kinds of persistent identifiers. */
export const PERSISTENT_ID_TYPES = ["ark", "doi", "handle"] as const;

/** A file of an instrument; what lies above it is the instrument. */
export const file = z
  .strictObject({
    instrument_id: name(36, "Instrument that it was found on."),
    persistent_id: name(255, "Its persistent identifier."),
    persistent_id_type: choice(PERSISTENT_ID_TYPES, "Kind of the persistent identifier."),
    source_path: name(2_048, "Path below the folder that is harvested."),
    filename: name(512, "Its name, without folders."),
    size_bytes: whole(0, Number.MAX_SAFE_INTEGER, "Size when it was found.", {
      unit: "By",
    }).optional(),
    source_mtime: instant("When it was last changed at its source.").optional(),
    xxhash: text(64, "XXH64 of the stored bytes, 16 lower-case hexadecimal digits.").optional(),
    sha256: text(64, "SHA-256 of the stored bytes.").optional(),
    metadata: document("What hooks found out about it."),
    decision: choice(["proceed", "skip", "redirect"], "What the hooks before its transfer said."),
    decision_message: text(4_000, "Why.").optional(),
    storage_location_id: text(36, "Where it goes.").optional(),
    destination_path: text(8_192, "Path there; no two files of a location share one.").optional(),
    s3_path: objectReference(
      "Key of its copy, where that lies in this server's own bucket and was checked.",
    ).optional(),
  })
  .meta({ title: "file", description: "A file that was found on an instrument." });

/** Fields served by an index. */
export const indexes: readonly string[] = ["instrument_id", "persistent_id"];

/** Further indexes. */
export const keys = [
  { fields: ["storage_location_id", "destination_path"], unique: true },
  { fields: ["s3_path"], unique: true },
];
