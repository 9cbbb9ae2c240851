import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { parseEnv } from "node:util";
import { killTree } from "../../../scripts/support/process-tree.ts";
import { type Client, createClient, loginToken } from "../../../src/client/index.ts";

const ROOT = join(import.meta.dirname, "../../..");

/** The folder of a test's files; removed by `removeWork`. */
export const WORK = mkdtempSync(join(tmpdir(), "vxdata-served-"));

export const removeWork = (): void => rmSync(WORK, { recursive: true, force: true, maxRetries: 5 });

/** The server's package, packed and installed in an empty folder without network; its program. */
export const installServer = (): string => {
  const packed = join(WORK, "packed");
  const words = [join(ROOT, "scripts/build.ts"), "--pack", packed];
  execFileSync(process.execPath, words, { cwd: ROOT, stdio: "pipe" });
  const folder = join(WORK, "project");
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), '{"private":true}\n');
  const [file = ""] = readdirSync(packed);
  const npm = ["install", "--offline", "--no-audit", "--no-fund", join(packed, file)];
  const isolated = spawnSync("unshare", ["--net", "true"]).status === 0;
  const command = isolated ? ["unshare", "--net", "npm", ...npm] : ["npm", ...npm];
  execFileSync(command[0] as string, command.slice(1), { cwd: folder, stdio: "pipe" });
  return join(folder, "node_modules/vxdata-server/vxdata-server.js");
};

/** The server's program in the clone. */
export const CLONE = join(ROOT, "scripts/serve.ts");

/** The environment of a service: no settings of the machine that runs the tests. */
const environmentOf = (given: Readonly<Record<string, string>>): NodeJS.ProcessEnv =>
  ({ PATH: process.env["PATH"] ?? "", HOME: WORK, ...given }) as unknown as NodeJS.ProcessEnv;

const started: ChildProcess[] = [];

/** The output of a command, and its exit code. */
export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the program to its end. */
export const run = (
  program: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Ran => {
  const found = spawnSync(process.execPath, [program, ...words], {
    encoding: "utf8",
    env: environmentOf(environment),
    timeout: 110_000,
  });
  const { status, stdout, stderr } = found;
  return { status, stdout, stderr };
};

/** The same, without blocking this process. */
export const runBeside = async (
  program: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ran> => {
  const child = spawn(process.execPath, [program, ...words], { env: environmentOf(environment) });
  started.push(child);
  const [stdout, stderr, [status]] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    once(child, "exit") as Promise<[number | null]>,
  ]);
  return { status, stdout, stderr };
};

/** A running server. */
export interface Served {
  readonly child: ChildProcess;
  readonly url: string;
  /** Lines of its log. */
  readonly log: () => readonly string[];
  /** A client as the first admin. */
  readonly client: () => Client;
  /** Ends it like a supervisor, and returns its exit code. */
  readonly stop: () => Promise<number | null>;
}

/** Kills processes that a failed test left running. */
export const killServed = async (): Promise<void> => {
  for (const { exitCode, pid } of started) {
    if (exitCode === null && pid !== undefined) await killTree(pid);
  }
};

const clientAt = (url: string, settingsFile: string): Client => {
  const settings = parseEnv(readFileSync(settingsFile, "utf8"));
  const { ADMIN_EMAIL: email = "", ADMIN_PASSWORD: password = "" } = settings;
  return createClient({ url, token: loginToken({ email, password }, { url }) });
};

/** Starts `serve` over a folder, and waits until it reports that it is ready. */
export const serve = async (
  program: string,
  folder: string,
  options: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<Served> => {
  const words = ["serve", "--data", folder, "--listen", "127.0.0.1:0", ...options];
  const child = spawn(process.execPath, [program, ...words], {
    env: environmentOf(environment),
    stdio: ["ignore", "ignore", "pipe"],
  });
  started.push(child);
  let text = "";
  child.stderr.on("data", (bytes: Buffer) => {
    text += bytes.toString();
  });
  const log = () => text.split("\n").filter((line) => line !== "");
  const ready = () => log().find((line) => line.includes('"event":"ready"'));
  for (const deadline = Date.now() + 90_000; ready() === undefined;) {
    if (child.exitCode !== null) throw new Error(`the server ended: ${text}`);
    if (Date.now() > deadline) throw new Error(`the server is not ready: ${text}`);
    await sleep(50);
  }
  const { url } = JSON.parse(ready() ?? "") as { readonly url: string };
  let client: Client | undefined;
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  return {
    child,
    url,
    log,
    client: () => (client ??= clientAt(url, join(folder, "settings.env"))),
    stop: async () => {
      child.kill("SIGTERM");
      return ended;
    },
  };
};

/** The database's file in a server's folder. */
export const databaseIn = (folder: string): string => {
  const place = join(folder, "v3/d1/miniflare-D1DatabaseObject");
  const name = readdirSync(place).find((each) => /^[0-9a-f]{64}\.sqlite$/.test(each));
  if (name === undefined) throw new Error(`there is no database in ${folder}`);
  return join(place, name);
};

/** Files of objects' bytes in a server's folder. */
export const blobsIn = (folder: string): readonly string[] => {
  const place = join(folder, "v3/r2/vxdata/blobs");
  return existsSync(place) ? readdirSync(place).map((name) => join(place, name)) : [];
};
