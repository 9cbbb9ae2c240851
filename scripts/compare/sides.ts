/** The servers of two clones, prepared in the same way. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DATASET_WORLD } from "../../test/support/generators/fuzz-datasets.ts";
import type { FuzzRequest, Sender } from "../../test/support/generators/fuzz-requests.ts";
import { WORLD } from "../../test/support/generators/fuzz-values.ts";
import { freePort, startServer } from "../support/server-process.ts";

/** A running server, and its callers. */
export interface Side {
  readonly url: string;
  readonly send: (request: FuzzRequest) => Promise<Response>;
  readonly stop: () => Promise<void>;
}

const ADMIN = { email: "admin@example.org", password: "a long password of tests" } as const;
const READER = { email: "compare-reader@example.org", password: "correct horse battery" } as const;

/** Background work would happen at another moment on each side. */
const NEVER_SECONDS = 1_000_000;

const succeed = async (response: Response): Promise<unknown> => {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${text}`);
  return text === "" ? null : JSON.parse(text);
};

const login = async (url: string, { email, password }: typeof ADMIN | typeof READER) => {
  const body = new URLSearchParams({ username: email, password });
  const answer = await succeed(await fetch(`${url}/auth/jwt/login`, { method: "POST", body }));
  return (answer as { readonly access_token: string }).access_token;
};

const sendJson = async (url: string, method: string, body: unknown, token?: string) =>
  succeed(
    await fetch(url, {
      method,
      headers: {
        "content-type": "application/json",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    }),
  );

const prepare = async (url: string): Promise<Readonly<Partial<Record<Sender, string>>>> => {
  const admin = await login(url, ADMIN);
  await sendJson(`${url}/auth/register`, "POST", READER);
  for (const [method, path, body] of [...WORLD, ...DATASET_WORLD]) {
    await sendJson(`${url}${path}`, method, body, admin);
  }
  return { admin, reader: await login(url, READER) };
};

/**
 * Starts the server of a clone over a folder of its own.
 *
 * @param project the clone's folder, with its packages installed.
 * @throws {Error} with what the server printed, when it does not come up.
 */
export const openSide = async (project: string): Promise<Side> => {
  const persistTo = mkdtempSync(join(tmpdir(), "vxdata-compare-"));
  const environment = { ADMIN_EMAIL: ADMIN.email, ADMIN_PASSWORD: ADMIN.password };
  const port = await freePort();
  const options = { project, port, persistTo, environment, cronSeconds: NEVER_SECONDS };
  const server = await startServer(options);
  const { url } = server;
  const tokens = await prepare(url);
  return {
    url,
    send: async ({ operation, target, headers, body, sender }) => {
      const token = tokens[sender];
      return fetch(`${url}${target}`, {
        method: operation.method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
        redirect: "manual",
        ...(body === undefined ? {} : { body: Uint8Array.from(body) }),
      });
    },
    stop: async () => {
      await server.stop();
      rmSync(persistTo, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};
