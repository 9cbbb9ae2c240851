import { parseArgs } from "node:util";
import { correctCohort } from "./demo/corrections.ts";
import { loadCohort } from "./demo/load.ts";
import { takeTour } from "./demo/tour.ts";
import { createApiClient, ProblemError, UnreachableError } from "../src/cli/support/api-client.ts";
import { API_OPTIONS, API_OPTIONS_HELP, credentialsFrom } from "../src/cli/support/api-options.ts";
import { CredentialsError, isLoopback, tokenSource } from "../src/cli/support/credentials.ts";
import { freePort, isServing, type ServerProcess, startServer } from "./support/server-process.ts";

const HELP = `Loads a small SYNTHETIC cohort (nobody in it exists) and shows what can be asked of it.

Usage: npm run demo -- [options]

${API_OPTIONS_HELP}
  --keep               keep a server that the demo started running until Ctrl-C
  -h, --help           this text

If nothing answers at --url on this machine, the demo starts a server there, with the data of
npm start, and stops it at the end. Every run loads a cohort of its own: demo-1, demo-2, ...

Examples:
  npm run demo
  npm run demo -- --keep
  VXDATA_TOKEN=... npm run demo -- --url https://data.example.org
`;

const OPTIONS = {
  ...API_OPTIONS,
  keep: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

interface DemoOptions {
  readonly url: string;
  readonly keep: boolean;
  readonly email?: string | undefined;
  readonly password?: string | undefined;
}

const print = (line: string): void => console.log(line);

/** The port of the address if it is free, else a free one. */
const portFor = async (url: string): Promise<number> => {
  const { port } = new URL(url);
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    () => true,
    () => false,
  );
  return port === "" || response ? freePort() : Number(port);
};

/** Starts a server when none serves at the address; undefined when one does. */
const serverIfNeeded = async (url: string): Promise<ServerProcess | undefined> => {
  if (await isServing(url)) return undefined;
  if (!isLoopback(url)) throw new UnreachableError(`no vxdata server answers at ${url}`);
  const port = await portFor(url);
  print(`No server at ${url}: starting one on port ${port} ...`);
  return startServer({ port });
};

const run = async (url: string, options: DemoOptions, signal: AbortSignal): Promise<void> => {
  const token = tokenSource(url, credentialsFrom({ ...options, url }));
  const client = createApiClient({ url, token, signal });
  print(`Loading a SYNTHETIC cohort into ${url} ...`);
  const cohort = await loadCohort(client);
  const parts = Object.entries(cohort.counts).map(([type, count]) => `${type} ${count}`);
  print(`  ${cohort.datasource}: ${parts.join(", ")}`);
  const corrections = await correctCohort(client, cohort);
  print(`  ${corrections.updates} updates, one deletion and its restoration`);
  await takeTour(client, print, cohort, corrections);
};

const sayWhereNext = (url: string, stopping: boolean): void => {
  print("");
  print(stopping ? "Go on from here with `npm start`:" : "Go on from here:");
  print(`  ${url}/docs          every call, with examples, to try in the browser`);
  print(`  ${url}/openapi.json  the same for programs`);
};

const untilAborted = async (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

const demonstrate = async (values: DemoOptions, stop: AbortSignal): Promise<void> => {
  const address = values.url.replace(/\/$/, "");
  const server = await serverIfNeeded(address);
  const url = server?.url ?? address;
  try {
    stop.throwIfAborted();
    await run(url, values, stop);
    const keep = server !== undefined && values.keep;
    sayWhereNext(url, server !== undefined && !keep);
    if (keep) {
      print("The server runs until Ctrl-C.");
      await untilAborted(stop);
    }
  } finally {
    await server?.stop();
  }
};

const main = async (): Promise<number> => {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  process.once("SIGTERM", () => stop.abort());
  // The reader of our output may stop reading: `npm run demo | head`.
  process.stdout.once("error", () => stop.abort());
  try {
    const { values } = parseArgs({ options: OPTIONS });
    if (values.help) {
      process.stdout.write(HELP);
      return 0;
    }
    await demonstrate(values, stop.signal);
    return 0;
  } catch (error) {
    if (stop.signal.aborted) return 130;
    const known =
      error instanceof ProblemError ||
      error instanceof CredentialsError ||
      error instanceof UnreachableError ||
      (error instanceof TypeError && "code" in error);
    if (!known) throw error;
    console.error(error.message);
    return 1;
  }
};

process.exitCode = await main();
