import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { DevWorker } from "./dev-worker.ts";
import { packageFile, projectRoot } from "./project.ts";

const STOP_MS = 5_000;

/** What wrangler's environment is: it calls nobody, and records nothing that nobody reads. */
export const wranglerEnvironment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  CI: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_WRITE_LOGS: "false",
  X_LOCAL_EXPLORER: "false",
  X_LOCAL_OBSERVABILITY: "false",
});

const started: ChildProcess[] = [];
let closed = false;

/** Starts a script in wrangler's environment. @throws {Error} once `stopAll` was called. */
const startScript = (
  script: string,
  args: readonly string[],
  output: "inherit" | "pipe",
): ChildProcess => {
  if (closed) throw new Error("stopped");
  const child = spawn(process.execPath, [script, ...args], {
    cwd: projectRoot,
    detached: process.platform !== "win32",
    env: wranglerEnvironment(),
    stdio: ["ignore", output, output],
  });
  started.push(child);
  return child;
};

/**
 * Serves the Worker, by a process that leads a group of its own, which `stopAll` ends.
 * @throws {Error} once `stopAll` was called.
 */
export const startDevWorker = (worker: DevWorker): ChildProcess => {
  const script = join(import.meta.dirname, "dev-worker.ts");
  return startScript(script, [JSON.stringify(worker)], "inherit");
};

/**
 * Runs a wrangler command to its end.
 * @throws {Error} with the command's output when it fails.
 */
export const runWrangler = async (args: readonly string[]): Promise<void> => {
  const child = startScript(packageFile("wrangler/bin/wrangler.js"), args, "pipe");
  const output: string[] = [];
  child.stdout?.on("data", (chunk) => output.push(String(chunk)));
  child.stderr?.on("data", (chunk) => output.push(String(chunk)));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`wrangler ${args.join(" ")} failed:\n${output.join("")}`);
};

const signalGroup = (child: ChildProcess, signal: NodeJS.Signals | 0): boolean => {
  if (child.pid === undefined) return false;
  if (process.platform === "win32") return child.kill(signal);
  try {
    return process.kill(-child.pid, signal);
  } catch {
    return false;
  }
};

const stopGroup = async (child: ChildProcess): Promise<void> => {
  const deadline = Date.now() + STOP_MS;
  signalGroup(child, "SIGTERM");
  while (signalGroup(child, 0) && Date.now() < deadline) await sleep(50);
  signalGroup(child, "SIGKILL");
};

/** Ends all that was started here, with every process below, for good. */
export const stopAll = async (): Promise<void> => {
  closed = true;
  await Promise.all(started.map(stopGroup));
};
