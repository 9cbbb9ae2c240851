/** The product and the floor in one workerd, each with a database and a socket of its own. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare, type V4WorkerOptions } from "miniflare";
import { COMPATIBILITY_DATE, quiet } from "../../src/server/platform.ts";
import {
  filesWorker,
  objectsWorker,
  outboundWorker,
  productWorker,
} from "../../src/server/workers.ts";
import { bundleWorker, type Bundle } from "../support/bundle.ts";
import { writeDocument } from "../support/document.ts";
import { DEVELOPMENT, LOCAL_BUCKET_KEY } from "../support/local.ts";
import { processTree } from "../support/process-tree.ts";
import { projectRoot } from "../support/project.ts";
import { addBareTable } from "./seed.ts";

/** The code that runs: the product in memory, and the path of the floor's script. */
export interface Bundles {
  readonly product: Bundle;
  readonly floor: string;
}

/** The parameters of the servers. */
export interface ServerOptions {
  readonly bundles: Bundles;
  /** The data; both databases begin as a copy of it. */
  readonly seedFile: string;
  /** An empty folder for the databases. */
  readonly folder: string;
  readonly secrets: Readonly<Record<string, string>>;
  /** A line that the product wrote to its log. */
  readonly onLog: (line: string) => void;
  readonly inspectorPort?: number;
}

/** The running servers. */
export interface Servers {
  readonly product: URL;
  /** The product with its request log, over the product's database. Never timed. */
  readonly probe: URL;
  readonly floor: URL;
  /** The serving processes. */
  readonly pids: readonly number[];
  /** The inspector's address of the product's isolate; null unless requested. */
  readonly inspector: URL | null;
  /** The source map of the product's bundle, as text. */
  readonly sourceMap: string;
  readonly stop: () => Promise<void>;
}

const FLOOR_DATABASE = "11111111-1111-1111-1111-111111111111";

/** Bundles both Workers like a deployment. */
export const bundle = async (folder: string): Promise<Bundles> => {
  const floor = join(folder, "floor.js");
  await build({
    entryPoints: [join(projectRoot, "scripts/bench/floor.ts")],
    bundle: true,
    outfile: floor,
    format: "esm",
    target: "es2024",
    external: ["node:*", "cloudflare:*"],
  });
  await writeDocument();
  return { product: await bundleWorker({ place: "machine", minify: true, prebuilt: true }), floor };
};

const LOOPBACK = { host: "127.0.0.1", port: 0 } as const;

/** The bundled floor; the product has its own in memory. */
const floorWorker = ({ floor }: Bundles): V4WorkerOptions => ({
  name: "floor",
  compatibilityDate: COMPATIBILITY_DATE,
  modules: [{ type: "ESModule", path: floor, contents: readFileSync(floor, "utf8") }],
  modulesRoot: dirname(floor),
  unsafeDirectSockets: [LOOPBACK],
  d1Databases: { DB: FLOOR_DATABASE },
});

const productOf = (name: string, options: ServerOptions, log: boolean): V4WorkerOptions =>
  productWorker({
    name,
    modules: options.bundles.product.modules,
    settings: { ...DEVELOPMENT, ...options.secrets, REQUEST_LOG: String(log) },
    listener: LOOPBACK,
    isInspected: name === "product" && options.inspectorPort !== undefined,
  });

const open = (options: ServerOptions): Miniflare => {
  const { inspectorPort } = options;
  return new Miniflare(
    convertV4MiniflareOptions({
      ...quiet,
      workers: [
        productOf("product", options, false),
        productOf("probe", options, true),
        floorWorker(options.bundles),
        objectsWorker(LOCAL_BUCKET_KEY),
        filesWorker(join(projectRoot, "assets")),
        outboundWorker({}),
      ],
      resourcePersistencePath: options.folder,
      handleStructuredLogs: ({ message }) => options.onLog(message),
      ...(inspectorPort === undefined ? {} : { inspectorPort }),
    }),
  );
};

const MARKER = "bench_marker";

const hasMarker = (file: string): boolean => {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const found = database.prepare("SELECT 1 FROM sqlite_master WHERE name = ?").get(MARKER);
    return found !== undefined;
  } finally {
    database.close();
  }
};

const databaseFiles = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /(^|\/)[0-9a-f]{64}\.sqlite$/.test(name))
    .map((name) => join(folder, name));

/** Finds the file of each database by creating them: the emulator chooses the names. */
const placeSeed = async (options: ServerOptions): Promise<void> => {
  const emulator = open(options);
  await emulator.ready;
  const [product, floor] = await Promise.all([
    emulator.getD1Database("DB", "product"),
    emulator.getD1Database("DB", "floor"),
  ]);
  await product.prepare(`CREATE TABLE ${MARKER} (of_product INTEGER)`).run();
  await floor.prepare("CREATE TABLE other (of_floor INTEGER)").run();
  await emulator.dispose();
  for (const file of databaseFiles(options.folder)) {
    const isProduct = hasMarker(file);
    for (const suffix of ["-wal", "-shm", "-journal"]) rmSync(file + suffix, { force: true });
    copyFileSync(options.seedFile, file);
    if (!isProduct) addBareTable(file);
  }
};

const isWorkerd = (pid: number): boolean => {
  const file = `/proc/${pid}/comm`;
  return existsSync(file) && readFileSync(file, "utf8").startsWith("workerd");
};

/**
 * Starts the servers over fresh copies of the data.
 * @throws {Error} when this machine has no /proc: CPU time is read there.
 */
export const startServers = async (options: ServerOptions): Promise<Servers> => {
  mkdirSync(options.folder, { recursive: true });
  await placeSeed(options);
  const emulator = open(options);
  await emulator.ready;
  const [product, probe, floor] = await Promise.all([
    emulator.unsafeGetDirectURL("product"),
    emulator.unsafeGetDirectURL("probe"),
    emulator.unsafeGetDirectURL("floor"),
  ]);
  const pids = processTree(process.pid).filter(isWorkerd);
  if (pids.length === 0) throw new Error("The benchmark reads CPU time in /proc: it needs Linux.");
  const inspector = options.inspectorPort !== undefined ? await emulator.getInspectorURL() : null;
  return {
    product,
    probe,
    floor,
    pids,
    inspector,
    sourceMap: options.bundles.product.sourceMap,
    stop: async () => emulator.dispose(),
  };
};
