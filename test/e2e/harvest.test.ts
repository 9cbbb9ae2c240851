import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import xxhash from "xxhash-wasm";
import { COMMANDS } from "../../src/cli/commands.ts";
import { main } from "../../src/cli/main.ts";
import { createClient } from "../../src/client/index.ts";
import type { Json, JsonObject } from "../../src/model/json.ts";
import { presign } from "../../src/objects/presign.ts";
import { adminToken, openTestServer, type TestServer } from "../support/servers/server.ts";

const ROOT = join(import.meta.dirname, "../..");

let server: TestServer;
let token: string;
let credentials: { readonly key: string; readonly secret: string };
const folder = mkdtempSync(join(tmpdir(), "vxdata-e2e-harvest-"));

beforeAll(async () => {
  server = await openTestServer();
  token = await adminToken(server.url);
  const policies = [{ payload_types: ["*"], actions: ["harvest"] }];
  credentials = (await succeed("POST", "/admin/api-keys", { policies })) as never;
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const succeed = async (method: string, path: string, body?: Json): Promise<JsonObject> => {
  const response = await fetch(server.url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text) as JsonObject;
};

const list = async (path: string): Promise<readonly JsonObject[]> =>
  (await succeed("GET", path)) as unknown as readonly JsonObject[];

/** Writes files into a folder, by path. */
const fill = (name: string, count: number, bytes: number): ReadonlyMap<string, Uint8Array> => {
  const files = new Map<string, Uint8Array>([["empty file.txt", new Uint8Array()]]);
  for (let at = 1; at < count; at += 1) {
    files.set(`2026${at % 3}/Ä scan ${at % 7}/fid_${at}`, randomBytes(bytes + at));
  }
  for (const [path, content] of files) {
    const target = join(folder, name, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
  return files;
};

/** An instrument with a schedule into our bucket, or into a folder; returns their ids. */
const make = async (name: string, posix?: string) => {
  const config = { bucket: "vxdata", region: "auto", access_key_id: "k", secret_access_key: "s" };
  const place: JsonObject =
    posix === undefined
      ? { type: "s3", base_path: "/harvest", connection_config: config }
      : { type: "posix", base_path: posix };
  const instrument = await succeed("POST", "/api/instruments", {
    name,
    cifs_host: "h",
    cifs_share: "s",
  });
  const location = await succeed("POST", "/api/storage-locations", { name, ...place });
  const schedule = await succeed("POST", "/api/schedules", {
    instrument_id: instrument["id"] ?? null,
    default_storage_location_id: location["id"] ?? null,
    cron_expression: "0 0 1 1 *",
  });
  return { instrument: String(instrument["id"]), schedule: String(schedule["id"]) };
};

const start = (name: string): ChildProcess =>
  spawn(
    process.execPath,
    ["scripts/agent.ts", "--url", server.url, "--mount", join(folder, name)],
    {
      cwd: ROOT,
      stdio: "ignore",
      env: { ...process.env, VXDATA_KEY: credentials.key, VXDATA_SECRET: credentials.secret },
    },
  );

const ended = async (agent: ChildProcess): Promise<unknown> =>
  agent.exitCode ?? agent.signalCode ?? (await once(agent, "exit"))[0];

const harvest = async (name: string, schedule: string): Promise<void> => {
  await succeed("POST", `/api/schedules/${schedule}/trigger`);
  expect(await ended(start(name))).toBe(0);
};

const hashOf = async (content: Uint8Array): Promise<string> => {
  return (await xxhash()).h64Raw(content).toString(16).padStart(16, "0");
};

/** The bytes at a destination in our bucket. */
const stored = async (destination: unknown): Promise<Uint8Array> => {
  const access = {
    endpoint: `${server.url}/cdn-cgi/local/r2/s3`,
    bucket: "vxdata",
    accessKeyId: "local-key",
    secretAccessKey: "local-secret",
    region: "auto",
  };
  const key = String(destination).replace(/^\//, "");
  const url = await presign(access, { method: "GET", key, expiresIn: 60, now: new Date() });
  return new Uint8Array(await (await fetch(url)).arrayBuffer());
};

/**
 * Checks that every file is recorded once and copied once, and that digests are those of its bytes.
 */
const requireAll = async (
  instrument: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<readonly JsonObject[]> => {
  const records = await list(`/api/files?instrument_id=${instrument}`);
  expect(records.map((each) => String(each["source_path"])).toSorted()).toEqual(
    [...files.keys()].toSorted(),
  );
  const all = await list("/api/transfers");
  const own = all.filter((each) => records.some(({ id }) => id === each["file_id"]));
  expect(own).toHaveLength(files.size);
  for (const record of records) {
    const content = files.get(String(record["source_path"])) ?? new Uint8Array();
    const hash = await hashOf(content);
    expect(record).toMatchObject({ xxhash: hash, size_bytes: content.length });
    expect(own.find((each) => each["file_id"] === record["id"])).toMatchObject({
      status: "completed",
      bytes_transferred: content.length,
      source_checksum: hash,
      dest_checksum: hash,
      checksum_verified: true,
    });
  }
  return own;
};

test("a folder is harvested into the bucket byte for byte, and a second run finds nothing new", async () => {
  const files = fill("bucket", 30, 2_000);
  const { instrument, schedule } = await make("Bucket MR");
  await harvest("bucket", schedule);
  const transfers = await requireAll(instrument, files);
  const records = await list(`/api/files?instrument_id=${instrument}`);
  for (const { id, source_path: path } of records.slice(0, 8)) {
    const transfer = transfers.find((each) => each["file_id"] === id);
    expect(transfer?.["destination_path"]).toBe(`/harvest/Bucket MR/${String(path)}`);
    const bytes = await stored(transfer?.["destination_path"]);
    expect(Buffer.compare(bytes, files.get(String(path)) ?? new Uint8Array([1]))).toBe(0);
  }
  await harvest("bucket", schedule);
  expect(await requireAll(instrument, files)).toEqual(transfers);
  expect(await succeed("GET", `/api/instruments/${instrument}`)).not.toMatchObject({
    last_harvested_at: null,
  });
});

test("an agent that is killed and started again completes the rest", async () => {
  const files = fill("killed", 120, 60_000);
  const { instrument, schedule } = await make("Killed MR");
  await succeed("POST", `/api/schedules/${schedule}/trigger`);
  const agent = start("killed");
  const completed = async (): Promise<number> => {
    const records = await list(`/api/files?instrument_id=${instrument}`);
    return records.filter(({ xxhash: hash }) => hash !== null).length;
  };
  while ((await completed()) === 0 && agent.exitCode === null) await sleep(20);
  agent.kill("SIGKILL");
  await ended(agent);
  const before = await completed();
  expect(before).toBeGreaterThan(0);
  expect(before).toBeLessThan(files.size);
  expect(await ended(start("killed"))).toBe(0);
  await requireAll(instrument, files);
});

test("two concurrent agents copy nothing twice", async () => {
  const files = fill("twins", 80, 20_000);
  const { instrument, schedule } = await make("Twin MR", join(folder, "archive"));
  for (let run = 1; run <= 2; run += 1) await succeed("POST", `/api/schedules/${schedule}/trigger`);
  const agents = [start("twins"), start("twins")];
  expect(await Promise.all(agents.map(ended))).toEqual([0, 0]);
  const transfers = await requireAll(instrument, files);
  for (const { destination_path: path, file_id: file } of transfers) {
    const history = await succeed("POST", "/resources/history", { identifier: String(file) });
    // Found, and copied: no third version.
    expect(history as unknown as readonly unknown[]).toHaveLength(2);
    const source = String(path).replace(`${join(folder, "archive")}/Twin MR/`, "");
    expect(
      Buffer.compare(readFileSync(String(path)), files.get(source) ?? new Uint8Array([1])),
    ).toBe(0);
  }
});

/** An account with the role user, and its token. */
const readerOf = async (email: string): Promise<{ id: string; token: string }> => {
  const password = "correct horse battery";
  const account = await succeed("POST", "/auth/register", { email, password });
  const response = await fetch(`${server.url}/auth/jwt/login`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ username: email, password }).toString(),
  });
  const answer = JSON.parse(await response.text()) as { readonly access_token: string };
  return { id: String(account["id"]), token: answer.access_token };
};

/** Runs `vxdata download` with a token. */
const downloadBy = async (bearer: string, id: string, to: string): Promise<number> =>
  main(COMMANDS, ["download", "--url", server.url, "-o", to, id], {
    environment: { VXDATA_CONFIG_DIR: join(folder, "config"), VXDATA_TOKEN: bearer },
    stdin: Readable.from([]),
    stdout: { write: () => true },
    stderr: { write: () => true },
    signal: new AbortController().signal,
    version: "0.0.0",
  });

test("an upload URL works once, and readers of the file can download it with its digest checked", async () => {
  const { schedule } = await make("Once MR");
  await succeed("POST", `/api/schedules/${schedule}/trigger`);
  const run = String((await succeed("POST", "/api/harvest/runs/claim", {}))["id"]);
  const entries = [{ source_path: "scan/1.dcm", size_bytes: 5 }];
  const found = await succeed("POST", `/api/harvest/runs/${run}/discovered`, { entries });
  const [item = {}] = found["items"] as readonly JsonObject[];
  const put = async (body: string, headers: unknown = item["upload_headers"]): Promise<number> =>
    (await fetch(String(item["upload_url"]), { method: "PUT", body, headers: headers as never }))
      .status;
  expect(await put("hello")).toBe(200);
  expect(await put("jello")).toBe(412);
  const hash = await hashOf(new TextEncoder().encode("hello"));
  const items = [{ file_id: item["file_id"] ?? null, status: "completed", source_checksum: hash }];
  await succeed("POST", `/api/harvest/runs/${run}/transfers`, { items });
  await succeed("POST", `/api/harvest/runs/${run}/finish`, {});
  const file = String(item["file_id"]);
  const transfers = await list(`/api/transfers?file_id=${file}`);
  expect(transfers).toMatchObject([{ status: "completed", checksum_verified: true }]);
  // A complete object cannot be written again with the URL, nor without the condition.
  expect(await put("jello")).toBe(412);
  expect(await put("jello", { "content-type": "application/octet-stream" })).toBe(403);

  const reader = await readerOf("once@example.org");
  const to = join(folder, "downloads");
  mkdirSync(to);
  expect(await downloadBy(reader.token, file, to)).toBe(5);
  const access = `/api/files/${file}/access`;
  await succeed("POST", access, { grantee_type: "user", grantee_id: reader.id });
  expect(await downloadBy(reader.token, file, to)).toBe(0);
  expect(readFileSync(join(to, "1.dcm"), "utf8")).toBe("hello");
  const client = createClient({ url: server.url, token: reader.token });
  const resource = (await client.get(file)) as { readonly s3_path?: string } | undefined;
  const stream = await client.download(resource?.s3_path ?? "");
  expect(await new Response(stream).text()).toBe("hello");
});

test("an upload whose response was lost is confirmed by the server", async () => {
  const files = fill("unnoticed", 2, 500);
  const { instrument, schedule } = await make("Unnoticed MR");
  const access = {
    endpoint: `${server.url}/cdn-cgi/local/r2/s3`,
    bucket: "vxdata",
    accessKeyId: "local-key",
    secretAccessKey: "local-secret",
    region: "auto",
  };
  for (const [path, body] of files) {
    const key = `harvest/Unnoticed MR/${path}`;
    const url = await presign(access, { method: "PUT", key, expiresIn: 60, now: new Date() });
    expect((await fetch(url, { method: "PUT", body: body as never })).status).toBe(200);
  }
  await harvest("unnoticed", schedule);
  await requireAll(instrument, files);
});
