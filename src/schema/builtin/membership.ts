import { z } from "zod";
import { choice, name } from "./parts.ts";

/** One member of a group or project. */
export const membership = z
  .strictObject({
    container_id: name(256, "Identifier of the group or project."),
    member_type: choice(
      ["user", "group", "apk"],
      "Kind of the member. Only projects have groups as members.",
    ),
    member_id: name(
      256,
      "Identifier of the member. Users and keys are named without their prefix.",
    ),
  })
  .meta({ title: "membership", description: "One member of a group or project." });

/** Fields served by an index. */
export const indexes: readonly string[] = ["container_id", "member_id"];
