/**
 * The product on one machine: the bundled Worker on workerd, with its database, bucket, Durable
 * Objects and static files in local folders, and its Cron Trigger. Everything that runs the product
 * locally uses this module.
 */
import { existsSync, mkdirSync } from "node:fs";
import { convertV4MiniflareOptions, Miniflare, type WorkerdStructuredLog } from "miniflare";
import type { Module } from "./bundle.ts";
import { startClock } from "./clock.ts";
import { bucketFile, databaseFile } from "./layout.ts";
import { applyMigrations, pendingMigrations, type Migration } from "./migrations.ts";
import { quiet } from "./platform.ts";
import { drain, outputEnded, watchProcesses, type Watch } from "./process.ts";
import { requireWhole } from "./sqlite.ts";
import type { Settings } from "./dotenv.ts";
import {
  filesWorker,
  objectsWorker,
  outboundWorker,
  productWorker,
  type BucketKey,
  type Listener,
  type StoreNetwork,
} from "./workers.ts";

/** A line of the log: its level (`log`, `info`, `warn`, `error` or `debug`), and when it was written. */
export type LogLine = WorkerdStructuredLog;

/** The parameters of the product. */
export interface RuntimeOptions {
  /** The bundled Worker, its entry first. */
  readonly modules: readonly Module[];
  readonly migrations: readonly Migration[];
  /** Folder of the static files. */
  readonly assets: string;
  /** Folder of the data; created when it is missing. */
  readonly data: string;
  readonly listener: Listener;
  /** Settings and secrets of the Worker, as in docs/settings.md. */
  readonly settings: Settings;
  /** The key of the local bucket, or how to reach the S3 store that the settings name. */
  readonly bucket: { readonly key: BucketKey } | { readonly store: StoreNetwork };
  readonly onLog: (line: LogLine) => void;
  /** Called before migrations change an existing database, with their names. */
  readonly beforeMigrations?: (names: readonly string[]) => Promise<void>;
  /** How long `stop` lets pending responses continue, in milliseconds. */
  readonly drainMillis?: number;
  /** Interval of the Cron Trigger, in milliseconds. */
  readonly cronMillis?: number;
  /** Port of the inspector; none without. */
  readonly inspectorPort?: number;
}

/** The running product. */
export interface Runtime {
  readonly url: URL;
  /**
   * Stops it: the running Cron Trigger and the pending responses are finished first. False when a
   * response took longer than permitted.
   */
  readonly stop: () => Promise<boolean>;
}

/**
 * Where the emulator runs the Cron Trigger of its first Worker, and responds when the work is done.
 */
const CRON = "http://localhost/cdn-cgi/local/scheduled?cron=*+*+*+*+*";
const MINUTE_MILLIS = 60_000;
const DRAIN_MILLIS = 5_000;

/** The name of the Worker in wrangler.toml. */
const NAME = "vxdata";

const open = (options: RuntimeOptions): Miniflare => {
  const { bucket, inspectorPort } = options;
  return new Miniflare(
    convertV4MiniflareOptions({
      ...quiet,
      resourcePersistencePath: options.data,
      // Without it the address of the Cron Trigger is one of the product's, and gets 404.
      unsafeTriggerHandlers: true,
      handleStructuredLogs: options.onLog,
      ...(inspectorPort === undefined ? {} : { inspectorPort }),
      workers: [
        productWorker({
          ...options,
          name: NAME,
          isInspected: inspectorPort !== undefined,
          store: "store" in bucket ? bucket.store : undefined,
        }),
        ...("key" in bucket ? [objectsWorker(bucket.key)] : []),
        filesWorker(options.assets),
        outboundWorker(options.settings),
      ],
    }),
  );
};

const prepare = async (options: RuntimeOptions): Promise<void> => {
  const { data, migrations, beforeMigrations } = options;
  mkdirSync(data, { recursive: true });
  requireWhole(databaseFile(data));
  requireWhole(bucketFile(data));
  const pending = pendingMigrations(data, migrations);
  if (pending.length === 0) return;
  if (existsSync(databaseFile(data))) await beforeMigrations?.(pending.map(({ name }) => name));
  await applyMigrations(data, pending);
};

const end = async (miniflare: Miniflare, watch: Watch, millis: number): Promise<boolean> => {
  const child = watch.newest();
  const isLogged = outputEnded(child);
  let ended: Promise<void> | undefined;
  const dispose = (): Promise<void> => (ended ??= miniflare.dispose());
  const isDone = child === undefined || (await drain(child, millis, () => void dispose()));
  watch.end();
  await dispose();
  await isLogged;
  return isDone;
};

/**
 * Migrates the database and starts the product on it.
 * @throws {Error} when a file of the data is damaged, the data were made by a newer version, a
 * migration
 * fails or the port is taken.
 */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  await prepare(options);
  let isRunning = false;
  const logError = (message: string): void =>
    options.onLog({ level: "error", message, timestamp: Date.now() });
  const watch = watchProcesses(() => {
    const message = "The runtime's process ended unexpectedly; it is restarted.";
    if (isRunning) logError(message);
  });
  const miniflare = open(options);
  try {
    await miniflare.ready;
    isRunning = true;
  } catch (error) {
    await end(miniflare, watch, 0);
    throw error;
  }
  const clock = startClock(
    options.cronMillis ?? MINUTE_MILLIS,
    async () => {
      const answer = await miniflare.dispatchFetch(CRON);
      const outcome = await answer.text();
      if (!answer.ok) throw new Error(`The Cron Trigger ended with ${answer.status}: ${outcome}`);
    },
    (error) => logError(String(error)),
  );
  return {
    url: await miniflare.unsafeGetDirectURL(NAME),
    stop: async () => {
      isRunning = false;
      await clock.stop();
      return end(miniflare, watch, options.drainMillis ?? DRAIN_MILLIS);
    },
  };
}
