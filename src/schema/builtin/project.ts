import { z } from "zod";
import { name, text } from "./parts.ts";

/** An undertaking with people, keys and whole groups as members. */
export const project = z
  .strictObject({
    name: name(256, "Name of the project."),
    description: text(4_000, "The subject of the project.").optional(),
  })
  .meta({
    title: "project",
    description: "An undertaking that people, keys and whole groups take part in.",
  });

/** Fields served by an index. */
export const indexes: readonly string[] = ["name"];
