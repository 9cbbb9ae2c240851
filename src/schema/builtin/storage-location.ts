import { z } from "zod";
import { choice, document, flag, instant, name, text, strings } from "./parts.ts";

/** Kinds of storage. */
export const STORAGE_TYPES = ["posix", "s3", "cifs", "nfs"] as const;

/**
 * The destination of harvested files. Its secrets are stored separately, and are in no version of
 * it.
 */
export const storageLocation = z
  .strictObject({
    name: name(255, "Name of the location."),
    type: choice(STORAGE_TYPES, "Kind of storage."),
    connection_config: document("Settings of the connection, without secrets.").optional(),
    base_path: text(1_024, "Folder, or beginning of the keys, below which the files lie."),
    enabled: flag("False if it is switched off."),
    secret_members: strings(1_024, "Members of connection_config that are stored as secrets."),
    secrets_set_at: instant("Instant at which the secrets were last set.").optional(),
  })
  .meta({ title: "storage_location", description: "Where harvested files go." });

/** Fields served by an index. */
export const indexes: readonly string[] = ["name"];
