// Kills a real server again and again during writes, and checks what is left.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { checkAllocation, checkClient, type Checked } from "./crash/check.ts";
import { writeUntilDeath, type Outcome, type Writer } from "./crash/client.ts";
import { checkFiles } from "./crash/files.ts";
import { EMPTY, SOURCE, type Model } from "./crash/model.ts";
import { createRandom, type Random } from "./demo/random.ts";
import { createApiClient, post, type ApiClient } from "../src/cli/support/api-client.ts";
import { tokenSource } from "../src/cli/support/credentials.ts";
import { freePort, startServer, type ServerProcess } from "./support/server-process.ts";

const HELP = `npm run test:crash -- [options]

Kills a server of its own (SIGKILL to every process of it) while clients write to it, starts it
again, and checks that no acknowledged write is lost, no batch is there in part, no identifier was
given twice and the database files are sound.

  --rounds <number>   how often it is killed (default 10)
  --clients <number>  how many write at once (default 8)
  --restart <seconds> how long it may take to come up again (default 10)
  --seed <number>     repeats the clients' choices of an earlier run
  --help              print this`;

const ADMIN = { email: "admin@example.org", password: "a long password of tests" } as const;
const LIFE_MILLIS = { low: 300, high: 3_000 } as const;

interface Options {
  readonly rounds: number;
  readonly clients: number;
  readonly restartSecondsMax: number;
  readonly seed: number;
}

const readOptions = (): Options => {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "10" },
      clients: { type: "string", default: "8" },
      restart: { type: "string", default: "10" },
      seed: { type: "string", default: String(Math.trunc(Math.random() * 2 ** 31)) },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  const { rounds, clients, restart: seconds, seed } = values;
  const options = { rounds: Number(rounds), clients: Number(clients), seed: Number(seed) };
  const all: Options = { ...options, restartSecondsMax: Number(seconds) };
  if (Object.values(all).every((value) => Number.isFinite(value) && value >= 0)) return all;
  console.error(`Every option is a number.\n\n${HELP}`);
  process.exit(1);
};

interface Stage {
  readonly start: () => Promise<ServerProcess>;
  readonly persistTo: string;
  readonly url: string;
  readonly api: ApiClient;
  readonly token: () => Promise<string>;
}

let current: ServerProcess | undefined;

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(
    signal,
    () => void (current?.kill() ?? Promise.resolve()).then(() => process.exit(1)),
  );
}

const openStage = async (): Promise<Stage> => {
  const persistTo = mkdtempSync(join(tmpdir(), "vxdata-crash-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const environment = { ADMIN_EMAIL: ADMIN.email, ADMIN_PASSWORD: ADMIN.password };
  const token = tokenSource(url, ADMIN);
  return {
    start: async () => (current = await startServer({ port, persistTo, environment })),
    persistTo,
    url,
    api: createApiClient({ url, token, patienceSeconds: 30 }),
    token: async () => token(false),
  };
};

const restart = async (
  stage: Stage,
  secondsMax: number,
): Promise<{ server: ServerProcess; seconds: number }> => {
  const started = performance.now();
  const server = await stage.start();
  const seconds = (performance.now() - started) / 1000;
  if (seconds <= secondsMax) return { server, seconds };
  await server.kill();
  throw new Error(`the restart took ${seconds.toFixed(1)} s, more than ${secondsMax}`);
};

/** Lets the clients write, and kills the server at a random moment. */
const strike = async (
  server: ServerProcess,
  writers: readonly Writer[],
  models: readonly Model[],
  random: Random,
): Promise<readonly Outcome[]> => {
  const running = writers.map(async (writer, index) =>
    writeUntilDeath(writer, models[index] ?? EMPTY),
  );
  const death = sleep(random.between(LIFE_MILLIS.low, LIFE_MILLIS.high)).then(server.kill);
  const outcomes = await Promise.all(running);
  await death;
  return outcomes;
};

const checkAll = async (
  stage: Stage,
  writers: readonly Writer[],
  outcomes: readonly Outcome[],
): Promise<readonly Checked[]> =>
  Promise.all(
    outcomes.map(async (outcome, index) =>
      checkClient(stage.api, writers[index] as Writer, outcome),
    ),
  );

const summary = (outcomes: readonly Outcome[], checked: readonly Checked[]): string => {
  const acknowledged = outcomes.reduce((sum, outcome) => sum + outcome.acknowledged, 0);
  const effects = checked.filter(({ tookEffect }) => tookEffect !== undefined);
  const happened = effects.filter(({ tookEffect }) => tookEffect === true);
  return `${acknowledged} writes acknowledged, ${effects.length} in flight (${happened.length} had taken effect)`;
};

const run = async (
  { rounds, clients, seed, restartSecondsMax }: Options,
  stage: Stage,
): Promise<void> => {
  const random = createRandom(seed);
  let server = await stage.start();
  try {
    const source = { identifier: SOURCE, payload_type: "datasource", name: "Crash test" };
    await post(stage.api, "/resources/create", { resources: [source] });
    const token = await stage.token();
    const writers = Array.from({ length: clients }, (_, index): Writer => {
      const choices = createRandom(random.between(0, 2 ** 31));
      return { url: stage.url, token, prefix: `client-${index}/`, random: choices };
    });
    let models: readonly Model[] = writers.map(() => EMPTY);
    for (let round = 1; round <= rounds; round += 1) {
      const outcomes = await strike(server, writers, models, random);
      const files = checkFiles(stage.persistTo);
      const restarted = await restart(stage, restartSecondsMax);
      ({ server } = restarted);
      const checked = await checkAll(stage, writers, outcomes);
      models = checked.map(({ model }) => model);
      const patients = await checkAllocation(stage.api, models);
      const parts = [
        summary(outcomes, checked),
        `${patients} identifiers given`,
        `${files} files sound`,
        `restart ${restarted.seconds.toFixed(1)} s`,
      ];
      console.log(`round ${round}: ${parts.join(", ")}`);
    }
  } finally {
    await server.stop();
  }
};

const options = readOptions();
console.log(`${options.rounds} rounds, ${options.clients} clients, seed ${options.seed}`);
const stage = await openStage();
try {
  await run(options, stage);
  console.log(`nothing lost, nothing in part, nothing twice (seed ${options.seed})`);
} catch (error) {
  console.error(
    `${(error as Error).message}\nseed ${options.seed}, data kept in ${stage.persistTo}`,
  );
  process.exit(1);
}
rmSync(stage.persistTo, { recursive: true, force: true, maxRetries: 5 });
