/** The product from this clone, as developers and tests start it. */
import { join } from "node:path";
import { readMigrations } from "../../src/server/migrations.ts";
import { startRuntime, type LogLine, type Runtime } from "../../src/server/runtime.ts";
import { copyDocs } from "../docs.ts";
import { bundleWorker } from "./bundle.ts";
import { ensureDevVars, localSettings } from "./dev-vars.ts";
import { projectRoot } from "./project.ts";

/** How to start it. */
export interface LocalOptions {
  readonly host: string;
  readonly port: number;
  /** The folder that `wrangler dev --persist-to` would be given. */
  readonly state: string;
  /** Whether each request gets a line. */
  readonly log: boolean;
  readonly inspectorPort: number | undefined;
  readonly cronSeconds: number;
}

/** What runs, and who may log in. */
export interface Started {
  readonly runtime: Runtime;
  readonly url: string;
  readonly adminEmail: string;
  /** Where the admin's password stands. */
  readonly passwordIn: string;
}

/** The key of the local bucket, which the Worker knows by default. It opens a loopback address alone. */
export const LOCAL_BUCKET_KEY = {
  accessKeyId: "local-key",
  secretAccessKey: "local-secret",
} as const;

/** Settings of a development server, as wrangler.toml gives them. */
export const DEVELOPMENT = {
  ENVIRONMENT: "development",
  REGISTRATION: "open",
  PUBLIC_READ: "false",
};

const write = ({ level, message }: LogLine, all: boolean): void => {
  if (level === "error" || level === "warn") console.error(message);
  else if (all) console.log(message);
};

/**
 * Starts the product with the environment's settings over those of `.dev.vars`, which is made when it is
 * missing.
 */
export const startLocally = async (options: LocalOptions): Promise<Started> => {
  const { host, port, state, log, inspectorPort } = options;
  const devVars = join(projectRoot, ".dev.vars");
  if (ensureDevVars(devVars)) console.log(`Made ${devVars} with fresh secrets.`);
  copyDocs();
  const { modules } = await bundleWorker();
  const own = localSettings(devVars, process.env);
  const url = `http://${host}:${port}`;
  console.log(`Starting on ${url} ...`);
  const runtime = await startRuntime({
    modules,
    migrations: readMigrations(join(projectRoot, "migrations")),
    assets: join(projectRoot, "assets"),
    data: join(state, "v3"),
    listener: { host, port },
    settings: { ...DEVELOPMENT, S3_ENDPOINT: `${url}/cdn-cgi/local/r2/s3`, ...own },
    bucketKey: LOCAL_BUCKET_KEY,
    onLog: (line) => write(line, log),
    cronMillis: options.cronSeconds * 1000,
    ...(inspectorPort === undefined ? {} : { inspectorPort }),
  });
  const isGiven = process.env["ADMIN_PASSWORD"] !== undefined;
  return {
    runtime,
    url,
    adminEmail: own["ADMIN_EMAIL"] ?? "",
    passwordIn: isGiven ? "your environment" : devVars,
  };
};
