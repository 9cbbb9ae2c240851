import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PROJECT_ROOT } from "../../src/cli/support/api-options.ts";
import { ensureDevVars, readDevVars } from "./dev-vars.ts";
import { endTree, killTree } from "./process-tree.ts";

/** The parameters of a server. */
export interface ServerOptions {
  /** The clone of the server; undefined for this one. */
  readonly project?: string;
  readonly port: number;
  /** The folder of its data; undefined for that of `npm start`. */
  readonly persistTo?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** The program of a production server; undefined for that of VXDATA_SERVER, if it is set. */
  readonly program?: string;
  /** The inspector's port of its isolate; undefined for any. */
  readonly inspectorPort?: number;
  /** The interval of its Cron Trigger; undefined for one minute. */
  readonly cronSeconds?: number;
}

/** A server that this process started. */
export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  /** Its output so far. */
  readonly output: () => string;
  /** Ends it like Ctrl-C. */
  readonly stop: () => Promise<void>;
  /** Kills it and all its descendants at once. */
  readonly kill: () => Promise<void>;
}

const START_SECONDS_MAX = 90;
const OUTPUT_LENGTH_MAX = 20_000;

/** A port that nothing listens on. */
export const freePort = async (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });

/** True when a vxdata server answers at the address. */
export const isServing = async (url: string): Promise<boolean> => {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(5_000) });
    await response.text();
    return response.ok;
  } catch {
    return false;
  }
};

const untilServing = async (url: string, child: ChildProcess, output: () => string) => {
  const deadline = Date.now() + START_SECONDS_MAX * 1000;
  while (!(await isServing(url))) {
    const ended = child.exitCode !== null || child.signalCode !== null;
    if (ended || Date.now() > deadline) {
      const reason = ended ? "ended" : `did not serve within ${START_SECONDS_MAX} s`;
      throw new Error(`the server ${reason}:\n${output()}`);
    }
    await sleep(100);
  }
};

type Command = Pick<ServerOptions, "environment"> & { readonly words: readonly string[] };

const development = (options: ServerOptions): Command => {
  const words = { "persist-to": options.persistTo, "inspector-port": options.inspectorPort };
  const others = Object.entries({ ...words, "cron-seconds": options.cronSeconds }).flatMap(
    ([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)]),
  );
  const script = join(options.project ?? PROJECT_ROOT, "scripts", "start.ts");
  return { words: [script, "--port", String(options.port), ...others] };
};

/** A production server as open as one for development, with the same first admin. */
const production = (program: string, { port, persistTo }: ServerOptions): Command => {
  if (persistTo === undefined) throw new Error("a server for production needs a folder of its own");
  const listen = `127.0.0.1:${port}`;
  const devVars = join(PROJECT_ROOT, ".dev.vars");
  ensureDevVars(devVars);
  const { ADMIN_EMAIL = "", ADMIN_PASSWORD = "" } = readDevVars(devVars);
  return {
    words: [program, "serve", "--data", persistTo, "--listen", listen, "--grace", "2"],
    environment: { ADMIN_EMAIL, ADMIN_PASSWORD, RATE_LIMIT: "none", REGISTRATION: "public" },
  };
};

/** With VXDATA_SERVER, the program of a production server, tests run against that. */
const commandOf = (options: ServerOptions): Command => {
  const program = options.program ?? process.env["VXDATA_SERVER"];
  return program === undefined ? development(options) : production(program, options);
};

/**
 * Starts a server with `scripts/start.ts`, or a program for production, and waits until it serves.
 * @throws {Error} with the server's output, when it does not start.
 */
export const startServer = async (options: ServerOptions): Promise<ServerProcess> => {
  const url = `http://127.0.0.1:${options.port}`;
  const { environment, words } = commandOf(options);
  // A process group of its own: Ctrl-C in the terminal reaches only us, and we end it in order.
  const child = spawn(process.execPath, words, {
    cwd: options.project ?? PROJECT_ROOT,
    detached: true,
    env: { ...process.env, ...environment, ...options.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error("the server could not be started");
  let printed = "";
  const note = (bytes: Buffer): void => {
    printed = (printed + bytes.toString()).slice(-OUTPUT_LENGTH_MAX);
  };
  child.stdout.on("data", note);
  child.stderr.on("data", note);
  const output = () => printed;
  try {
    await untilServing(url, child, output);
  } catch (error) {
    await killTree(pid);
    throw error;
  }
  return { url, pid, output, stop: async () => endTree(pid), kill: async () => killTree(pid) };
};
