/** The product from this clone, as developers and tests start it. */
import { join } from "node:path";
import { mkdirSync } from "node:fs";
import type { Module } from "../../src/server/bundle.ts";
import { lockFolder } from "../../src/server/lock.ts";
import type { Migration } from "../../src/server/migrations.ts";
import type { LogLine, Runtime, RuntimeOptions } from "../../src/server/runtime.ts";
import { makeDocs } from "../docs.ts";
import { bundleWorker, watchWorker } from "./bundle.ts";
import { ensureDevVars, localSettings } from "./dev-vars.ts";
import { projectRoot } from "./project.ts";
import { watchFolder } from "./saves.ts";

/** The parameters of a start. */
export interface LocalOptions {
  readonly host: string;
  readonly port: number;
  /** The folder that `wrangler dev --persist-to` would be given. */
  readonly state: string;
  /** Whether each request is logged. */
  readonly log: boolean;
  readonly inspectorPort: number | undefined;
  readonly cronSeconds: number;
  /** Whether it reloads files that are saved in this clone. */
  readonly watch: boolean;
}

/** The running product, and its first admin. */
export interface Started {
  readonly runtime: Runtime;
  readonly url: string;
  readonly adminEmail: string;
  /** The file with the admin's password. */
  readonly passwordIn: string;
}

/**
 * The key of the local bucket, which the Worker knows by default. It works only on a loopback
 * address.
 */
export const LOCAL_BUCKET_KEY = {
  accessKeyId: "local-key",
  secretAccessKey: "local-secret",
} as const;

/** Settings of a development server, from wrangler.toml. */
export const DEVELOPMENT = {
  ENVIRONMENT: "development",
  REGISTRATION: "open",
  PUBLIC_READ: "false",
};

const write = ({ level, message }: LogLine, all: boolean): void => {
  if (level === "error" || level === "warn") console.error(message);
  else if (all) console.log(message);
};

const DEV_VARS = join(projectRoot, ".dev.vars");
const MIGRATIONS = join(projectRoot, "migrations");
const ASSETS = join(projectRoot, "assets");

const urlOf = ({ host, port }: LocalOptions): string => `http://${host}:${port}`;

/** The files that are served, as they are now. */
interface Files {
  readonly modules: readonly Module[];
  readonly migrations: readonly Migration[];
}

const runtimeOptions = (options: LocalOptions, files: Files): RuntimeOptions => {
  const { host, port, state, log, inspectorPort } = options;
  const own = localSettings(DEV_VARS, process.env);
  const endpoint = `${urlOf(options)}/cdn-cgi/local/r2/s3`;
  return {
    ...files,
    assets: ASSETS,
    data: join(state, "v3"),
    listener: { host, port },
    settings: { ...DEVELOPMENT, S3_ENDPOINT: endpoint, ...own },
    bucket: { key: LOCAL_BUCKET_KEY },
    onLog: (line) => write(line, log),
    cronMillis: options.cronSeconds * 1000,
    ...(inspectorPort === undefined ? {} : { inspectorPort }),
  };
};

const tell = (line: string, isBad: boolean): void => {
  if (isBad) console.error(line);
  else console.log(line);
};

/** Loads what serves: it takes half a second, in which another process bundles the Worker. */
const loadServer = async () => {
  const { startRuntime } = await import("../../src/server/runtime.ts");
  const { readMigrations } = await import("../../src/server/migrations.ts");
  return { startRuntime, readMigrations: () => readMigrations(MIGRATIONS) };
};

/** Serves the first bundle without errors, and from then on whatever is saved. */
const startWatching = async (options: LocalOptions): Promise<Runtime> => {
  let modules: readonly Module[] = [];
  let reload = (): void => undefined;
  let begin = (): void => undefined;
  const first = new Promise<void>((settle) => {
    begin = settle;
  });
  const endBundles = await watchWorker({
    onBundle: (bundle) => {
      ({ modules } = bundle);
      begin();
      reload();
    },
    onError: (text) => tell(`${text}\nThe Worker stays as it was.`, true),
  });
  const [{ startReloading }, { readMigrations }] = await Promise.all([
    import("./reloading.ts"),
    loadServer(),
    first,
  ]);
  const started = modules;
  const filesOf = (): Files => ({ modules, migrations: readMigrations() });
  const runtime = await startReloading(runtimeOptions(options, filesOf()), tell);
  reload = () => runtime.reload(() => runtimeOptions(options, filesOf()));
  if (modules !== started) reload();
  const watches = [
    watchFolder(MIGRATIONS, reload),
    watchFolder(ASSETS, reload),
    watchFolder(projectRoot, reload, ".dev.vars"),
  ];
  return {
    url: runtime.url,
    stop: async () => {
      for (const end of watches) end();
      await endBundles();
      return runtime.stop();
    },
  };
};

const start = async (options: LocalOptions): Promise<Runtime> => {
  if (options.watch) return startWatching(options);
  const [{ modules }, { startRuntime, readMigrations }] = await Promise.all([
    bundleWorker({ place: "machine", minify: false, prebuilt: false }),
    loadServer(),
  ]);
  return startRuntime(runtimeOptions(options, { modules, migrations: readMigrations() }));
};

/**
 * Starts the product with the environment's settings overriding those of `.dev.vars`, which is
 * created when it is missing.
 *
 * @throws {OperatorError} when another server uses the data.
 */
export const startLocally = async (options: LocalOptions): Promise<Started> => {
  if (ensureDevVars(DEV_VARS)) console.log(`Made ${DEV_VARS} with fresh secrets.`);
  makeDocs();
  mkdirSync(options.state, { recursive: true });
  const release = lockFolder(join(options.state, "vxdata.lock"));
  const url = urlOf(options);
  console.log(`Starting on ${url} ...`);
  const runtime = await start(options);
  const isGiven = process.env["ADMIN_PASSWORD"] !== undefined;
  const stop = async (): Promise<boolean> => {
    const isDone = await runtime.stop();
    release();
    return isDone;
  };
  return {
    runtime: { ...runtime, stop },
    url,
    adminEmail: localSettings(DEV_VARS, process.env)["ADMIN_EMAIL"] ?? "",
    passwordIn: isGiven ? "your environment" : DEV_VARS,
  };
};
