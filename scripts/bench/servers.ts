/** The product and the floor in one workerd, each with a database and a socket of its own. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions, unstable_readConfig } from "wrangler";
import { projectRoot } from "../support/project.ts";
import { processTree } from "../support/process-tree.ts";
import { runWrangler } from "../support/wrangler.ts";
import { addBareTable } from "./seed.ts";

/** Bundled scripts. */
export interface Bundles {
  readonly product: string;
  readonly floor: string;
}

/** What the servers run on. */
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

/** Servers that run. */
export interface Servers {
  readonly product: URL;
  /** The product with its request log, over the product's database. Never timed. */
  readonly probe: URL;
  readonly floor: URL;
  /** The processes that serve. */
  readonly pids: readonly number[];
  /** Where the product's isolate can be inspected; null unless asked for. */
  readonly inspector: URL | null;
  /** The source map of the product's bundle. */
  readonly sourceMap: string;
  readonly stop: () => Promise<void>;
}

const FLOOR_DATABASE = "11111111-1111-1111-1111-111111111111";

const COMPATIBILITY_DATE = "2026-11-02";

const writeFloorConfig = (folder: string): string => {
  const file = join(folder, "floor.json");
  const main = join(projectRoot, "scripts/bench/floor.ts");
  mkdirSync(folder, { recursive: true });
  const config = { name: "floor", main, compatibility_date: COMPATIBILITY_DATE };
  writeFileSync(file, JSON.stringify(config));
  return file;
};

/** Bundles both Workers as a deployment would. */
export const bundle = async (folder: string): Promise<Bundles> => {
  const [product, floor] = [join(folder, "product"), join(folder, "floor")];
  const deploy = ["deploy", "--dry-run", "--outdir"];
  await Promise.all([
    runWrangler([...deploy, product, "--env", ""]),
    runWrangler([...deploy, floor, "--config", writeFloorConfig(folder)]),
  ]);
  return { product: join(product, "index.js"), floor: join(floor, "floor.js") };
};

type WorkerOptions = Readonly<Record<string, unknown>>;

/** What a bundle loads beside its script. */
const wasmBeside = (path: string) =>
  readdirSync(dirname(path))
    .filter((name) => name.endsWith(".wasm"))
    .map((name) => join(dirname(path), name))
    .map((file) => ({ type: "CompiledWasm", path: file, contents: readFileSync(file) }));

const direct = (name: string, path: string, inspected: boolean): WorkerOptions => ({
  name,
  modules: [{ type: "ESModule", path, contents: readFileSync(path, "utf8") }, ...wasmBeside(path)],
  modulesRoot: dirname(path),
  unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
  ...(inspected ? { unsafeInspectorProxy: true } : {}),
});

const isInspected = (options: ServerOptions): boolean => options.inspectorPort !== undefined;

const productWorker = (name: string, options: ServerOptions, log: boolean): WorkerOptions => {
  const config = unstable_readConfig(
    { config: join(projectRoot, "wrangler.toml") },
    { hideWarnings: true },
  );
  const overrides = { overrides: {}, envFiles: ["none.env"] };
  const { workerOptions } = unstable_getMiniflareWorkerOptions(config, undefined, overrides);
  const bindings = workerOptions["bindings"] as Readonly<Record<string, string>>;
  return {
    ...workerOptions,
    ...direct(name, options.bundles.product, name === "product" && isInspected(options)),
    // Static files would put a router in front, which is the platform's and not the product's.
    assets: undefined,
    cronTriggers: [],
    bindings: { ...bindings, ...options.secrets, REQUEST_LOG: String(log) },
  };
};

const open = (options: ServerOptions): Miniflare => {
  const workers = [
    productWorker("product", options, false),
    productWorker("probe", options, true),
    {
      ...direct("floor", options.bundles.floor, false),
      compatibilityDate: COMPATIBILITY_DATE,
      d1Databases: { DB: FLOOR_DATABASE },
    },
  ];
  const { inspectorPort } = options;
  return new Miniflare(
    convertV4MiniflareOptions({
      workers: workers as never,
      resourcePersistencePath: options.folder,
      cf: false,
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

/** Finds out which file each database lives in, by making them: the emulator chooses the names. */
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
  const inspector = isInspected(options) ? await emulator.getInspectorURL() : null;
  return {
    product,
    probe,
    floor,
    pids,
    inspector,
    sourceMap: `${options.bundles.product}.map`,
    stop: async () => emulator.dispose(),
  };
};
