import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, startServer } from "../../../scripts/support/server-process.ts";
import { faultOf } from "../checks/log.ts";

/** The first admin of servers that tests start. */
export const ADMIN = { email: "admin@example.org", password: "a long password of tests" } as const;

/** A real server on a free port, with data of its own in a temporary folder. */
export interface TestServer {
  readonly url: string;
  /** The started process; its children serve. Changes with every `restart`. */
  readonly pid: () => number;
  readonly persistTo: string;
  /** Address of its isolate's inspector; undefined unless requested. */
  readonly inspector: string | undefined;
  /** The server's output so far. */
  readonly output: () => string;
  /** Kills the whole process tree at once (SIGKILL); data stay. */
  readonly kill: () => Promise<void>;
  /** Starts it again on the same port and data, after `kill`. */
  readonly restart: () => Promise<void>;
  /** Ends it and removes its data. */
  readonly close: () => Promise<void>;
}

/**
 * Starts a server through `scripts/start.ts`. Settings are passed to the Worker, overriding
 * `.dev.vars`.
 */
export const openTestServer = async (
  settings: Readonly<Record<string, string>> = {},
  { inspected = false, cronSeconds }: { inspected?: boolean; cronSeconds?: number } = {},
): Promise<TestServer> => {
  const persistTo = mkdtempSync(join(tmpdir(), "vxdata-test-"));
  const environment = { ADMIN_EMAIL: ADMIN.email, ADMIN_PASSWORD: ADMIN.password, ...settings };
  const port = await freePort();
  const inspectorPort = inspected ? await freePort() : undefined;
  const options = {
    port,
    persistTo,
    environment,
    ...(inspectorPort === undefined ? {} : { inspectorPort }),
    ...(cronSeconds === undefined ? {} : { cronSeconds }),
  };
  const start = async () => startServer(options);
  let server = await start();
  return {
    url: server.url,
    pid: () => server.pid,
    persistTo,
    inspector: inspectorPort === undefined ? undefined : `ws://127.0.0.1:${inspectorPort}/vxdata`,
    output: () => server.output(),
    kill: async () => server.kill(),
    restart: async () => {
      server = await start();
    },
    close: async () => {
      await server.stop();
      const lines = server.output().split("\n");
      const faults = lines
        .filter((line) => line.startsWith("{"))
        .flatMap((line) => faultOf(line) ?? []);
      if (faults.length > 0) throw new Error(`the log ${faults.join(" and ")}`);
      rmSync(persistTo, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};

/** A bearer token of the server's first admin. */
export const adminToken = async (url: string): Promise<string> => {
  const response = await fetch(`${url}/auth/jwt/login`, {
    method: "POST",
    body: new URLSearchParams({ username: ADMIN.email, password: ADMIN.password }),
  });
  const body: unknown = await response.json();
  return (body as { readonly access_token: string }).access_token;
};
