/** OpenStack Swift with its S3 interface: a store that others wrote, on one loopback device. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AwsClient } from "aws4fetch";
import { freePort } from "../../scripts/support/server-process.ts";
import type { S3Access } from "../../src/objects/presign.ts";

/** Debian packages that it consists of. */
export const SWIFT_PACKAGES = [
  "memcached",
  "swift-account",
  "swift-container",
  "swift-object",
  "swift-proxy",
] as const;

const PROGRAMS = ["memcached", "swift-ring-builder", "swift-proxy-server"];

/** True when all of it is installed. */
export const hasSwift = (): boolean =>
  PROGRAMS.every((program) => spawnSync("which", [program]).status === 0);

/** A store that runs, with one empty bucket. */
export interface SwiftStore {
  readonly access: S3Access;
  readonly stop: () => Promise<void>;
}

const RINGS = ["account", "container", "object"] as const;

const KEY = { accessKeyId: "test:tester", secretAccessKey: "testing", region: "us-east-1" };

const FILTERS = [
  "catch_errors",
  "gatekeeper",
  "cache",
  "listing_formats",
  "s3api",
  "tempauth",
  "bulk",
  "slo",
  "dlo",
];

/** Settings of the filters that have some. */
const FILTER_SETTINGS: Readonly<Record<string, string>> = {
  s3api: `location = ${KEY.region}`,
  tempauth: `user_test_tester = ${KEY.secretAccessKey} .admin`,
};

const proxyConfig = (folder: string, port: number, memcachedPort: number): string => {
  const settings: Readonly<Record<string, string>> = {
    ...FILTER_SETTINGS,
    cache: `memcache_servers = 127.0.0.1:${memcachedPort}`,
  };
  const filters = FILTERS.map(
    (name) => `[filter:${name}]
use = egg:swift#${name === "cache" ? "memcache" : name}
${settings[name] ?? ""}`,
  );
  return `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
user = ${userInfo().username}
swift_dir = ${folder}
workers = 1
[pipeline:main]
pipeline = ${FILTERS.join(" ")} proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
${filters.join("\n")}
`;
};

const backendConfig = (folder: string, ring: string, port: number): string => `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
user = ${userInfo().username}
swift_dir = ${folder}
devices = ${join(folder, "devices")}
mount_check = false
workers = 1
[pipeline:main]
pipeline = ${ring}-server
[app:${ring}-server]
use = egg:swift#${ring}
recon_cache_path = ${folder}
`;

/** Runs a program to its end. @throws {Error} with its output when it fails. */
const runProgram = (program: string, args: readonly string[]): void => {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  // The ring builder ends with 1 after a warning.
  if (status === null || status > 1) throw new Error(`${program}: ${stdout}${stderr}`);
};

const makeRing = (folder: string, ring: string, port: number): void => {
  const builder = join(folder, `${ring}.builder`);
  runProgram("swift-ring-builder", [builder, "create", "4", "1", "1"]);
  runProgram("swift-ring-builder", [builder, "add", `r1z1-127.0.0.1:${port}/one`, "1"]);
  runProgram("swift-ring-builder", [builder, "rebalance"]);
};

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });

const START_SECONDS_MAX = 60;

const waitFor = async (ports: readonly number[]): Promise<void> => {
  const deadline = Date.now() + START_SECONDS_MAX * 1_000;
  for (const port of ports) {
    while (!(await isListening(port))) {
      if (Date.now() > deadline) throw new Error(`Swift does not listen on port ${port}.`);
      await sleep(100);
    }
  }
};

const makeBucket = async (access: S3Access): Promise<void> => {
  const client = new AwsClient({ ...KEY, service: "s3" });
  const response = await client.fetch(`${access.endpoint}/${access.bucket}`, { method: "PUT" });
  if (!response.ok) throw new Error(`Swift makes no bucket: ${await response.text()}`);
};

/** Each program leads a group of its own, since the servers start children. */
const start = (program: string, args: readonly string[]): ChildProcess =>
  spawn(program, args, { stdio: "ignore", detached: true });

const kill = (child: ChildProcess): void => {
  if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
};

/** Starts it over an empty folder. */
export const startSwift = async (): Promise<SwiftStore> => {
  const folder = mkdtempSync(join(tmpdir(), "vxdata-swift-"));
  mkdirSync(join(folder, "devices/one"), { recursive: true });
  const [port, memcachedPort] = [await freePort(), await freePort()];
  const ports = [port, memcachedPort];
  const children = [
    start("memcached", ["-l", "127.0.0.1", "-p", `${memcachedPort}`, "-u", "nobody"]),
  ];
  for (const ring of RINGS) {
    const backendPort = await freePort();
    ports.push(backendPort);
    makeRing(folder, ring, backendPort);
    const file = join(folder, `${ring}-server.conf`);
    writeFileSync(file, backendConfig(folder, ring, backendPort));
    children.push(start(`swift-${ring}-server`, [file]));
  }
  const file = join(folder, "proxy-server.conf");
  writeFileSync(file, proxyConfig(folder, port, memcachedPort));
  children.push(start("swift-proxy-server", [file]));
  const stop = async (): Promise<void> => {
    for (const child of children) kill(child);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await waitFor(ports);
    const access = { ...KEY, endpoint: `http://127.0.0.1:${port}`, bucket: "contract" };
    await makeBucket(access);
    return { access, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
