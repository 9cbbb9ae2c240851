import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { WrongAnswer } from "./bench/check.ts";
import { type Outcome, runContest } from "./bench/contest.ts";
import { ensureSeed } from "./bench/data.ts";
import { closeConnections } from "./bench/load.ts";
import { parseOptions, sizeOf, type Options } from "./bench/options.ts";
import { peerCall } from "./bench/peers/calls.ts";
import { checkPeers, type Peers } from "./bench/peers/check.ts";
import { startCluster, type Cluster } from "./bench/peers/cluster.ts";
import { findPrograms, versionOf, type Programs } from "./bench/peers/programs.ts";
import { fillTables } from "./bench/peers/tables.ts";
import { peerWorkloads } from "./bench/peers/workloads.ts";
import { renderTable } from "./bench/report.ts";
import { refresh, tokenFor } from "./bench/run.ts";
import { bundle, startServers, type Servers } from "./bench/servers.ts";
import type { Workload } from "./bench/workload.ts";
import { callsOf } from "./bench/workloads.ts";
import { freshSecrets } from "../src/server/secrets.ts";

const HELP = `Measures the product against PostgREST on PostgreSQL: CPU time per request of all processes of each.

Usage: npm run bench:peers -- [options]

Both hold the same rows: 100,000 images, 500,000 versions. PostgREST runs over a cluster of its own in a
temporary folder, which is stopped and removed at the end. Each answer is checked, then the two run in turn.

  --quick              a short run over little data, to see that everything works
  --only <names>       only these workloads, separated by commas
  --rounds <n>         rounds of each side (default 5)
  --seconds <n>        length of a round (default 0.8; half as long again for most)
  --images <n>         images, a multiple of 1000 (default 100000)
  --role <role>        who asks the product: admin (default) or editor
  --out <file>         where the JSON goes (default bench-results.json)
  -h, --help           this text

The exit code is 0 unless an answer was wrong, a program is missing or the benchmark itself could not run.
`;

const LEGEND = `CPU ratio: CPU time per request of PostgREST and PostgreSQL by the product's (median of the rounds): above 1
the product is cheaper. req/s ratio: product by PostgREST. p50 and p99 ratio: latency, PostgREST by product.`;

/** What has to be stopped, the last one first. */
type Closing = (() => unknown)[];

interface Stage {
  readonly peers: Peers;
  readonly servers: Servers;
  readonly cluster: Cluster;
}

const open = async (
  options: Options,
  programs: Programs,
  folder: string,
  closing: Closing,
): Promise<Stage> => {
  const { file } = ensureSeed(sizeOf(options));
  const cluster = await startCluster(programs, (stop) => closing.push(stop));
  fillTables(cluster, file);
  const postgrest = await cluster.serve();
  const secrets = freshSecrets();
  const servers = await startServers({
    bundles: await bundle(folder),
    seedFile: file,
    folder: join(folder, "state"),
    secrets,
    onLog: () => undefined,
  });
  closing.push(servers.stop);
  const url = servers.product;
  await refresh({ url, token: await tokenFor("admin", secrets.SIGNING_KEYS) });
  const token = await tokenFor(options.role, secrets.SIGNING_KEYS);
  return { peers: { product: { url, token }, postgrest }, servers, cluster };
};

const contest = async (
  { peers, servers, cluster }: Stage,
  workload: Workload,
  { rounds, seconds }: Options,
): Promise<Outcome> => {
  const [mine, theirs] = [callsOf(workload), callsOf(workload)];
  const first = mine();
  theirs();
  await checkPeers(peers, workload, first);
  const reference = {
    label: "PostgREST",
    target: peers.postgrest,
    next: () => peerCall(theirs()),
    pids: cluster.pids,
  };
  const subject = { label: "product", target: peers.product, next: mine, pids: () => servers.pids };
  const sides = { reference, subject, checked: null };
  const comparison = await runContest({ ...workload, ...sides }, { rounds, seconds });
  const { name, title } = workload;
  const labels = { referenceLabel: reference.label, subjectLabel: subject.label };
  return { ...comparison, ...labels, name, title, goal: null, checked: null, usage: null };
};

const chosen = (options: Options): readonly Workload[] => {
  const all = peerWorkloads(sizeOf(options));
  const names = all.map(({ name }) => name);
  const unknown = options.only.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new Error(`There is no workload ${unknown}; there are: ${names.join(", ")}.`);
  }
  return all.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
};

const bench = async (options: Options, closing: Closing): Promise<void> => {
  const programs = findPrograms();
  const workloads = chosen(options);
  const folder = mkdtempSync(join(tmpdir(), "vxdata-bench-"));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  const stage = await open(options, programs, folder, closing);
  closing.push(closeConnections);
  const versions = [versionOf(programs.postgres), versionOf(programs.postgrest)];
  const environment = {
    versions,
    node: process.version,
    processor: cpus()[0]?.model ?? "unknown",
    processors: cpus().length,
  };
  console.log(`${versions.join(", ")}; ${options.images} images\n`);
  const outcomes: Outcome[] = [];
  for (const workload of workloads) {
    process.stderr.write(`${workload.name} ...`);
    const outcome = await contest(stage, workload, options);
    process.stderr.write(` ${outcome.cpuRatio.median.toFixed(2)}\n`);
    outcomes.push(outcome);
  }
  console.log(`\n${renderTable(outcomes)}\n\n${LEGEND}`);
  writeFileSync(options.out, `${JSON.stringify({ environment, options, outcomes }, null, 2)}\n`);
  console.log(`\n${options.out}`);
};

const main = async (): Promise<number> => {
  const closing: Closing = [];
  const closeAll = async (): Promise<void> => {
    for (let next = closing.pop(); next !== undefined; next = closing.pop()) await next();
  };
  let closed: Promise<void> | undefined;
  // Once: whoever comes second waits for the first.
  const close = async (): Promise<void> => (closed ??= closeAll());
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void close().finally(() => process.exit(130)));
  }
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options.help) process.stdout.write(HELP);
    else await bench(options, closing);
    return 0;
  } catch (error) {
    const isWrong = error instanceof WrongAnswer;
    console.error(`\n${isWrong ? "WRONG ANSWER: " : ""}${(error as Error).message}`);
    return 1;
  } finally {
    await close();
  }
};

process.exitCode = await main();
