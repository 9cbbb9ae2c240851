import { z } from "zod";
import { choice, document, flag, instant, name, text } from "./parts.ts";

/** Programs that can copy files from an instrument's share. */
export const TRANSFER_ADAPTERS = ["rclone", "globus", "rsync"] as const;

/** A device whose files are harvested from a network share. */
export const instrument = z
  .strictObject({
    name: name(255, "Name of the instrument, and of the folder that contains its files."),
    description: text(20_000, "The instrument in words.").optional(),
    location: text(255, "The place where the instrument stands.").optional(),
    pid: text(255, "Persistent identifier of the instrument itself.").optional(),
    cifs_host: name(255, "Host of the share."),
    cifs_share: name(255, "Name of the share."),
    cifs_base_path: text(1_024, "Folder of the share to begin in.").optional(),
    service_account_id: name(36, "Service account that opens the share.").optional(),
    transfer_adapter: choice(TRANSFER_ADAPTERS, "Program that copies the files."),
    transfer_config: document("Settings of that program.").optional(),
    enabled: flag("False if it is switched off."),
    last_harvested_at: instant("Instant at which the last harvest run ended.").optional(),
  })
  .meta({
    title: "instrument",
    description: "A device whose files are harvested from a network share.",
  });

/** Fields served by an index. */
export const indexes: readonly string[] = ["name"];
