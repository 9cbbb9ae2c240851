import { z } from "zod";
import { name } from "./parts.ts";

/** Access of a user to all files of an instrument. */
export const instrumentAccess = z
  .strictObject({
    instrument_id: name(36, "Instrument whose files the user may see."),
    user_id: name(36, "User who may see the files."),
  })
  .meta({
    title: "instrument_access",
    description: "Access of a user to the files of an instrument.",
  });

/** Fields served by an index. */
export const indexes: readonly string[] = ["instrument_id", "user_id"];

/** Fields that are indexed together. */
export const keys = [{ fields: ["instrument_id", "user_id"], unique: false }] as const;
