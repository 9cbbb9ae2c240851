/**
 * The product on one machine: the bundled Worker on workerd, with its database, bucket, Durable Objects
 * and static files in local folders, and its Cron Trigger. Everything that runs the product here does it
 * by this module.
 */
import { mkdirSync } from "node:fs";
import { convertV4MiniflareOptions, Miniflare, type WorkerdStructuredLog } from "miniflare";
import type { Module } from "./bundle.ts";
import { startClock } from "./clock.ts";
import { applyMigrations, pendingMigrations, type Migration } from "./migrations.ts";
import { quiet } from "./platform.ts";
import type { Settings } from "./dotenv.ts";
import {
  filesWorker,
  objectsWorker,
  outboundWorker,
  productWorker,
  type BucketKey,
  type Listener,
} from "./workers.ts";

/** A line of the log, with its level: `log`, `info`, `warn`, `error` or `debug`. */
export type LogLine = Pick<WorkerdStructuredLog, "level" | "message">;

/** What the product is started with. */
export interface RuntimeOptions {
  /** The bundled Worker, its entry first. */
  readonly modules: readonly Module[];
  readonly migrations: readonly Migration[];
  /** Folder of the static files. */
  readonly assets: string;
  /** Folder of the data; made when it is missing. */
  readonly data: string;
  readonly listener: Listener;
  /** Settings and secrets of the Worker, as in docs/settings.md. */
  readonly settings: Settings;
  readonly bucketKey: BucketKey;
  readonly onLog: (line: LogLine) => void;
  /** How often the Cron Trigger rings, in milliseconds. */
  readonly cronMillis?: number;
  /** Port of the inspector; none without. */
  readonly inspectorPort?: number;
}

/** The product, running. */
export interface Runtime {
  readonly url: URL;
  /** Ends it, after the work of the Cron Trigger that is under way. */
  readonly stop: () => Promise<void>;
}

/** Where the emulator rings the Cron Trigger of its first Worker, and answers when the work is done. */
const CRON = "http://localhost/cdn-cgi/local/scheduled?cron=*+*+*+*+*";
const MINUTE_MILLIS = 60_000;

/** The name of the Worker in wrangler.toml. */
const NAME = "vxdata";

const open = (options: RuntimeOptions): Miniflare => {
  const { inspectorPort } = options;
  return new Miniflare(
    convertV4MiniflareOptions({
      ...quiet,
      resourcePersistencePath: options.data,
      handleStructuredLogs: options.onLog,
      ...(inspectorPort === undefined ? {} : { inspectorPort }),
      workers: [
        productWorker({ ...options, name: NAME, isInspected: inspectorPort !== undefined }),
        objectsWorker(options.bucketKey),
        filesWorker(options.assets),
        outboundWorker(options.settings),
      ],
    }),
  );
};

/**
 * Brings the database up to date and starts the product on it.
 * @throws {Error} when the data were made by a newer version, a migration fails, the port is taken, or
 *   the product refuses its settings.
 */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  mkdirSync(options.data, { recursive: true });
  const pending = pendingMigrations(options.data, options.migrations);
  if (pending.length > 0) await applyMigrations(options.data, pending);
  const miniflare = open(options);
  await miniflare.ready;
  const clock = startClock(
    options.cronMillis ?? MINUTE_MILLIS,
    async () => void (await (await miniflare.dispatchFetch(CRON)).text()),
    (error) => options.onLog({ level: "error", message: String(error) }),
  );
  return {
    url: await miniflare.unsafeGetDirectURL(NAME),
    stop: async () => {
      await clock.stop();
      await miniflare.dispose();
    },
  };
}
