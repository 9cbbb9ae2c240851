import { z } from "zod";
import { instant, name, text } from "./parts.ts";

/** A login to shares. Its password is stored separately, and is in no version of it. */
export const serviceAccount = z
  .strictObject({
    name: name(255, "Name of the account here."),
    domain: text(255, "Domain or workgroup of the login.").optional(),
    username: name(255, "The name for the login."),
    secrets_set_at: instant("Instant at which the password was last set."),
  })
  .meta({ title: "service_account", description: "A login to the shares of instruments." });

/** Fields served by an index. */
export const indexes: readonly string[] = [];
