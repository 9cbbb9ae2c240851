/**
 * The product for production on one machine: settings, address, log and shutdown of `vxdata serve`.
 */
import { accessSync, constants, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { S3Access } from "../objects/presign.ts";
import type { Module } from "./bundle.ts";
import type { Settings } from "./dotenv.ts";
import { databaseFile, homeOf, type Home } from "./layout.ts";
import { claimListener } from "./listen.ts";
import { lockFolder } from "./lock.ts";
import { logLine, workerLine, type WriteLine } from "./log.ts";
import type { Migration } from "./migrations.ts";
import type { Place, PlaceOptions } from "./place.ts";
import { BUCKET_NAME } from "./platform.ts";
import { reasonOf, OperatorError } from "./operator-error.ts";
import { startRuntime, type Runtime, type RuntimeOptions } from "./runtime.ts";
import { ownSettings, type Environment } from "./settings-file.ts";
import { copyDatabase } from "./sqlite.ts";
import { requireBucket } from "./s3-start.ts";
import { storeIn } from "./s3-store.ts";
import { readCertificate, startTerminator, type Terminator } from "./tls.ts";

/** What is served. */
export interface Product {
  /** The bundled Worker, its entry first. */
  readonly modules: readonly Module[];
  readonly migrations: readonly Migration[];
  /** Folder of the static files. */
  readonly assets: string;
}

/** How it is served. */
export interface ServeOptions extends PlaceOptions {
  /** The folder of all data. */
  readonly folder: string;
  /** Settings; undefined for `settings.env` in the folder. */
  readonly settingsFile: string | undefined;
  readonly environment: Environment;
  /** Names of the settings that the environment may set. */
  readonly settingNames: readonly string[];
  /** How long pending responses may take at shutdown, in milliseconds. */
  readonly drainMillis: number;
  readonly write: WriteLine;
}

/** A running server. */
export interface Server {
  /** The address that callers use. */
  readonly url: string;
  /** Reloads certificate and key. Does nothing without TLS. */
  readonly renew: () => void;
  /** Finishes the pending responses, and ends. */
  readonly stop: () => Promise<void>;
}

const LOOPBACK = { host: "127.0.0.1", port: 0 } as const;

const S3_PATH = "/cdn-cgi/local/r2/s3";

/**
 * The bucket in the data folder, by this server's own address, or the S3 store that the settings
 * name.
 */
const bucketOf = (
  own: Settings,
  access: S3Access | undefined,
  { origin, authorities }: { readonly origin: string; readonly authorities: readonly string[] },
): Pick<RuntimeOptions, "bucket" | "settings"> => {
  if (access !== undefined) {
    const { endpoint, bucket } = access;
    const settings = { S3_ENDPOINT: endpoint, S3_BUCKET: bucket };
    return { bucket: { store: { authorities } }, settings };
  }
  const accessKeyId = own["S3_ACCESS_KEY_ID"] ?? "";
  const secretAccessKey = own["S3_SECRET_ACCESS_KEY"] ?? "";
  return {
    bucket: { key: { accessKeyId, secretAccessKey } },
    settings: { S3_ENDPOINT: `${origin}${S3_PATH}`, S3_BUCKET: BUCKET_NAME, S3_REGION: "auto" },
  };
};

/** The certificates that Node trusts in addition to the default ones. */
const authoritiesIn = ({ NODE_EXTRA_CA_CERTS: file }: Environment): readonly string[] => {
  if (file === undefined || file === "") return [];
  try {
    return [readFileSync(file, "utf8")];
  } catch (error) {
    throw new OperatorError(`${file} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
};

const requireWritable = (folder: string): void => {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new OperatorError(`${folder} cannot be written: ${reasonOf(error)}`, { cause: error });
  }
};

const backUp = async (home: Home, names: readonly string[], write: WriteLine): Promise<void> => {
  const [first = ""] = names;
  requireWritable(home.backups);
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, "-");
  const file = join(home.backups, `${stamp}-before-${first.replace(/\.sql$/, "")}.sqlite`);
  await copyDatabase(databaseFile(home.data), file);
  write(logLine("info", "database copied before migrations", { file, migrations: names }));
};

const startProduct = async (
  product: Product,
  options: ServeOptions,
  home: Home,
  place: Place,
): Promise<Runtime> => {
  const { write, environment, settingNames, drainMillis, isBehindProxy } = options;
  const file = options.settingsFile ?? home.settings;
  const { settings: own, isNew } = ownSettings(file, environment, settingNames);
  if (isNew) write(logLine("info", "settings made with fresh secrets", { file }));
  const access = storeIn(own);
  await requireBucket(home, access);
  const { certificate, listener, origin } = place;
  // A random port would change when the runtime is restarted.
  const inner = certificate === undefined ? listener : await claimListener(LOOPBACK);
  const authorities = authoritiesIn(environment);
  const { bucket, settings } = bucketOf(own, access, { origin, authorities });
  const hears = certificate !== undefined || isBehindProxy;
  return startRuntime({
    ...product,
    data: home.data,
    listener: inner,
    settings: {
      CLIENT_ADDRESS: hears ? "proxy" : "none",
      ...own,
      ENVIRONMENT: "production",
      ...settings,
    },
    bucket,
    onLog: ({ level, message, timestamp }) => write(workerLine(level, message, timestamp)),
    beforeMigrations: (names) => backUp(home, names, write),
    drainMillis,
  });
};

/** The product reports refused settings in its first response. */
const requireReady = async (url: URL): Promise<void> => {
  const answer = await fetch(new URL("/ready", url));
  const body = JSON.parse(await answer.text()) as { readonly detail?: string };
  if (!answer.ok) throw new OperatorError(body.detail ?? `/ready answers ${answer.status}`);
};

/**
 * Starts the server, once the folder is locked, the settings are accepted and the database is
 * migrated.
 *
 * @throws {OperatorError} with an error that the operator can correct.
 */
export async function serve(
  product: Product,
  options: ServeOptions,
  place: Place,
): Promise<Server> {
  const home = homeOf(options.folder);
  requireWritable(options.folder);
  const release = lockFolder(home.lock);
  let runtime: Runtime | undefined;
  let terminator: Terminator | undefined;
  try {
    runtime = await startProduct(product, options, home, place);
    await requireReady(runtime.url);
    const { certificate, listener } = place;
    if (certificate !== undefined) {
      const { isBehindProxy } = options;
      terminator = await startTerminator({
        certificate,
        listener,
        target: runtime.url,
        isBehindProxy,
      });
    }
  } catch (error) {
    await runtime?.stop();
    release();
    throw error;
  }
  return running({ options, origin: place.origin, runtime, terminator, release });
}

interface Running {
  readonly options: ServeOptions;
  readonly origin: string;
  readonly runtime: Runtime;
  readonly terminator: Terminator | undefined;
  readonly release: () => void;
}

const running = ({ options, origin, runtime, terminator, release }: Running): Server => {
  const { tls, write, drainMillis } = options;
  const patience = (): Promise<void> =>
    new Promise((settle) => void setTimeout(settle, drainMillis).unref());
  return {
    url: origin,
    renew: () => {
      if (tls === undefined) return;
      terminator?.renew(readCertificate(tls.certFile, tls.keyFile));
      write(logLine("info", "certificate renewed", { file: tls.certFile }));
    },
    stop: async () => {
      write(logLine("info", "stopping"));
      if (terminator !== undefined) await Promise.race([terminator.stop(), patience()]);
      const isDone = await runtime.stop();
      release();
      if (isDone) write(logLine("info", "stopped"));
      else write(logLine("warn", "stopped before every answer was finished", { drainMillis }));
    },
  };
};
