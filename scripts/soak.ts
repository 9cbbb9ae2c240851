// Loads `vxdata serve` for a long time, and checks that it does not get slower or larger.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { CohortSize } from "./bench/cohort.ts";
import { ensureSeed } from "./bench/data.ts";
import { closeConnections } from "./bench/load.ts";
import { readCpuMillis, readResidentBytes } from "./bench/measure.ts";
import { refresh, tokenFor } from "./bench/run.ts";
import { type Served, startServed } from "./bench/served.ts";
import { buildServer } from "./build/server.ts";
import { createRandom } from "./demo/random.ts";
import { type MemorySample, renderMeasured, shortcomings } from "./soak/judge.ts";
import { runClients, type Sender } from "./soak/load.ts";
import { callsOfClient } from "./soak/mix.ts";
import { projectRoot } from "./support/project.ts";
import { freshSecrets } from "../src/server/secrets.ts";

const HELP = `npm run test:soak -- [options]

Starts \`vxdata serve\` as the package holds it, over a catalogue in a temporary folder, finds out how much
it answers, and then lets clients ask at a part of that pace: points and pages, now and as of the past,
and small writes. Exit code 1 when a request failed, the memory of all its processes grew by a tenth
after the first minute, or p99 of the last third is a fifth above that of the first.

  --minutes <number>  how long (default 10)
  --clients <number>  how many ask (default 30)
  --share <number>    the pace, of what it answers at most (default 0.7)
  --images <number>   images in the catalogue, a multiple of 1000 (default 100000), 5 versions each
  --help              print this

VXDATA_SERVER names the program of an installed package; without it dist/server is made anew.`;

interface Options {
  readonly minutes: number;
  readonly clients: number;
  readonly share: number;
  readonly images: number;
}

const readOptions = (): Options => {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "10" },
      clients: { type: "string", default: "30" },
      share: { type: "string", default: "0.7" },
      images: { type: "string", default: "100000" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  const { minutes, clients, share, images } = values;
  const options: Options = {
    minutes: Number(minutes),
    clients: Number(clients),
    share: Number(share),
    images: Number(images),
  };
  const whole = [options.clients, options.images / 1_000];
  if (Object.values(options).every((value) => value > 0) && whole.every(Number.isInteger)) {
    return options;
  }
  console.error(`Every option is a number above 0.\n\n${HELP}`);
  process.exit(1);
};

const WARM_UP_SECONDS = 10;
const CAPACITY_SECONDS = 15;
const MEMORY_MILLIS = 500;

const programOf = async (): Promise<string> => {
  const named = process.env["VXDATA_SERVER"];
  if (named !== undefined) return named;
  const folder = join(projectRoot, "dist/server");
  rmSync(folder, { recursive: true, force: true });
  await buildServer(folder);
  return join(folder, "vxdata-server.js");
};

const sendersOf = async (
  { clients }: Options,
  { url }: Served,
  size: CohortSize,
  signingKeys: string,
): Promise<readonly Sender[]> => {
  const tokens = [await tokenFor("admin", signingKeys), await tokenFor("editor", signingKeys)];
  return Array.from({ length: clients }, (_, index): Sender => {
    const client = { index, count: clients, random: createRandom(index + 1) };
    const token = tokens[index % tokens.length] ?? "";
    return { target: { url, token }, next: callsOfClient(client, size) };
  });
};

const soak = async (
  { minutes, share }: Options,
  { pids }: Served,
  senders: readonly Sender[],
): Promise<boolean> => {
  await runClients(senders, WARM_UP_SECONDS);
  const fastest = await runClients(senders, CAPACITY_SECONDS);
  const capacity = fastest.samples.length / fastest.seconds;
  const pace = capacity * share;
  console.log(
    `${capacity.toFixed(0)} requests/s at most; ${minutes} minutes at ${pace.toFixed(0)}`,
  );
  const memory: MemorySample[] = [];
  const started = performance.now();
  const timer = setInterval(() => {
    memory.push({ at: performance.now() - started, bytes: readResidentBytes(pids) });
  }, MEMORY_MILLIS);
  const cpuBefore = readCpuMillis(pids);
  const run = await runClients(senders, minutes * 60, (senders.length / pace) * 1000);
  clearInterval(timer);
  const errors = [...fastest.errors, ...run.errors];
  const cpuMillis = readCpuMillis(pids) - cpuBefore;
  const measured = { capacity, run: { ...run, errors }, memory, cpuMillis };
  console.log(`\n${renderMeasured(measured)}\n`);
  const short = shortcomings(measured);
  console.log(short.length === 0 ? "as it was" : `FALLS SHORT: ${short.join("; ")}`);
  return short.length === 0;
};

const main = async (options: Options): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), "vxdata-soak-"));
  const secrets = freshSecrets();
  const size = { images: options.images, versionsEach: 5, patients: options.images / 20 };
  let served: Served | undefined;
  try {
    const program = await programOf();
    const { file: seedFile } = ensureSeed(size);
    served = await startServed({ seedFile, folder, settings: secrets, program });
    const token = await tokenFor("admin", secrets.SIGNING_KEYS);
    await refresh({ url: served.url, token });
    const idle = readResidentBytes(served.pids) / 1e6;
    console.log(`${size.images} images, 5 versions each; ${idle.toFixed(0)} MB of memory at rest`);
    const senders = await sendersOf(options, served, size, secrets.SIGNING_KEYS);
    return (await soak(options, served, senders)) ? 0 : 1;
  } finally {
    closeConnections();
    await served?.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
};

process.exitCode = await main(readOptions());
