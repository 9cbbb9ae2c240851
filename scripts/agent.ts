import { stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import {
  HELP,
  parseAgentArguments,
  placeName,
  UsageError,
  type AgentArguments,
} from "./agent/arguments.ts";
import { doRun, type Out } from "./agent/run.ts";
import { serverOf } from "./agent/server.ts";
import { takeSlot } from "./agent/slot.ts";

const EXIT = { done: 0, failed: 1, wrong: 2 } as const;
const LOOK_AGAIN_MILLIS = 30_000;

/** Output for people: the last line is rewritten on a terminal. */
const output = (): Out => {
  const { stderr } = process;
  let isOpen = false;
  const close = (): void => {
    if (isOpen) stderr.write("\n");
    isOpen = false;
  };
  return {
    say: (line) => {
      close();
      stderr.write(`${line}\n`);
    },
    progress: (line) => {
      if (!stderr.isTTY) return;
      stderr.write(`\r\u001B[2K${line}`);
      isOpen = true;
    },
  };
};

const requireFolder = async (path: string): Promise<void> => {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() !== true) throw new UsageError(`--mount: ${path} is no folder`);
};

const nameOf = ({ worker, mount, url }: AgentArguments): string => {
  if (worker !== undefined) return worker;
  const place = placeName(mount);
  return `${place}#${takeSlot(`${url} ${place}`)}`;
};

const work = async (options: AgentArguments): Promise<void> => {
  await requireFolder(options.mount);
  const out = output();
  const server = serverOf(options, out.say);
  const name = nameOf(options);
  for (;;) {
    const run = await server.claim(name);
    if (run !== null) await doRun(server, run, options.mount, out);
    else if (options.watch) await sleep(LOOK_AGAIN_MILLIS);
    else return;
  }
};

const main = async (): Promise<number> => {
  try {
    const options = parseAgentArguments(process.argv.slice(2), process.env);
    if (options === undefined) console.log(HELP);
    else await work(options);
    return EXIT.done;
  } catch (error) {
    console.error((error as Error).message);
    if (!(error instanceof UsageError)) return EXIT.failed;
    console.error(`\n${HELP}`);
    return EXIT.wrong;
  }
};

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  // The slot is freed when the process ends; the run is released by name.
  process.on(signal, () => process.exit(130));
}

process.exit(await main());
