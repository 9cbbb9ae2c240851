import { z } from "zod";
import { choice, document, flag, instant, name, text, texts } from "./parts.ts";

/** Kinds of storage. */
export const STORAGE_TYPES = ["posix", "s3", "cifs", "nfs"] as const;

/** Where harvested files go. Its secrets are kept apart, and are in no version of it. */
export const storageLocation = z
  .strictObject({
    name: name(255, "Name of the location."),
    type: choice(STORAGE_TYPES, "Kind of storage."),
    connection_config: document("How to reach it, without its secrets.").optional(),
    base_path: text(1_024, "Folder, or beginning of the keys, below which the files lie."),
    enabled: flag("Whether it is in use."),
    secret_members: texts(1_024, "Which members of its connection_config are kept as secrets."),
    secrets_set_at: instant("When its secrets were last set.").optional(),
  })
  .meta({ title: "storage_location", description: "Where harvested files go." });

/** Fields served by an index. */
export const indexes: readonly string[] = ["name"];
