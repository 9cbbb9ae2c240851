/** Settings of the instrument harvest. */
import { parseEncryptionKeys } from "../identity/encryption.ts";

const parseWord =
  (pattern: RegExp, meaning: string) =>
  (text: string): string => {
    if (!pattern.test(text)) throw new Error(`must be ${meaning}`);
    return text;
  };

const parseScheduler = (text: string): "embedded" | "prefect" => {
  if (text === "embedded" || text === "prefect") return text;
  throw new Error("must be one of: embedded, prefect");
};

const parsePrefectUrl = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new Error("must be an http or https address");
  }
  if (`${url.username}${url.password}${url.search}${url.hash}` !== "") {
    throw new Error("must be an address without credentials, query and fragment");
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
};

const parsePrefectKey = (text: string): string | null => {
  if (text === "none") return null;
  if (!/^[\x21-\x7e]{8,512}$/.test(text)) {
    throw new Error("must be none, or 8 or more visible ASCII characters");
  }
  return text;
};

const parseSwitch = (text: string): boolean => {
  if (text === "true" || text === "false") return text === "true";
  throw new Error("must be one of: true, false");
};

/** The settings; the documentation lists them from here. */
export const HARVEST_SETTINGS = {
  encryptionKeys: {
    name: "ENCRYPTION_KEYS",
    kind: "secret" as const,
    fallback: null,
    meaning:
      "JSON object of key ids and 32 random bytes in base64 each, with which secrets kept for others are encrypted: the first encrypts, all decrypt.",
    parse: parseEncryptionKeys,
  },
  scheduler: {
    name: "SCHEDULER",
    kind: "variable" as const,
    fallback: "embedded",
    meaning: "Who makes due harvest schedules into runs: `embedded` the Cron Trigger, `prefect`.",
    parse: parseScheduler,
  },
  prefectApiUrl: {
    name: "PREFECT_API_URL",
    kind: "variable" as const,
    fallback: "http://localhost:4200/api",
    meaning: "Address of Prefect's API; used only if `SCHEDULER` is `prefect`.",
    parse: parsePrefectUrl,
  },
  prefectApiKey: {
    name: "PREFECT_API_KEY",
    kind: "secret" as const,
    fallback: "none",
    meaning: "Key that is sent to Prefect as a bearer token; `none` where it asks for none.",
    parse: parsePrefectKey,
  },
  arkNaan: {
    name: "ARK_NAAN",
    kind: "variable" as const,
    fallback: "99999",
    meaning: "Name assigning authority number of the ARKs of files; 99999 is for tests.",
    parse: parseWord(/^[0-9bcdfghjkmnpqrstvwxz]{2,16}$/, "the digits of a NAAN"),
  },
  arkShoulder: {
    name: "ARK_SHOULDER",
    kind: "variable" as const,
    fallback: "fk4",
    meaning: "Beginning of the names in these ARKs.",
    parse: parseWord(/^[a-z0-9]{0,16}$/, "at most 16 lower-case letters and digits"),
  },
  allowPrivateWebhooks: {
    name: "ALLOW_PRIVATE_WEBHOOKS",
    kind: "variable" as const,
    fallback: "false",
    meaning:
      "`true`: webhooks may be called by http and at private addresses; for development alone.",
    parse: parseSwitch,
  },
};
