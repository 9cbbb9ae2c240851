// A server that reloads saved files, in copies of the project.
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { processTree } from "../../scripts/support/process-tree.ts";
import { appliedMigrations } from "../../src/server/migrations.ts";
import {
  copyProject,
  isRunning,
  removeProject,
  startIn,
  type Started,
  waitUntil,
} from "../support/servers/clone.ts";

const project = copyProject();
const state = join(project, "state");
const ADMIN = { ADMIN_EMAIL: "admin@example.org", ADMIN_PASSWORD: "a long password of tests" };
const APP = join(project, "src/app.ts");
const GOOD = readFileSync(APP, "utf8");

let server: Started;

/** Saves like an editor: into another file, which is then renamed. */
const save = (path: string, text: string): void => {
  const draft = join(project, "draft");
  writeFileSync(draft, text);
  renameSync(draft, path);
};

const saveVersion = (version: string): void =>
  save(APP, GOOD.replace(/^export const VERSION = .*$/m, `export const VERSION = "${version}";`));

/** The version that a server returns; undefined while it does not respond. */
const versionAt = async (url: string): Promise<string | undefined> => {
  try {
    const response = await fetch(`${url}/openapi.json`);
    const body: unknown = await response.json();
    return (body as { readonly info: { readonly version: string } }).info.version;
  } catch {
    return undefined;
  }
};

const untilVersion = (version: string): Promise<void> =>
  waitUntil(`version ${version}`, 60, async () => (await versionAt(server.url)) === version);

/** Does something, and waits until the server prints the result. */
const untilPrinted = async (text: string, act: () => void): Promise<string> => {
  const before = server.output().length;
  act();
  const printed = (): string => server.output().slice(before);
  await waitUntil(`"${text}"`, 60, () => printed().includes(text));
  return printed();
};

const tokenAt = async (url: string): Promise<string> => {
  const body = new URLSearchParams({
    username: ADMIN.ADMIN_EMAIL,
    password: ADMIN.ADMIN_PASSWORD,
  });
  const response = await fetch(`${url}/auth/jwt/login`, { method: "POST", body });
  const answer: unknown = await response.json();
  return (answer as { readonly access_token: string }).access_token;
};

const call = (url: string, token: string, path: string, body: object): Promise<Response> =>
  fetch(`${url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });

const COMMAND = ["npm", "run", "dev", "--silent", "--"];

const startDev = (folder: string): Promise<Started> =>
  startIn(project, [...COMMAND, "--persist-to", folder], ADMIN);

let token = "";

beforeAll(async () => {
  server = await startDev(state);
  token = await tokenAt(server.url);
  const resources = [{ identifier: "kept", payload_type: "datasource", name: "kept" }];
  const created = await call(server.url, token, "/resources/create", { resources });
  if (!created.ok) throw new Error(await created.text());
});

afterAll(() => removeProject(project));

const reads = (url: string, bearer = token): Promise<Response> =>
  call(url, bearer, "/resources/read", { identifiers: ["kept"] });

describe("npm run dev", () => {
  test("restarts after a save, at the same address, with the same data and tokens", async () => {
    await untilPrinted("reloaded", () => saveVersion("1.0.0-saved"));
    expect(await versionAt(server.url)).toBe("1.0.0-saved");
    const answer = await reads(server.url);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject([{ identifier: "kept", version: 1 }]);
  });

  test("prints the errors of a save, and keeps serving the previous version", async () => {
    const printed = await untilPrinted("The Worker stays as it was.", () =>
      save(APP, GOOD.replace("const VERSION", "const const VERSION")),
    );
    expect(printed).toContain("src/app.ts:");
    expect(await versionAt(server.url)).toBe("1.0.0-saved");
    await untilPrinted("reloaded", () => saveVersion("1.0.1-mended"));
    expect(await versionAt(server.url)).toBe("1.0.1-mended");
  });

  test("keeps serving the previous version when the saved one does not start", async () => {
    await untilPrinted("What was there before serves on.", () =>
      save(APP, `${GOOD}\nthrow new Error("thrown at the start");\n`),
    );
    await untilVersion("1.0.1-mended");
    await untilPrinted("reloaded", () => saveVersion("1.0.2-mended"));
    expect(await versionAt(server.url)).toBe("1.0.2-mended");
    expect((await reads(server.url)).status).toBe(200);
  });

  test("applies a new migration, and reports one that fails", async () => {
    const migration = (name: string): string => join(project, "migrations", name);
    await untilPrinted("reloaded", () =>
      save(migration("9998_more.sql"), "CREATE TABLE saved_table (a INTEGER);"),
    );
    expect(appliedMigrations(join(state, "v3"))).toContain("9998_more.sql");
    await untilPrinted("The migration 9999_bad.sql failed", () =>
      save(migration("9999_bad.sql"), "CREATE TABEL nothing;"),
    );
    await untilVersion("1.0.2-mended");
    await untilPrinted("reloaded", () => rmSync(migration("9999_bad.sql")));
    expect(await versionAt(server.url)).toBe("1.0.2-mended");
  });

  test("serves a static file as saved", async () => {
    await untilPrinted("reloaded", () => save(join(project, "assets/docs/saved.txt"), "saved"));
    expect(await (await fetch(`${server.url}/docs/saved.txt`)).text()).toBe("saved");
  });

  test("permits a second server of the clone, and refuses one over the same data", async () => {
    const before = server.output();
    const other = await startDev(join(project, "other"));
    const found = await reads(other.url, await tokenAt(other.url));
    expect(await found.json()).toEqual([]);
    await expect(startDev(state)).rejects.toThrow("Another process uses this folder");
    const tree = processTree(other.pid);
    process.kill(-other.pid, "SIGINT");
    await waitUntil("the end", 20, () => !tree.some(isRunning));
    expect(server.output()).toBe(before);
    expect((await reads(server.url)).status).toBe(200);
  });

  test("leaves no process behind at Ctrl-C", async () => {
    const tree = processTree(server.pid);
    expect(tree.length).toBeGreaterThan(2);
    process.kill(-server.pid, "SIGINT");
    await waitUntil("the end", 20, () => !tree.some(isRunning));
  });
});
