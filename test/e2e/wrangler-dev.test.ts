import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseEnv } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../src/model/json.ts";
import { killTree } from "../../scripts/support/process-tree.ts";
import { freePort } from "../../scripts/support/server-process.ts";
import { wranglerEnvironment } from "../../scripts/support/wrangler.ts";
import { copyProject, removeProject } from "../support/servers/clone.ts";

/** A copy of the project as `git clone` makes it, with the packages of this one. */
const project = copyProject();
let port: number;
let server: ChildProcess;

beforeAll(async () => {
  port = await freePort();
});

afterAll(async () => {
  if (server.pid !== undefined) await killTree(server.pid);
  await removeProject(project);
});

const startWrangler = (): void => {
  const words = ["dev", "--port", String(port), "--inspector-port", "0"];
  server = spawn(join(project, "node_modules/.bin/wrangler"), words, {
    cwd: project,
    detached: true,
    env: wranglerEnvironment(),
    stdio: "ignore",
  });
};

const fetchWhenUp = async (path: string): Promise<Response> => {
  const deadline = Date.now() + 90_000;
  for (;;) {
    try {
      return await fetch(`http://localhost:${port}${path}`);
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(200);
    }
  }
};

const call = async (path: string, body: JsonObject, token: string): Promise<JsonObject> => {
  const response = await fetch(`http://localhost:${port}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return JSON.parse(text) as JsonObject;
};

const login = async (): Promise<string> => {
  const { ADMIN_EMAIL = "", ADMIN_PASSWORD = "" } = parseEnv(
    readFileSync(join(project, ".dev.vars"), "utf8"),
  );
  const body = new URLSearchParams({ username: ADMIN_EMAIL, password: ADMIN_PASSWORD });
  const response = await fetch(`http://localhost:${port}/auth/jwt/login`, { method: "POST", body });
  const answer: unknown = await response.json();
  return (answer as { readonly access_token: string }).access_token;
};

test("wrangler dev without settings responds with the command that creates them", async () => {
  startWrangler();
  const response = await fetchWhenUp("/health");
  expect(response.status).toBe(503);
  expect(await response.text()).toMatch(/SIGNING_KEYS is missing.*`npm run setup`/);
  if (server.pid !== undefined) await killTree(server.pid);
});

test("wrangler dev after npm run setup serves the product on any port", async () => {
  const setup = spawnSync(process.execPath, ["scripts/setup.ts"], {
    cwd: project,
    encoding: "utf8",
  });
  expect(setup.status, setup.stderr).toBe(0);
  startWrangler();
  expect((await fetchWhenUp("/health")).status).toBe(200);
  expect((await fetchWhenUp("/docs/")).status).toBe(200);
  const token = await login();
  const bytes = "ten bytes!";
  const upload = { direction: "upload", filename: "note.txt", group: "dev" };
  const signed = await call("/s3/presign", upload, token);
  expect(new URL(String(signed["url"])).port).toBe(String(port));
  const { "content-length": _, ...headers } = signed["headers"] as Record<string, string>;
  const put = await fetch(String(signed["url"]), { method: "PUT", headers, body: bytes });
  expect(put.status).toBe(200);
  const download = { direction: "download", path: String(signed["path"]) };
  const { url } = await call("/s3/presign", download, token);
  expect(await (await fetch(String(url))).text()).toBe(bytes);
  const found = await call("/query", { limit: 1 }, token);
  expect(found["results"]).toEqual([]);
});
