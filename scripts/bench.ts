import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { WrongAnswer } from "./bench/check.ts";
import type { CohortSize } from "./bench/cohort.ts";
import type { Outcome } from "./bench/contest.ts";
import { ensureSeed } from "./bench/data.ts";
import { closeConnections, runRound } from "./bench/load.ts";
import { HELP, type Options, parseOptions, sizeOf } from "./bench/options.ts";
import {
  profileWorker,
  readSourceMap,
  renderSelfTimes,
  saveProfile,
  selfTimes,
} from "./bench/profile.ts";
import { type ParquetOutcome, renderParquet, runParquet } from "./bench/parquet.ts";
import { LEGEND, renderTable } from "./bench/report.ts";
import {
  type Bench,
  runDeepPage,
  runServed,
  runStart,
  runWorkload,
  tokenFor,
  refresh,
} from "./bench/run.ts";
import { bundle, startServers } from "./bench/servers.ts";
import { callsOf, workloadsOf } from "./bench/workloads.ts";
import { freePort } from "./support/server-process.ts";
import { packageFile } from "./support/project.ts";
import { freshSecrets } from "../src/server/secrets.ts";

const WARM_UP_SECONDS = 2;
const PROFILE_SECONDS = 4;

const versionOf = (name: string): string => {
  const text = readFileSync(packageFile(`${name}/package.json`), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
};

const environment = () => ({
  node: process.version,
  workerd: versionOf("workerd"),
  miniflare: versionOf("miniflare"),
  wrangler: versionOf("wrangler"),
  processor: cpus()[0]?.model ?? "unknown",
  processors: cpus().length,
});

const openBench = async (options: Options, folder: string): Promise<Bench> => {
  const size = sizeOf(options);
  const started = performance.now();
  const bundling = bundle(folder);
  const { file, made } = ensureSeed(size);
  const bundles = await bundling;
  const lines: string[] = [];
  const secrets = freshSecrets();
  const servers = await startServers({
    bundles,
    seedFile: file,
    folder: join(folder, "state"),
    secrets,
    onLog: (line) => lines.push(line),
    ...(options.profile === null ? {} : { inspectorPort: await freePort() }),
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const data = `${size.images} images, ${size.images * size.versionsEach} versions`;
  console.log(`${data}${made ? "" : " (kept from an earlier run)"}; ready after ${seconds} s\n`);
  const token = await tokenFor(options.role, secrets.SIGNING_KEYS);
  const adminToken = await tokenFor("admin", secrets.SIGNING_KEYS);
  await refresh({ url: servers.product, token: adminToken });
  const { rounds, seconds: length } = options;
  return {
    servers,
    size,
    pair: { product: { url: servers.product, token }, floor: { url: servers.floor, token } },
    probe: { url: servers.probe, token },
    schedule: { rounds, seconds: length },
    seed: { file, secrets },
    bundles,
    folder,
    lines,
  };
};

/** The contest that is not one of many requests: one large file. */
const PARQUET = "parquet";

const parquetOf = async (
  { only, rounds }: Options,
  { servers, pair, size }: Bench,
  folder: string,
): Promise<ParquetOutcome | null> => {
  if (only.length > 0 && !only.includes(PARQUET)) return null;
  process.stderr.write(`${PARQUET} ...`);
  const outcome = await runParquet(pair.product, servers.pids, size.images, rounds, folder);
  process.stderr.write(` ${outcome.writerRatio.median.toFixed(2)}\n`);
  return outcome;
};

type Task = readonly [name: string, run: (bench: Bench) => Promise<Outcome>];

const tasksOf = (size: CohortSize, only: readonly string[]): readonly Task[] => {
  const tasks = workloadsOf(size).map((workload): Task => [
    workload.name,
    async (bench) => runWorkload(bench, workload),
  ]);
  const afterPage = tasks.findIndex(([name]) => name === "page") + 1;
  const served = [false, true].map((log): Task => [
    log ? "serve-log" : "serve",
    (bench) => runServed(bench, log),
  ]);
  const all = tasks.toSpliced(afterPage, 0, ["deep", runDeepPage], ...served, ["start", runStart]);
  const names = all.map(([name]) => name);
  const unknown = only.find((name) => name !== PARQUET && !names.includes(name));
  if (unknown !== undefined) {
    throw new Error(
      `There is no workload ${unknown}; there are: ${[...names, PARQUET].join(", ")}.`,
    );
  }
  return only.length === 0 ? all : all.filter(([name]) => only.includes(name));
};

const measure = async (options: Options, bench: Bench): Promise<readonly Outcome[]> => {
  const outcomes: Outcome[] = [];
  for (const [name, run] of tasksOf(bench.size, options.only)) {
    process.stderr.write(`${name} ...`);
    const outcome = await run(bench);
    process.stderr.write(` ${outcome.cpuRatio.median.toFixed(2)}\n`);
    outcomes.push(outcome);
  }
  return outcomes;
};

const profile = async (bench: Bench, name: string): Promise<void> => {
  const { pair, servers, size } = bench;
  const workload = workloadsOf(size).find((each) => each.name === name);
  if (workload === undefined) throw new Error(`There is no workload ${name} to profile.`);
  if (servers.inspector === null) throw new Error("The servers were started without inspector.");
  const { concurrency } = workload;
  const next = callsOf(workload);
  await runRound(pair.product, next, { concurrency, seconds: WARM_UP_SECONDS, pids: () => [] });
  let requests = 0;
  const found = await profileWorker(servers.inspector, "product", async () => {
    const pace = { concurrency, seconds: PROFILE_SECONDS, pids: () => servers.pids };
    const round = await runRound(pair.product, next, pace);
    requests = round.requests;
    const each = (round.cpuMillis / requests).toFixed(2);
    console.log(`${requests} requests, ${each} ms CPU each in all threads while profiled\n`);
  });
  console.log(renderSelfTimes(selfTimes(found, readSourceMap(servers.sourceMap)), requests));
  const file = `bench-${name}.cpuprofile`;
  saveProfile(file, found);
  console.log(`\n${file}`);
};

const bench = async (options: Options): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "vxdata-bench-"));
  let opened: Bench | undefined;
  try {
    opened = await openBench(options, folder);
    if (options.profile !== null) {
      await profile(opened, options.profile);
      return;
    }
    // Before the writes, which add rows to what it reads.
    const parquet = await parquetOf(options, opened, folder);
    const outcomes = await measure(options, opened);
    if (outcomes.length > 0) console.log(`\n${renderTable(outcomes)}\n\n${LEGEND}`);
    if (parquet !== null) console.log(`\n${renderParquet(parquet)}`);
    const results = { environment: environment(), options, size: opened.size, outcomes, parquet };
    writeFileSync(options.out, `${JSON.stringify(results, null, 2)}\n`);
    console.log(`\n${options.out}`);
  } finally {
    closeConnections();
    await opened?.servers.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};

const main = async (): Promise<number> => {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options.help) process.stdout.write(HELP);
    else await bench(options);
    return 0;
  } catch (error) {
    const isWrong = error instanceof WrongAnswer;
    console.error(`\n${isWrong ? "WRONG ANSWER: " : ""}${(error as Error).message}`);
    return 1;
  }
};

process.exitCode = await main();
