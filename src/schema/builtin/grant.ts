import { z } from "zod";
import { choice, name } from "./parts.ts";

/** Access of one grantee to a restricted resource and to what is below it. */
export const grant = z
  .strictObject({
    resource_identifier: name(256, "Resource to which the grant gives access."),
    grantee_type: choice(["user", "group", "project", "apk"], "Kind of the grantee."),
    grantee_id: name(256, "Identifier of the grantee."),
  })
  .meta({ title: "grant", description: "Access of one grantee to a restricted resource." });

/** Fields served by an index. */
export const indexes: readonly string[] = ["resource_identifier", "grantee_id"];

/** Fields that are indexed together. */
export const keys = [{ fields: ["resource_identifier", "grantee_id"], unique: false }] as const;
