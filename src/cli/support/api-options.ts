import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { chooseCredentials, type Credentials } from "./credentials.ts";

const packageAbove = (folder: string): string => {
  const above = dirname(folder);
  return existsSync(join(folder, "package.json")) || above === folder
    ? folder
    : packageAbove(above);
};

/** The project's folder; for the published command line, which is one file, that of its package. */
export const PROJECT_ROOT = packageAbove(import.meta.dirname);

/** Where `npm start` serves. */
export const DEFAULT_URL = "http://127.0.0.1:8787";

/** `parseArgs` options of every script that talks to a server. */
export const API_OPTIONS = {
  url: { type: "string", default: DEFAULT_URL },
  email: { type: "string" },
  password: { type: "string" },
} as const;

/** Help lines for the options above. */
export const API_OPTIONS_HELP = `  --url URL            server (default ${DEFAULT_URL})
  --email, --password  log in as this user. Better: environment VXDATA_TOKEN, or VXDATA_EMAIL
                       and VXDATA_PASSWORD. For a server on this machine the admin of the
                       project's .dev.vars is used when nothing else is given.`;

/** Credentials from the options above, the environment and the project's `.dev.vars`. */
export function credentialsFrom(options: {
  readonly url: string;
  readonly email?: string | undefined;
  readonly password?: string | undefined;
}): Credentials {
  return chooseCredentials({
    ...options,
    environment: process.env,
    devVarsPath: join(PROJECT_ROOT, ".dev.vars"),
  });
}
