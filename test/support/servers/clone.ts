/** Fresh copies of the project, and the commands that are run there. */
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { killTree } from "../../../scripts/support/process-tree.ts";
import { freePort } from "../../../scripts/support/server-process.ts";

const ROOT = join(import.meta.dirname, "../../..");
const COPIED = ["src", "scripts", "migrations", "assets", "package.json", "wrangler.toml"];
/** The pages of the guide. */
const PAGES = ["docs", "examples", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"];

/**
 * Copies the project without settings and data, with the packages of this one, into a new folder.
 */
export const copyProject = (): string => {
  const project = mkdtempSync(join(tmpdir(), "vxdata-clone-"));
  for (const name of [...COPIED, ...PAGES]) {
    cpSync(join(ROOT, name), join(project, name), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(project, "node_modules"));
  return project;
};

/** A server that was started by a command. */
export interface Started {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly url: string;
  readonly output: () => string;
}

/** True while a process exists. */
export const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** Waits until a condition holds; throws when it does not in time. */
export const waitUntil = async (
  what: string,
  seconds: number,
  holds: () => boolean | Promise<boolean>,
): Promise<void> => {
  const deadline = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what} took more than ${seconds} s`);
    await sleep(50);
  }
};

/** A minimal environment: no settings of the machine that runs the tests. */
export const plainEnvironment = (project: string): NodeJS.ProcessEnv => {
  const { PATH, HOME, TMPDIR } = process.env;
  const bin = join(project, "node_modules/.bin");
  const settings = { PATH: `${bin}:${PATH}`, ...(HOME && { HOME }), ...(TMPDIR && { TMPDIR }) };
  return settings as unknown as NodeJS.ProcessEnv;
};

const started: Started[] = [];

/**
 * Starts a server by a command in a copy, on a free port, and waits until it reports that it is
 * ready.
 */
export const startIn = async (
  project: string,
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Started> => {
  const port = await freePort();
  const [program = "", ...words] = command;
  const child = spawn(program, [...words, "--port", String(port)], {
    cwd: project,
    detached: true,
    env: { ...plainEnvironment(project), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (bytes: Buffer) => {
      printed += bytes.toString();
    });
  }
  const { pid = 0 } = child;
  const one = { child, pid, url: `http://127.0.0.1:${port}`, output: () => printed };
  started.push(one);
  await waitUntil("the start", 90, () => /ready/.test(printed) || child.exitCode !== null);
  expect(child.exitCode, printed).toBeNull();
  return one;
};

/** Kills running processes, and removes the copy. */
export const removeProject = async (project: string): Promise<void> => {
  for (const { pid } of started) if (isRunning(pid)) await killTree(pid);
  rmSync(project, { recursive: true, force: true, maxRetries: 5 });
};
