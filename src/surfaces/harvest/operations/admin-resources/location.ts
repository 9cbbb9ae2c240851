/** Storage locations: the members that each type needs, and which of them are secret. */
import { asObject, isJsonObject, type Json, type JsonObject } from "../../../../model/json.ts";
import { formatInstant } from "../../../../model/time.ts";
import { isOwnBucket } from "../bucket.ts";
import { isPathPart } from "../../language/destination.ts";
import { textIn, textsIn } from "../hook.ts";
import { bodyError, RequestError, type RequestErrorItem } from "../error.ts";
import {
  membersOf,
  picked,
  stampsOf,
  withDefaults,
  type Composed,
  type Composing,
  type Kind,
} from "./kind.ts";
import { REDACTED, redacted, part, mergeSecrets } from "./secrets.ts";

/** Members of each type's configuration: true for required ones. */
const MEMBERS: Readonly<Record<string, Readonly<Record<string, boolean>>>> = {
  s3: {
    bucket: true,
    region: true,
    endpoint_url: false,
    access_key_id: true,
    secret_access_key: true,
  },
  cifs: { host: true, share: true, username: true, password: true, domain: false },
  nfs: { host: true, export_path: true, mount_options: false },
};

const PLACE = "connection_config";

const errorOf = (name: string, value: Json | undefined, isRequired: boolean) => {
  const loc = ["body", PLACE, name];
  if (value === undefined || value === null) {
    return isRequired ? [{ type: "missing", loc, msg: "Field required" }] : [];
  }
  const isText = typeof value === "string" && (value !== "" || !isRequired);
  return isText ? [] : [{ type: "string_type", loc, msg: "Input should be a valid string" }];
};

/** The configuration that a type takes: unknown members are dropped, optional ones are null. */
const fitted = (type: string, config: JsonObject): JsonObject => {
  const members = MEMBERS[type];
  if (members === undefined) return config;
  const entries = Object.entries(members);
  const errors: readonly RequestErrorItem[] = entries.flatMap(([name, isRequired]) =>
    errorOf(name, config[name], isRequired),
  );
  if (errors.length > 0) throw new RequestError(errors);
  return Object.fromEntries(entries.map(([name]) => [name, config[name] ?? null]));
};

/** The configuration after a change, and its secrets. */
const configured = ({ body, before, now }: Composing): Composed => {
  const sent = body[PLACE];
  const stored = textsIn(before?.["secret_members"]);
  if (sent === undefined && before !== null) return { payload: {}, secrets: {} };
  const type = textIn(body["type"] ?? before?.["type"]) ?? "";
  if (!isJsonObject(sent)) {
    // Only a type without required members can have no configuration at all.
    if (before === null || body["type"] !== undefined) fitted(type, {});
    const { changes } = mergeSecrets({}, stored, () => false);
    return { payload: { [PLACE]: null, secret_members: [] }, secrets: changes };
  }
  const merged = { ...redacted(asObject(before?.[PLACE]), stored), ...sent };
  const { plain, secrets } = part(fitted(type, merged), PLACE);
  const isLost = Object.entries(secrets).find(
    ([path, value]) => value === REDACTED && !stored.includes(path),
  );
  if (isLost !== undefined) throw bodyError(`${PLACE}.${isLost[0]}`, "Field required", "missing");
  const { paths, changes } = mergeSecrets(secrets, stored, () => false);
  const set = Object.keys(changes).length > 0 ? { secrets_set_at: formatInstant(now) } : {};
  return { payload: { [PLACE]: plain, secret_members: paths, ...set }, secrets: changes };
};

const NAMES = ["name", "type", "base_path", "enabled"];

const compose = (composing: Composing): Composed => {
  const { body, before } = composing;
  const base = body["base_path"];
  if (typeof base === "string" && !isPathPart(base)) {
    throw bodyError("base_path", "Input should be a path without `.`, `..` and control characters");
  }
  const { payload, secrets } = configured(composing);
  const members = { ...picked(body, NAMES), ...payload };
  return { payload: withDefaults(members, before, { enabled: true, secret_members: [] }), secrets };
};

/** The base path of a location in the server's own bucket. */
const basePath: Kind["basePath"] = (payload, { s3Bucket, s3Endpoint }) => {
  const own = { bucket: s3Bucket, endpoint: s3Endpoint };
  return isOwnBucket(payload, own) ? (textIn(payload["base_path"]) ?? "") : undefined;
};

/** Storage locations. */
export const LOCATION: Kind = {
  payloadType: "storage_location",
  word: "Storage location",
  references: {},
  hasUniqueName: false,
  compose,
  basePath,
  render: (resource) => {
    const { payload, id } = resource;
    const config = payload[PLACE];
    return {
      id,
      ...membersOf(payload, ["name", "type"]),
      connection_config: isJsonObject(config)
        ? redacted(config, textsIn(payload["secret_members"]))
        : null,
      ...membersOf(payload, ["base_path", "enabled"]),
      ...stampsOf(resource),
    };
  },
};
