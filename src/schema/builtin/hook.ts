import { z } from "zod";
import { choice, document, flag, instant, name, text, strings, integer } from "./parts.ts";

/** When a hook runs. */
export const HOOK_TRIGGERS = ["pre_transfer", "post_transfer"] as const;

/** The types of hooks. */
export const HOOK_IMPLEMENTATIONS = ["builtin", "python_script", "http_webhook"] as const;

/** A function that runs before or after a file is copied. Its secret is stored separately. */
export const hook = z
  .strictObject({
    name: name(255, "Name of the hook."),
    description: text(20_000, "The purpose of the group.").optional(),
    trigger: choice(HOOK_TRIGGERS, "The event that runs the hook."),
    implementation: choice(HOOK_IMPLEMENTATIONS, "The kind of implementation."),
    builtin_name: text(255, "The name of a built-in hook.").optional(),
    script_path: text(1_024, "Path of a script.").optional(),
    webhook_url: text(2_048, "Address of a webhook.").optional(),
    config: document("The settings of the hook, without secrets.").optional(),
    instrument_id: name(
      36,
      "The instrument of the hook. Without it the hook applies to all instruments.",
    ).optional(),
    priority: integer(
      -1_000_000_000,
      1_000_000_000,
      "The order among hooks. Hooks with low numbers run first.",
    ),
    enabled: flag("False if the hook never runs."),
    secret_members: strings(1_024, "Members of config that are stored as secrets."),
    secrets_set_at: instant("Instant at which the secrets were last set.").optional(),
  })
  .meta({ title: "hook", description: "What happens to a file before or after it is copied." });

/** Fields served by an index. */
export const indexes: readonly string[] = ["instrument_id"];
