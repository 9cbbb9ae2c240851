/** Hooks. */
import { isJsonObject, type Json, type JsonObject } from "../../../../model/json.ts";
import { formatInstant } from "../../../../model/time.ts";
import { textsIn } from "../hook.ts";
import { webhookError } from "../webhook.ts";
import { bodyError } from "../error.ts";
import {
  deletionOf,
  membersOf,
  picked,
  withDefaults,
  type Composed,
  type Composing,
  type Kind,
} from "./kind.ts";
import { redacted, part, mergeSecrets } from "./secrets.ts";

const NAMES = [
  "name",
  "description",
  "trigger",
  "implementation",
  "builtin_name",
  "script_path",
  "webhook_url",
  "instrument_id",
  "priority",
  "enabled",
];

/** A configuration replaces the previous one; `****` keeps a secret. */
const configured = ({ body, before, now }: Composing): Composed => {
  const sent = body["config"];
  const stored = textsIn(before?.["secret_members"]);
  if (sent === undefined) return { payload: {}, secrets: {} };
  const { plain, secrets } = part(isJsonObject(sent) ? sent : {}, "config");
  const { paths, changes } = mergeSecrets(secrets, stored, () => false);
  const kept = paths.filter((path) => stored.includes(path) || Object.hasOwn(changes, path));
  const set = Object.keys(changes).length > 0 ? { secrets_set_at: formatInstant(now) } : {};
  const config = isJsonObject(sent) ? plain : null;
  return { payload: { config, secret_members: kept, ...set }, secrets: changes };
};

const compose = (composing: Composing): Composed => {
  const { body, before, config } = composing;
  const { payload, secrets } = configured(composing);
  const members = { ...picked(body, NAMES), ...payload };
  const after: Readonly<Record<string, Json | undefined>> = { ...before, ...members };
  if (after["implementation"] === "python_script") {
    throw bodyError("implementation", "python_script hooks are not supported");
  }
  if (after["implementation"] === "http_webhook") {
    const url = after["webhook_url"];
    if (typeof url !== "string") throw bodyError("webhook_url", "Field required", "missing");
    const error = webhookError(url, config.allowPrivateWebhooks);
    if (error !== undefined) throw bodyError("webhook_url", error);
  }
  const defaults: JsonObject = { priority: 0, enabled: true, secret_members: [] };
  return { payload: withDefaults(members, before, defaults), secrets };
};

/** Hooks. */
export const HOOK: Kind = {
  payloadType: "hook",
  word: "Hook",
  references: { instrument_id: { type: "instrument", word: "Instrument" } },
  hasUniqueName: false,
  compose,
  render: (resource) => {
    const { payload, id } = resource;
    const { config } = payload;
    const secrets = textsIn(payload["secret_members"]);
    return {
      id,
      ...membersOf(payload, NAMES),
      config: isJsonObject(config) ? redacted(config, secrets) : null,
      ...deletionOf(resource),
    };
  },
};
