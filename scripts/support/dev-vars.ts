import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { renderSettings, type Settings } from "../../src/server/dotenv.ts";
import { freshSecrets } from "../../src/server/secrets.ts";

const SETTINGS: readonly string[] = [
  "ADMIN_EMAIL",
  "ADMIN_PASSWORD",
  "ALLOW_PRIVATE_SOURCES",
  "ALLOW_PRIVATE_WEBHOOKS",
  "ARK_NAAN",
  "ARK_SHOULDER",
  "AUTH_PUBLIC_KEY",
  "AUTH_SERVER",
  "AUTH_SERVICE",
  "CLIENT_ADDRESS",
  "CORS_ORIGINS",
  "CURSOR_SECRET",
  "DPP_URL",
  "ENCRYPTION_KEYS",
  "PIPELINES_TOKEN",
  "PREFECT_API_KEY",
  "PREFECT_API_URL",
  "PRIVATE_SPECS",
  "PROJECT_ID",
  "PUBLIC_READ",
  "REQUEST_LOG",
  "RATE_LIMIT",
  "REGISTRATION",
  "S3_ACCESS_KEY_ID",
  "S3_BUCKET",
  "S3_ENDPOINT",
  "S3_REGION",
  "S3_SECRET_ACCESS_KEY",
  "SCHEDULER",
  "SIGNING_KEYS",
];

const HEADER = `# Settings and secrets of the local Worker, made by \`npm start\` and never overwritten.
# Delete the file for new ones: who is logged in must then log in again, and values encrypted with
# the old keys cannot be read any more.
`;

/** Writes new secrets unless the file exists. Only its owner may read it. True when it wrote. */
export const ensureDevVars = (path: string): boolean => {
  if (existsSync(path)) return false;
  const text = HEADER + renderSettings(freshSecrets());
  writeFileSync(path, text, { mode: 0o600, flag: "wx" });
  return true;
};

/** The settings that a `.dev.vars` file holds. */
export const readDevVars = (path: string): Settings =>
  parseEnv(readFileSync(path, "utf8")) as Settings;

/** The Worker's settings in an environment. */
export const settingsOf = (environment: Readonly<Record<string, string | undefined>>): Settings =>
  Object.fromEntries(
    SETTINGS.flatMap((name) => {
      const value = environment[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** The settings of a local server: the environment's override those of its `.dev.vars`. */
export const localSettings = (
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
): Settings => ({ ...readDevVars(path), ...settingsOf(environment) });
