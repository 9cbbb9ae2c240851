import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient, ProblemError } from "../client/index.ts";
import { CredentialsError } from "./support/credentials.ts";

/** A stored login, without a password. */
export interface Session {
  /** Its user: an e-mail address, or an API key. */
  readonly name: string;
  readonly access_token: string;
  /** Valid for one use; absent when the server issues none. */
  readonly refresh_token: string;
}

/** Logins by server, and the server of the last one. */
export interface Sessions {
  readonly last: string | undefined;
  readonly servers: Readonly<Record<string, Session>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const NOBODY: Sessions = { last: undefined, servers: {} };

/** The file of the logins. */
export function sessionsPath(environment: Environment): string {
  const { APPDATA, VXDATA_CONFIG_DIR, XDG_CONFIG_HOME } = environment;
  const folder =
    VXDATA_CONFIG_DIR ?? join(XDG_CONFIG_HOME ?? APPDATA ?? join(homedir(), ".config"), "vxdata");
  return join(folder, "sessions.json");
}

/** Reads the logins; removes other users' permissions to read the file first. */
export function readSessions(path: string): Sessions {
  try {
    if (process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
    return JSON.parse(readFileSync(path, "utf8")) as Sessions;
  } catch (error) {
    if (error instanceof SyntaxError) throw new CredentialsError(`${path} is damaged: remove it`);
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return NOBODY;
    throw error;
  }
}

/** Writes the logins atomically, to a file that only its owner can read. */
const writeSessions = (path: string, sessions: Sessions): void => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.tmp`;
  rmSync(draft, { force: true });
  writeFileSync(draft, JSON.stringify(sessions), { mode: 0o600, flag: "wx" });
  renameSync(draft, path);
};

/** Stores or removes a login. */
export function keepSession(path: string, origin: string, session: Session | undefined): void {
  const { last, servers } = readSessions(path);
  const { [origin]: _old, ...others } = servers;
  writeSessions(path, {
    last: session === undefined ? (last === origin ? undefined : last) : origin,
    servers: session === undefined ? others : { ...others, [origin]: session },
  });
}

const LOCK_WAIT_MS = 50;
const LOCK_STALE_MS = 30_000;

/**
 * One process at a time: a refresh token is valid for one use, and a second use ends the session.
 */
const alone = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
  const lock = `${path}.lock`;
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const made = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
      if (Date.now() - made > LOCK_STALE_MS) rmSync(lock, { recursive: true, force: true });
      await sleep(LOCK_WAIT_MS);
    }
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
};

interface Pair {
  readonly access_token: string;
  readonly refresh_token: string;
}

/** Begins a session at a server. */
export async function beginSession(
  url: string,
  body: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Pair> {
  try {
    const client = createClient({ url, signal });
    return await client.request<Pair>({ method: "POST", path: "/auth", body, kind: "plain" });
  } catch (error) {
    if (!(error instanceof ProblemError) || error.status >= 500) throw error;
    throw new CredentialsError(`the server refused the login: ${error.detail}`);
  }
}

/** A token source over a stored login; an expired token is refreshed, and stored again. */
export function sessionToken(path: string, url: string): (renew: boolean) => Promise<string> {
  const { origin } = new URL(url);
  let used = "";
  const current = (): Session => {
    const session = readSessions(path).servers[origin];
    if (session !== undefined) return session;
    throw new CredentialsError(`not logged in at ${origin}: vxdata login --url ${origin}`);
  };
  const refresh = async (): Promise<string> => {
    const session = current();
    // Another process was faster.
    if (session.access_token !== used) return session.access_token;
    try {
      const pair = await createClient({ url }).request<Pair>(
        {
          method: "POST",
          path: "/auth/refresh",
          body: { refresh_token: session.refresh_token },
          kind: "plain",
        },
        { retries: { attempts: 1 } },
      );
      keepSession(path, origin, { ...session, ...pair });
      return pair.access_token;
    } catch (error) {
      if (!(error instanceof ProblemError) || error.status >= 500) throw error;
      throw new CredentialsError(`the session has ended: vxdata login --url ${origin}`);
    }
  };
  return async (renew) => {
    used = renew ? await alone(path, refresh) : current().access_token;
    return used;
  };
}
