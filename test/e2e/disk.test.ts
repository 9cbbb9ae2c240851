import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { NewResource } from "../../src/client/index.ts";
import { CLONE, killServed, removeWork, run, serve, WORK } from "../support/servers/installed.ts";

/** The server's disk: a small file system in memory. Only root may create one. */
const disk = join(WORK, "disk");

const mount = (...words: readonly string[]): boolean =>
  spawnSync("mount", [...words, disk]).status === 0;

mkdirSync(disk);
const isMounted = mount("-t", "tmpfs", "-o", "size=12m", "tmpfs");

afterAll(async () => {
  await killServed();
  if (isMounted) spawnSync("umount", [disk]);
  removeWork();
});

const ONCE = { retries: { attempts: 1 }, timeoutMs: 60_000 } as const;

const large = (at: number): NewResource => ({
  identifier: `disk/${at}`,
  payload_type: "datasource",
  name: "Large",
  description: "z".repeat(20_000),
});

describe.runIf(isMounted)("a server on a disk", () => {
  const folder = join(disk, "data");

  test("that is full answers writes with 503, loses nothing acknowledged, and recovers", async () => {
    const server = await serve(CLONE, folder, [], { RATE_LIMIT: "none" });
    const client = server.client();
    const acknowledged: string[] = [];
    const statuses: number[] = [];
    for (let at = 0; at < 1_000 && statuses.length < 5; at += 1) {
      try {
        await client.create([large(at)], ONCE);
        acknowledged.push(`disk/${at}`);
      } catch (error) {
        statuses.push((error as { readonly status: number }).status);
      }
    }
    expect(statuses).toEqual([503, 503, 503, 503, 503]);
    expect(acknowledged.length).toBeGreaterThan(10);
    // A full disk can still be read, so the service is ready for reads.
    expect([200, 503]).toContain((await fetch(`${server.url}/ready`)).status);
    expect(server.log().join("\n")).toContain("disk is full");
    expect(mount("-o", "remount,size=64m")).toBe(true);
    await client.create([large(5_000)], ONCE);
    expect((await fetch(`${server.url}/ready`)).status).toBe(200);
    const found = await client.read(acknowledged);
    expect(found.map(({ identifier }) => identifier)).toEqual(acknowledged);
    expect(await server.stop()).toBe(0);
    expect(run(CLONE, ["check", "--data", folder]).stdout).toMatch(/^sound: /);
  });

  test("that is read-only does not start, and names the file", async () => {
    // A file open for writing would keep the disk writable.
    await killServed();
    expect(mount("-o", "remount,ro")).toBe(true);
    const words = ["serve", "--data", folder, "--listen", "127.0.0.1:0"];
    const refused = run(CLONE, words);
    expect([refused.status, refused.stderr.includes(folder)], refused.stderr).toEqual([2, true]);
    const backup = run(CLONE, ["backup", join(disk, "backup.tar"), "--data", folder]);
    expect([backup.status, backup.stderr.includes(disk)], backup.stderr).toEqual([2, true]);
  });
});
