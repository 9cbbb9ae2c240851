/** The Worker's variables and secrets, read once. One invalid value makes all of them invalid. */
import { BUCKET_SETTINGS } from "./config/bucket.ts";
import { oneOf, parseBoolean } from "./config/choice.ts";
import { isLoopback } from "./config/endpoint.ts";
import { HARVEST_SETTINGS } from "./config/harvest.ts";
import {
  ADMIN_PASSWORD_LENGTH_MIN,
  CURSOR_SECRET_BYTES_MIN,
  parseAdminPassword,
  parseEmailSetting,
  parseSecretBytes,
} from "./identity/settings.ts";
import { SOURCE_SETTINGS, sourceErrors } from "./config/sources.ts";
import { isUuid } from "./identity/uuid.ts";
import { parseSigningKeys } from "./identity/signing-key.ts";

/** One variable or secret. */
export interface Setting<Value> {
  /** Its name in the Worker's environment. */
  readonly name: string;
  readonly kind: "variable" | "secret";
  /** The default, possibly per environment; null: it is required. */
  readonly fallback: string | null | Readonly<Record<Environment, string | null>>;
  /** What it decides, in one sentence. */
  readonly meaning: string;
  /** Parses the text. Throws an Error with a sentence without subject that never quotes it. */
  readonly parse: (text: string) => Value;
}

const ADDRESSES = ["platform", "proxy", "none"] as const;
const ENVIRONMENTS = ["development", "production"] as const;
const REGISTRATIONS = ["open", "closed", "public"] as const;

/** Where the Worker runs. */
export type Environment = (typeof ENVIRONMENTS)[number];

const parseOrigin = (text: string): string => {
  const origin = URL.canParse(text) ? new URL(text).origin : "null";
  if (!/^https?:/.test(origin) || origin !== text || text.includes("*")) {
    throw new Error("must be origins such as https://data.example.org, without path or wildcard");
  }
  return origin;
};

const parseOrigins = (text: string): readonly string[] =>
  text === "none" ? [] : text.split(",").map((part) => parseOrigin(part.trim()));

const RATE_LIMIT_MAX = 10_000_000;

const parseRateLimit = (text: string): number | null => {
  if (text === "none") return null;
  const count = Number(text);
  if (!/^[1-9]\d*$/.test(text) || count > RATE_LIMIT_MAX) {
    throw new Error(`must be none, or a whole number from 1 to ${RATE_LIMIT_MAX}`);
  }
  return count;
};

const parseUuid = (text: string): string => {
  if (!isUuid(text)) throw new Error("must be a UUID in lower case");
  return text;
};

const setting = <Value>(definition: Setting<Value>): Setting<Value> => definition;

/** Every setting. The documentation lists them from here. */
export const SETTINGS = {
  environment: setting({
    name: "ENVIRONMENT",
    kind: "variable",
    fallback: "production",
    meaning: "Where the Worker runs: `development` or `production`.",
    parse: oneOf(ENVIRONMENTS),
  }),
  registration: setting({
    name: "REGISTRATION",
    kind: "variable",
    fallback: { development: "open", production: "closed" },
    meaning:
      "Who may register users: `closed` admins alone, `open` everybody. In production `open` is refused, since it is left on too easily; who means it says `public`.",
    parse: oneOf(REGISTRATIONS),
  }),
  publicRead: setting({
    name: "PUBLIC_READ",
    kind: "variable",
    fallback: "false",
    meaning: "`true`: resources with access level `public` are read without a token.",
    parse: parseBoolean,
  }),
  corsOrigins: setting({
    name: "CORS_ORIGINS",
    kind: "variable",
    fallback: "none",
    meaning:
      "Origins whose pages may call the API from a browser, with commas between them; `none` for no other than its own.",
    parse: parseOrigins,
  }),
  rateLimit: setting({
    name: "RATE_LIMIT",
    kind: "variable",
    fallback: { development: "none", production: "6000" },
    meaning:
      "Requests a minute of each principal, and of each address without a token; `none` for any number.",
    parse: parseRateLimit,
  }),
  clientAddress: setting({
    name: "CLIENT_ADDRESS",
    kind: "variable",
    fallback: "platform",
    meaning:
      "Who says from which address a request comes: `platform` Cloudflare, `proxy` the last entry of X-Forwarded-For, `none` nobody: then logins are counted by account alone.",
    parse: oneOf(ADDRESSES),
  }),
  projectId: setting({
    name: "PROJECT_ID",
    kind: "variable",
    fallback: "00000000-0000-4000-8000-000000000000",
    meaning: "UUID that stands as audience in the access tokens of `POST /auth`.",
    parse: parseUuid,
  }),
  requestLog: setting({
    name: "REQUEST_LOG",
    kind: "variable",
    fallback: { development: "false", production: "true" },
    meaning: "`true`: one JSON line is logged for each request; it never holds anything personal.",
    parse: parseBoolean,
  }),
  adminEmail: setting({
    name: "ADMIN_EMAIL",
    kind: "variable",
    fallback: null,
    meaning: "Address of the first admin, whose account appears at its first login.",
    parse: parseEmailSetting,
  }),
  adminPassword: setting({
    name: "ADMIN_PASSWORD",
    kind: "secret",
    fallback: null,
    meaning: `Password of the first admin, ${ADMIN_PASSWORD_LENGTH_MIN} characters or more; a new one makes older tokens void at its first login.`,
    parse: parseAdminPassword,
  }),
  signingKeys: setting({
    name: "SIGNING_KEYS",
    kind: "secret",
    fallback: null,
    meaning:
      "JSON array of RSA keys (JWK with `kid`, 2048 bits or more) for RS256 tokens: the first signs, all verify; later ones may be public halves.",
    parse: parseSigningKeys,
  }),
  cursorSecret: setting({
    name: "CURSOR_SECRET",
    kind: "secret",
    fallback: null,
    meaning: `Base64 of ${CURSOR_SECRET_BYTES_MIN} random bytes or more, with which cursors are encrypted.`,
    parse: parseSecretBytes,
  }),
  ...BUCKET_SETTINGS,
  ...SOURCE_SETTINGS,
  ...HARVEST_SETTINGS,
} as const;

type SettingValue<Definition> = Definition extends Setting<infer Value> ? Value : never;

/** The settings' values. */
export type Config = {
  readonly [Name in keyof typeof SETTINGS]: SettingValue<(typeof SETTINGS)[Name]>;
};

/** The Worker's environment: variables and secrets are strings, everything else is ignored. */
export type ConfigSource = object;

const textOf = (env: ConfigSource, name: string): string | undefined => {
  const value: unknown = Reflect.get(env, name);
  return typeof value === "string" && value !== "" ? value : undefined;
};

const environmentOf = (env: ConfigSource): Environment =>
  textOf(env, SETTINGS.environment.name) === "development" ? "development" : "production";

const readSetting = (env: ConfigSource, definition: Setting<unknown>): unknown => {
  const { name, fallback, parse } = definition;
  const preset =
    typeof fallback === "object" && fallback !== null ? fallback[environmentOf(env)] : fallback;
  const text = textOf(env, name) ?? preset;
  if (text === null) throw new Error(`${name} is missing`);
  try {
    return parse(text);
  } catch (error) {
    const sentence = error instanceof Error ? error.message : "cannot be read";
    throw new Error(`${name} ${sentence}`, { cause: error });
  }
};

/**
 * Reads all settings.
 * @throws {Error} naming every setting that is missing or invalid, and never a value.
 */
export function readConfig(env: ConfigSource): Config {
  const values: Record<string, unknown> = {};
  const errors: string[] = [];
  for (const [member, definition] of Object.entries(SETTINGS)) {
    try {
      values[member] = readSetting(env, definition);
    } catch (error) {
      errors.push(error instanceof Error ? error.message : member);
    }
  }
  if (values["environment"] === "production" && values["registration"] === "open") {
    errors.push(
      `${SETTINGS.registration.name} must not be left open in production; say closed, or public if you mean it`,
    );
  }
  if (values["environment"] === "production") errors.push(...sourceErrors(values));
  if (errors.length > 0) throw new Error(`Configuration refused: ${errors.join("; ")}.`);
  return Object.freeze(values) as Config;
}

/**
 * True when the Worker's settings say that it serves development; also when its settings are
 * invalid.
 */
export function isDevelopment(env: ConfigSource): boolean {
  return environmentOf(env) === "development";
}

/** The emulator's S3 endpoint, at the address of the Worker itself. */
const LOCAL_S3 = "/cdn-cgi/local/r2/s3";

/**
 * The environment. A development Worker without an S3 endpoint gets that of its own address, so
 * that presigned URLs have the port of the request.
 *
 * @param origin where the Worker was reached, such as `http://localhost:8787`.
 */
export const withOwnEndpoint = <Source extends ConfigSource>(
  env: Source,
  origin: string,
): Source => {
  const { name } = SETTINGS.s3Endpoint;
  const isGiven = textOf(env, name) !== undefined || environmentOf(env) === "production";
  // Under another name of this machine, such as data.localhost, the default stays.
  const isFit = isLoopback(new URL(origin).hostname);
  return isGiven || !isFit ? env : { ...env, [name]: `${origin}${LOCAL_S3}` };
};

const known = new WeakMap<object, Config>();

/** The settings of an environment, read once per isolate. Throws as `readConfig` does. */
export function configOf(env: ConfigSource): Config {
  const config = known.get(env) ?? readConfig(env);
  known.set(env, config);
  return config;
}
