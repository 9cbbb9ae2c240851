/** What a start costs, up to the first answer: of the product, against the floor with the same bindings. */
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { performance } from "node:perf_hooks";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import type { Module } from "../../src/server/bundle.ts";
import { databaseFile } from "../../src/server/layout.ts";
import { quiet } from "../../src/server/platform.ts";
import {
  filesWorker,
  objectsWorker,
  outboundWorker,
  productWorker,
} from "../../src/server/workers.ts";
import { DEVELOPMENT, LOCAL_BUCKET_KEY } from "../support/local.ts";
import { processTree } from "../support/process-tree.ts";
import { imageIdentifier } from "./cohort.ts";
import { WrongAnswer } from "./check.ts";
import type { Outcome } from "./contest.ts";
import { closeConnections, send } from "./load.ts";
import { compare, readCpuMillis, type Round } from "./measure.ts";
import type { Bundles } from "./servers.ts";

/** The parameters. */
export interface StartOptions {
  readonly bundles: Bundles;
  readonly assets: string;
  /** The data; both sides read one copy of it. */
  readonly seedFile: string;
  /** An empty folder, or one that does not exist. */
  readonly folder: string;
  readonly secrets: Readonly<Record<string, string>>;
  readonly token: string;
  readonly rounds: number;
}

/** The floor does no more than the workload needs; its Durable Objects are there because bindings name them. */
const floorModules = ({ floor }: Bundles): readonly Module[] => [
  {
    type: "ESModule",
    path: "start.js",
    contents: `import { DurableObject } from "cloudflare:workers";
export { default } from "./floor.js";
export class Allocator extends DurableObject {}
export class Throttle extends DurableObject {}`,
  },
  { type: "ESModule", path: "floor.js", contents: readFileSync(floor, "utf8") },
];

const CALL = {
  path: "/resources/read",
  body: JSON.stringify({ identifiers: [imageIdentifier(0)] }),
};

/** Processor time of this process, which starts the runtime, and of the runtime. */
const cpuMillis = (): number => readCpuMillis(processTree(process.pid));

/** Starts a Worker, and ends it after its first answer. */
const startOnce = async (
  modules: readonly Module[],
  { assets, folder, secrets, token }: StartOptions,
): Promise<Round> => {
  const before = { millis: performance.now(), cpu: cpuMillis() };
  const runtime = new Miniflare(
    convertV4MiniflareOptions({
      ...quiet,
      workers: [
        productWorker({
          name: "product",
          modules,
          settings: { ...DEVELOPMENT, ...secrets, REQUEST_LOG: "false" },
          listener: { host: "127.0.0.1", port: 0 },
          isInspected: false,
        }),
        objectsWorker(LOCAL_BUCKET_KEY),
        filesWorker(assets),
        outboundWorker({}),
      ],
      resourcePersistencePath: folder,
    }),
  );
  try {
    await runtime.ready;
    const url = await runtime.unsafeGetDirectURL("product");
    const { status, text } = await send({ url, token }, CALL);
    if (status !== 200 || !text.includes(imageIdentifier(0))) {
      throw new WrongAnswer(`start: the first answer was ${status}: ${text}`);
    }
    const millis = performance.now() - before.millis;
    return {
      requests: 1,
      seconds: millis / 1_000,
      cpuMillis: cpuMillis() - before.cpu,
      latencies: [millis],
    };
  } finally {
    closeConnections();
    await runtime.dispose();
  }
};

/** Starts of a round: a start is one sample, and the noise of a machine is more than that of a request. */
const STARTS_EACH = 3;

/** Starts both sides in turn, each first answer a point read. */
export const runStarts = async (options: StartOptions): Promise<Outcome> => {
  const file = databaseFile(options.folder);
  mkdirSync(dirname(file), { recursive: true });
  copyFileSync(options.seedFile, file);
  const floor = floorModules(options.bundles);
  const product = options.bundles.product.modules;
  // The first starts of all read files and fill caches.
  await startOnce(floor, options);
  await startOnce(product, options);
  const rounds: { readonly reference: Round[]; readonly subject: Round[] } = {
    reference: [],
    subject: [],
  };
  for (let count = 0; count < options.rounds * STARTS_EACH; count += 1) {
    rounds.reference.push(await startOnce(floor, options));
    rounds.subject.push(await startOnce(product, options));
  }
  return {
    ...compare(rounds.reference, rounds.subject),
    name: "start",
    title: "from the start of the server to its first answer",
    referenceLabel: "floor",
    subjectLabel: "product",
    goal: 1 / 1.3,
    checked: null,
    usage: null,
  };
};
