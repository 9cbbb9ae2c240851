import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { processTree } from "../../scripts/support/process-tree.ts";
import {
  copyProject,
  isRunning,
  plainEnvironment,
  removeProject,
  startIn,
  type Started,
  waitUntil,
} from "../support/servers/clone.ts";

/** A copy of the project without settings and without data. */
const project = copyProject();

afterAll(() => removeProject(project));

const start = (
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Started> => startIn(project, command, environment);

const DEV_VARS = () => join(project, ".dev.vars");
const NODE_START = [process.execPath, "scripts/start.ts"];
const NPM_START = ["npm", "start", "--silent", "--"];

const login = async (url: string, username: string, password: string): Promise<number> => {
  const body = new URLSearchParams({ username, password });
  return (await fetch(`${url}/auth/jwt/login`, { method: "POST", body })).status;
};

describe("the first start", () => {
  let server: Started;
  beforeAll(async () => {
    server = await start(NPM_START);
  });

  test("writes new secrets readable only by their owner, and says so", async () => {
    expect(statSync(DEV_VARS()).mode & 0o777).toBe(0o600);
    const settings = parseEnv(readFileSync(DEV_VARS(), "utf8"));
    expect(settings["ADMIN_PASSWORD"]?.length).toBeGreaterThanOrEqual(16);
    expect(server.output()).toContain(DEV_VARS());
    expect(server.output()).not.toContain(settings["ADMIN_PASSWORD"]);
    const { ADMIN_EMAIL = "", ADMIN_PASSWORD = "" } = settings;
    expect(await login(server.url, ADMIN_EMAIL, ADMIN_PASSWORD)).toBe(200);
    expect(await login(server.url, ADMIN_EMAIL, `${ADMIN_PASSWORD}x`)).toBe(400);
  });

  test("prints the addresses of the API and the docs, and where the admin's password is", () => {
    const output = server.output();
    expect(output).toContain(server.url);
    expect(output).toContain(`${server.url}/docs`);
    expect(output).toMatch(/password/i);
  });

  test("serves health and the OpenAPI document, and 404 for other paths", async () => {
    expect(await (await fetch(`${server.url}/health`)).json()).toEqual({ status: "ok" });
    expect((await fetch(`${server.url}/openapi.json`)).status).toBe(200);
    expect((await fetch(`${server.url}/nowhere`)).status).toBe(404);
    expect((await fetch(`${server.url}/.dev.vars`)).status).toBe(404);
  });

  test("serves a documentation page without external resources", async () => {
    const page = await fetch(`${server.url}/docs`);
    expect([page.status, page.url]).toEqual([200, `${server.url}/docs/`]);
    const html = await page.text();
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = ""]) => link);
    expect(links.length).toBeGreaterThan(2);
    expect(links.filter((link) => /^(?:[a-z]+:)?\/\//i.test(link))).toEqual([]);
    for (const link of links) {
      const answer = await fetch(new URL(link, page.url));
      expect((await answer.arrayBuffer()).byteLength, link).toBeGreaterThan(0);
      expect(answer.status, link).toBe(200);
    }
    expect(page.headers.get("content-security-policy")).toMatch(/default-src 'none'/);
  });

  test("listens only on this machine", async () => {
    const { port } = new URL(server.url);
    const outer = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === "IPv4");
    for (const { address } of outer) {
      const socket = connect({ host: address, port: Number(port), timeout: 2_000 });
      const event = await Promise.race([
        once(socket, "connect").then(() => "connected"),
        once(socket, "timeout").then(() => "silent"),
        once(socket, "error").then(
          () => "refused",
          () => "refused",
        ),
      ]).catch(() => "refused");
      socket.destroy();
      expect(event, address).not.toBe("connected");
    }
  });

  test("ends all its processes at Ctrl-C", { timeout: 60_000 }, async () => {
    const tree = processTree(server.pid);
    expect(tree.length).toBeGreaterThan(2);
    // A terminal sends it to the whole group in the foreground.
    process.kill(-server.pid, "SIGINT");
    await waitUntil("the end", 20, () => !tree.some(isRunning));
    await expect(fetch(`${server.url}/health`)).rejects.toThrow("fetch failed");
  });
});

describe("a later start", () => {
  test("keeps the secrets and the data", { timeout: 240_000 }, async () => {
    const before = readFileSync(DEV_VARS(), "utf8");
    const { ADMIN_EMAIL = "", ADMIN_PASSWORD = "" } = parseEnv(before);
    const server = await start(NODE_START);
    expect(readFileSync(DEV_VARS(), "utf8")).toBe(before);
    expect(server.output()).not.toContain("fresh secrets");
    expect(await login(server.url, ADMIN_EMAIL, ADMIN_PASSWORD)).toBe(200);
    const tree = processTree(server.pid);
    process.kill(server.pid, "SIGTERM");
    await waitUntil("the end", 20, () => !tree.some(isRunning));
    expect(server.child.exitCode).toBe(0);
  });

  test("accepts another first admin from the environment", { timeout: 240_000 }, async () => {
    const before = readFileSync(DEV_VARS(), "utf8");
    const admin = { ADMIN_EMAIL: "other@example.org", ADMIN_PASSWORD: "quite another $pass 'word" };
    const folder = join(project, "elsewhere");
    const server = await start([...NODE_START, "--persist-to", folder], admin);
    expect(await login(server.url, admin.ADMIN_EMAIL, admin.ADMIN_PASSWORD)).toBe(200);
    expect(server.output()).not.toContain(admin.ADMIN_PASSWORD);
    expect(readFileSync(DEV_VARS(), "utf8")).toBe(before);
    const tree = processTree(server.pid);
    process.kill(server.pid, "SIGINT");
    await waitUntil("the end", 20, () => !tree.some(isRunning));
  });

  test("fails on a port that is taken, and leaves no process running", async () => {
    const holder = spawn(process.execPath, [
      "-e",
      "require('net').createServer().listen(0,'127.0.0.1',function(){console.log(this.address().port)})",
    ]);
    try {
      const [bytes] = (await once(holder.stdout, "data")) as [Buffer];
      const port = bytes.toString().trim();
      const [program = "", ...words] = NODE_START;
      const { status, stderr } = spawnSync(program, [...words, "--port", port], {
        cwd: project,
        encoding: "utf8",
        env: plainEnvironment(project),
        timeout: 60_000,
      });
      expect(status).toBe(1);
      expect(stderr).toContain(`Port ${port}`);
    } finally {
      holder.kill();
    }
  });
});

test.each([
  "scripts/start.ts",
  "scripts/serve.ts",
  "scripts/crash.ts",
  "scripts/demo.ts",
  "scripts/soak.ts",
  "src/cli/vxdata.ts",
  "scripts/build.ts",
  "scripts/client-types.ts",
  "scripts/verify.ts",
])("%s prints its help with --help", (name) => {
  const script = join(project, name);
  const run = spawnSync(process.execPath, [script, "--help"], { cwd: project, encoding: "utf8" });
  expect(run.status, run.stderr).toBe(0);
  expect(run.stdout).toMatch(/npm (start|run)|Usage: vxdata/);
  expect(run.stderr).toBe("");
});
