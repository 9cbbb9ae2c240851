import { z } from "zod";
import { name, text } from "./parts.ts";

/** People and keys that get access together. */
export const group = z
  .strictObject({
    name: name(256, "Name of the group."),
    description: text(4_000, "The purpose of the group.").optional(),
  })
  .meta({ title: "group", description: "People and keys that get access together." });

/** Fields served by an index. */
export const indexes: readonly string[] = ["name"];
