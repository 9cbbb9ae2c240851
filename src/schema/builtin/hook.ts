import { z } from "zod";
import { choice, document, flag, instant, name, text, texts, whole } from "./parts.ts";

/** When a hook runs. */
export const HOOK_TRIGGERS = ["pre_transfer", "post_transfer"] as const;

/** What a hook can be. */
export const HOOK_IMPLEMENTATIONS = ["builtin", "python_script", "http_webhook"] as const;

/** What happens to a file before or after it is copied. Its secret is kept apart. */
export const hook = z
  .strictObject({
    name: name(255, "Name of the hook."),
    description: text(20_000, "What it is for.").optional(),
    trigger: choice(HOOK_TRIGGERS, "When it runs."),
    implementation: choice(HOOK_IMPLEMENTATIONS, "What it is."),
    builtin_name: text(255, "Which of the built-in ones.").optional(),
    script_path: text(1_024, "Path of a script.").optional(),
    webhook_url: text(2_048, "Address of a webhook.").optional(),
    config: document("Its settings, without its secret.").optional(),
    instrument_id: name(36, "The instrument that it is for; all of them without one.").optional(),
    priority: whole(-1_000_000_000, 1_000_000_000, "Its place among the others; low ones first."),
    enabled: flag("Whether it runs."),
    secret_members: texts(1_024, "Which members of its config are kept as secrets."),
    secrets_set_at: instant("When its secrets were last set.").optional(),
  })
  .meta({ title: "hook", description: "What happens to a file before or after it is copied." });

/** Fields served by an index. */
export const indexes: readonly string[] = ["instrument_id"];
