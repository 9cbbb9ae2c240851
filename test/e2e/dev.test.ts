// A server that takes what is saved, in copies of the project.
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { processTree } from "../../scripts/support/process-tree.ts";
import { databaseFile } from "../../src/server/layout.ts";
import {
  copyProject,
  isRunning,
  removeProject,
  startIn,
  type Started,
  waitUntil,
} from "../support/clone.ts";

const project = copyProject();
const state = join(project, "state");
const ADMIN = { ADMIN_EMAIL: "admin@example.org", ADMIN_PASSWORD: "a long password of tests" };
const APP = join(project, "src/app.ts");
const GOOD = readFileSync(APP, "utf8");

let server: Started;

/** As editors save: in another file first, which then takes the name. */
const save = (path: string, text: string): void => {
  writeFileSync(`${path}~`, text);
  renameSync(`${path}~`, path);
};

const saveVersion = (version: string): void =>
  save(APP, GOOD.replace(/^const VERSION = .*$/m, `const VERSION = "${version}";`));

/** The version that a server names; undefined while nobody answers. */
const versionAt = async (url: string): Promise<string | undefined> => {
  try {
    const response = await fetch(`${url}/openapi.json`);
    const body = (await response.json()) as { readonly info: { readonly version: string } };
    return body.info.version;
  } catch {
    return undefined;
  }
};

const untilVersion = (version: string): Promise<void> =>
  waitUntil(`version ${version}`, 60, async () => (await versionAt(server.url)) === version);

const untilPrinted = (text: string, after = 0): Promise<void> =>
  waitUntil(`"${text}"`, 60, () => server.output().slice(after).includes(text));

const tokenAt = async (url: string): Promise<string> => {
  const body = new URLSearchParams({
    username: ADMIN.ADMIN_EMAIL,
    password: ADMIN.ADMIN_PASSWORD,
  });
  const response = await fetch(`${url}/auth/jwt/login`, { method: "POST", body });
  return ((await response.json()) as { readonly access_token: string }).access_token;
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
  expect((await call(server.url, token, "/resources/create", { resources })).status).toBe(200);
});

afterAll(() => removeProject(project));

const reads = (url: string, bearer = token): Promise<Response> =>
  call(url, bearer, "/resources/read", { identifiers: ["kept"] });

describe("npm run dev", () => {
  test("answers anew after a save, at the same address, with the same data and tokens", async () => {
    saveVersion("1.0.0-saved");
    await untilVersion("1.0.0-saved");
    const answer = await reads(server.url);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject([{ identifier: "kept", version: 1 }]);
  });

  test("prints what is wrong with a save, and serves on what was there before", async () => {
    const before = server.output().length;
    save(APP, GOOD.replace("const VERSION", "const const VERSION"));
    await untilPrinted("The Worker stays as it was.", before);
    expect(server.output().slice(before)).toContain("src/app.ts:");
    expect(await versionAt(server.url)).toBe("1.0.0-saved");
    saveVersion("1.0.1-mended");
    await untilVersion("1.0.1-mended");
  });

  test("serves on what was there before when what is saved does not start", async () => {
    const before = server.output().length;
    save(APP, `${GOOD}\nthrow new Error("thrown at the start");\n`);
    await untilPrinted("What was there before serves on.", before);
    await untilVersion("1.0.1-mended");
    saveVersion("1.0.2-mended");
    await untilVersion("1.0.2-mended");
    expect((await reads(server.url)).status).toBe(200);
  });

  test("applies a new migration, and tells of one that fails", async () => {
    save(join(project, "migrations/9998_more.sql"), "CREATE TABLE saved_table (a INTEGER);");
    const made = (): boolean => {
      const database = new DatabaseSync(databaseFile(join(state, "v3")), { readOnly: true });
      try {
        return (
          database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'saved_table'").get() !==
          undefined
        );
      } finally {
        database.close();
      }
    };
    await waitUntil("the migration", 60, made);
    const bad = join(project, "migrations/9999_bad.sql");
    const before = server.output().length;
    save(bad, "CREATE TABEL nothing;");
    await untilPrinted("The migration 9999_bad.sql failed", before);
    await untilVersion("1.0.2-mended");
    rmSync(bad);
    await untilPrinted("reloaded", before);
    await untilVersion("1.0.2-mended");
  });

  test("serves a static file as it was saved", async () => {
    const before = server.output().length;
    save(join(project, "assets/docs/saved.txt"), "saved");
    await untilPrinted("reloaded", before);
    const text = async (): Promise<string> =>
      fetch(`${server.url}/docs/saved.txt`).then(
        (response) => response.text(),
        () => "",
      );
    await waitUntil("the file", 60, async () => (await text()) === "saved");
  });

  test("lets another server of the clone run beside it, and refuses one over its data", async () => {
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

  test("leaves nothing at Ctrl-C", async () => {
    const tree = processTree(server.pid);
    expect(tree.length).toBeGreaterThan(2);
    process.kill(-server.pid, "SIGINT");
    await waitUntil("the end", 20, () => !tree.some(isRunning));
  });
});
