/** PostgreSQL and PostgREST over a cluster of their own, in a temporary folder. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SignJWT } from "jose";
import { processTree } from "../../support/process-tree.ts";
import { freePort } from "../../support/server-process.ts";
import type { Target } from "../load.ts";
import type { Programs } from "./programs.ts";

/** A cluster that runs. */
export interface Cluster {
  /** Runs statements. `input` is what COPY FROM STDIN reads. */
  readonly run: (sql: string, input?: string) => void;
  /** Starts PostgREST over what there is now, and answers where it is. */
  readonly serve: () => Promise<Target>;
  /** All processes of both. */
  readonly pids: () => readonly number[];
}

const DATABASE = "postgres";
const OWNER = "postgres";
/** Requests that PostgREST sends to the database at a time: as many as the readers of a round. */
const POOL = 8;
const PATIENCE_MILLIS = 20_000;

/** The account that PostgreSQL runs as: it refuses to run as root. Absent: whoever calls. */
const accountOf = (): { readonly uid: number; readonly gid: number } | undefined => {
  if (process.getuid?.() !== 0) return undefined;
  const number = (option: string): number =>
    Number(execFileSync("id", [option, OWNER], { encoding: "utf8" }));
  return { uid: number("-u"), gid: number("-g") };
};

const within = async (what: string, isThere: () => boolean | Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + PATIENCE_MILLIS;
  while (!(await isThere())) {
    if (Date.now() > deadline) throw new Error(`${what} did not start.`);
    await sleep(50);
  }
};

const tokenOf = async (secret: string): Promise<string> =>
  new SignJWT({ role: "editor" })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("12h")
    .sign(new TextEncoder().encode(secret));

const answers = async (url: URL): Promise<boolean> => {
  try {
    return (await fetch(url)).status < 500;
  } catch {
    return false;
  }
};

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  // PostgreSQL's fast shutdown: it waits for no connection.
  child.kill("SIGINT");
  await Promise.race([ended, sleep(5_000, undefined, { ref: false })]);
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
};

/**
 * Starts an empty cluster that listens on a socket in its folder alone, and trusts whoever reaches it.
 *
 * @param onMade gets what stops both and removes the folder, as soon as there is something to remove.
 */
export const startCluster = async (
  programs: Programs,
  onMade: (stop: () => Promise<void>) => void,
): Promise<Cluster> => {
  const account = accountOf();
  const folder = mkdtempSync(join(tmpdir(), "vxdata-peers-"));
  const data = join(folder, "data");
  const children: ChildProcess[] = [];
  const as = account ?? {};
  const start = (program: string, args: readonly string[], environment = {}): ChildProcess => {
    const env = { ...process.env, ...environment };
    const child = spawn(program, args, { ...as, cwd: folder, env, stdio: "ignore" });
    children.push(child);
    return child;
  };
  const stop = async (): Promise<void> => {
    for (const child of children.toReversed()) await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  const run = (sql: string, input?: string): void => {
    const args = ["-h", folder, "-U", OWNER, "-d", DATABASE, "-q", "-v", "ON_ERROR_STOP=1"];
    execFileSync(programs.psql, [...args, "-c", sql], {
      stdio: [input === undefined ? "ignore" : "pipe", "ignore", "pipe"],
      ...(input === undefined ? {} : { input }),
    });
  };
  const isUp = (): boolean => {
    try {
      run("SELECT 1");
      return true;
    } catch {
      return false;
    }
  };
  onMade(stop);
  mkdirSync(data);
  if (account !== undefined) {
    for (const path of [folder, data]) chownSync(path, account.uid, account.gid);
  }
  const made = ["-D", data, "-U", OWNER, "--auth=trust", "--encoding=UTF8", "--locale=C"];
  execFileSync(programs.initdb, made, {
    ...as,
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
  });
  start(programs.postgres, ["-D", data, "-k", folder, "-c", "listen_addresses="]);
  await within("PostgreSQL", isUp);
  const serve = async (): Promise<Target> => {
    const port = await freePort();
    const secret = crypto.randomUUID() + crypto.randomUUID();
    start(programs.postgrest, [], {
      PGRST_DB_URI: `postgresql://${OWNER}@/${DATABASE}?host=${encodeURIComponent(folder)}`,
      PGRST_DB_SCHEMAS: "public",
      PGRST_DB_POOL: String(POOL),
      PGRST_DB_POOL_MAX_IDLETIME: "3600",
      PGRST_DB_POOL_MAX_LIFETIME: "36000",
      PGRST_JWT_SECRET: secret,
      PGRST_SERVER_HOST: "127.0.0.1",
      PGRST_SERVER_PORT: String(port),
      PGRST_LOG_LEVEL: "crit",
    });
    const url = new URL(`http://127.0.0.1:${port}`);
    await within("PostgREST", () => answers(url));
    return { url, token: await tokenOf(secret) };
  };
  const pids = (): readonly number[] =>
    children.flatMap(({ pid }) => (pid === undefined ? [] : processTree(pid)));
  return { run, serve, pids };
};
