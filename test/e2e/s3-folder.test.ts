// The folder of a server whose objects are in an S3 store: starting, backups, and moving there.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { S3Access } from "../../src/objects/presign.ts";
import { type S3Server, startS3 } from "../support/servers/s3.ts";
import {
  downloaded,
  refusal,
  runStore,
  serveStore,
  settingsOf,
  uploadTo,
} from "../support/servers/s3-backed.ts";
import {
  CLONE,
  killServed,
  removeWork,
  runBeside,
  serve,
  type Served,
  WORK,
} from "../support/servers/installed.ts";

const folder = join(WORK, "data");
const restoredFolder = join(WORK, "restored");
const file = join(WORK, "backup.tar");
/** More than a piece of a restored object, and than two that are uploaded. */
const LARGE = new Uint8Array(17 * 1024 * 1024).fill(7);

let store: S3Server;
let other: S3Server;
let server: Served;

beforeAll(async () => {
  [store, other] = [await startS3(), await startS3()];
  server = await serveStore(folder, store.access);
  await uploadTo(server, "before.txt", new Blob(["before"]));
  await uploadTo(server, "Röntgen a+b 🩻.txt", new Blob(["in the middle"]));
  await uploadTo(server, "large.bin", new Blob([LARGE]));
  await server.client().create([{ identifier: "one", payload_type: "datasource", name: "One" }]);
  await (await server.client().export({ payload_type: "datasource" }, { format: "csv" })).cancel();
}, 240_000);

afterAll(async () => {
  await killServed();
  await Promise.all([store.close(), other.close()]);
  removeWork();
});

describe("a server does not start", () => {
  const elsewhere = join(WORK, "elsewhere");

  test.for<readonly [string, Partial<S3Access>, RegExp]>([
    ["with a wrong secret", { secretAccessKey: "a-wrong-secret" }, /403 .*S3_SECRET_ACCESS_KEY/],
    ["with a wrong key", { accessKeyId: "a-wrong-key" }, /403 .*S3_ACCESS_KEY_ID/],
    ["with a wrong region", { region: "eu-central-1" }, /403 .*S3_REGION/],
    ["without the bucket", { bucket: "nowhere" }, /nowhere.*NoSuchBucket.*Make the bucket/],
    ["without the store", { endpoint: "http://127.0.0.1:1" }, /127\.0\.0\.1:1.*cannot be reached/],
    ["in the clear", { endpoint: "http://store.example.org" }, /S3_ENDPOINT must be an https/],
  ])("%s", async ([, wrong, reason]) => {
    const said = await refusal(elsewhere, settingsOf({ ...store.access, ...wrong }));
    expect(said).toMatch(reason);
    expect(said).not.toMatch(/secret(?!s)/);
    expect(existsSync(join(elsewhere, "v3"))).toBe(false);
  });

  test("with a store that lets an upload replace an object", async () => {
    other.knowsConditions = false;
    expect(await refusal(elsewhere, settingsOf(other.access))).toContain("If-None-Match");
    other.knowsConditions = true;
  });

  test("with the bucket of another folder, or without its own", async () => {
    const settings = settingsOf(store.access);
    expect(await refusal(elsewhere, settings)).toContain("belongs to another server's folder");
    expect(existsSync(join(elsewhere, "store.json"))).toBe(false);
    expect(await server.stop()).toBe(0);
    expect(await refusal(folder, {})).toMatch(/lie in .* are not in/);
    expect(await refusal(folder, settingsOf(other.access))).toMatch(/lie in .* are not in/);
    server = await serveStore(folder, store.access);
  });
});

describe("a backup", () => {
  interface Report {
    readonly files: number;
    readonly transaction: number;
  }
  const faultsOf = async (data: string, access: S3Access): Promise<readonly string[]> => {
    const checked = await runStore(data, access, "check");
    return (JSON.parse(checked.stdout) as { readonly faults: readonly string[] }).faults;
  };

  test("contains every object, also over an unreliable network, and can be restored elsewhere", async () => {
    store.pageSize = 3;
    const cut = (request: string): boolean => request.startsWith("GET object e2e/");
    store.fail([{ kind: "cut" }, { kind: "cut" }], cut);
    const made = await runStore(folder, store.access, "backup", file);
    expect([made.status, made.stderr]).toEqual([0, ""]);
    const { files } = JSON.parse(made.stdout) as Report;
    const keys = [...store.objects.keys()].filter((key) => !key.startsWith("_vxdata/"));
    expect(files).toBe(keys.length + 1);
    expect(await faultsOf(folder, store.access)).toEqual([]);
    const restored = await runStore(restoredFolder, other.access, "restore", file);
    expect([restored.status, restored.stderr]).toEqual([0, ""]);
    for (const key of keys) {
      const [from, to] = [store.objects.get(key), other.objects.get(key)];
      const headers = { "content-type": "binary/octet-stream", ...from?.headers };
      expect([key, to?.headers]).toEqual([key, headers]);
      expect([key, to?.bytes.equals(from?.bytes ?? Buffer.of())]).toEqual([key, true]);
    }
    writeFileSync(
      join(restoredFolder, "settings.env"),
      readFileSync(join(folder, "settings.env")),
      { mode: 0o600 },
    );
    expect(await faultsOf(restoredFolder, other.access)).toEqual([]);
    const copy = await serveStore(restoredFolder, other.access);
    const [path = ""] = keys.filter((key) => key.endsWith("before.txt"));
    expect(await downloaded(copy, path)).toBe("before");
    expect(await copy.stop()).toBe(0);
  });

  test("with a changed byte, or without its store's settings, restores nothing", async () => {
    const nothing = join(WORK, "nothing");
    const third = await startS3();
    const without = await runBeside(CLONE, ["restore", file, "--data", nothing]);
    expect([without.status, without.stderr]).toEqual([2, expect.stringContaining("S3_ENDPOINT")]);
    const bytes = readFileSync(file);
    bytes.write("IN THE", bytes.indexOf("in the middle"), "latin1");
    const damaged = join(WORK, "damaged.tar");
    writeFileSync(damaged, bytes);
    const refused = await runStore(nothing, third.access, "restore", damaged);
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringMatching(/objects\/\d/)]);
    third.fail(
      Array.from({ length: 20 }, () => ({ kind: "status", status: 500, code: "" }) as const),
      (request) => request.endsWith("before.txt"),
    );
    expect((await runStore(nothing, third.access, "restore", file)).status).toBe(2);
    expect(existsSync(nothing)).toBe(false);
    third.fail([]);
    const again = await runStore(nothing, third.access, "restore", file);
    expect([again.status, again.stderr]).toEqual([0, ""]);
    await third.close();
  });

  test("is not restored over other objects, nor into the bucket of another folder", async () => {
    const taken = await runStore(join(WORK, "second"), other.access, "restore", file);
    expect(taken.stderr).toContain("belongs to another server's folder");
    const third = await startS3();
    const key = [...store.objects.keys()].find((each) => each.endsWith("before.txt")) ?? "";
    const existing = { bytes: Buffer.from("behind"), etag: '"other"', headers: {} };
    third.objects.set(key, existing);
    const refused = await runStore(join(WORK, "second"), third.access, "restore", file);
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining(key)]);
    expect([...third.objects]).toEqual([[key, existing]]);
    await third.close();
  });

  test("is verified by `check`, which reads every object", async () => {
    const key = [...other.objects.keys()].find((each) => each.endsWith("before.txt")) ?? "";
    const whole = other.objects.get(key);
    const bytes = Buffer.from("beforE");
    other.objects.set(key, { bytes, etag: '"x"', headers: {} });
    expect(await faultsOf(restoredFolder, other.access)).toEqual([
      `${key}: its digest is not the one in the database`,
    ]);
    other.objects.set(key, { bytes: Buffer.from("befor"), etag: '"x"', headers: {} });
    expect(await faultsOf(restoredFolder, other.access)).toEqual([
      `${key}: it has 5 bytes; the database says 6`,
    ]);
    other.objects.delete(key);
    expect(await faultsOf(restoredFolder, other.access)).toEqual([
      expect.stringMatching(/before\.txt: the database names it, and it is not in the bucket/),
    ]);
    const lost = await runStore(restoredFolder, other.access, "backup", join(WORK, "lost.tar"));
    expect([lost.status, existsSync(join(WORK, "lost.tar"))]).toEqual([2, false]);
    if (whole !== undefined) other.objects.set(key, whole);
    const nowhere = { ...other.access, secretAccessKey: "a-wrong-secret" };
    const checked = await runStore(restoredFolder, nowhere, "check");
    expect([checked.status, checked.stderr]).toEqual([2, expect.stringContaining("403")]);
  });
});

test("a folder moves to an S3 store when all its objects are there", async () => {
  const local = join(WORK, "local");
  const third = await startS3();
  const first = await serve(CLONE, local);
  const path = await uploadTo(first, "moved.txt", new Blob(["moved"]));
  expect(await first.stop()).toBe(0);
  expect(await refusal(local, settingsOf(third.access))).toContain(path);
  third.objects.set(path, { bytes: Buffer.from("moved"), etag: '"moved"', headers: {} });
  const renamed = await refusal(local, settingsOf({ ...third.access, bucket: "other" }));
  expect(renamed).toContain("NoSuchBucket");
  const moved = await serveStore(local, third.access);
  expect(await downloaded(moved, path)).toBe("moved");
  expect(await moved.stop()).toBe(0);
  rmSync(join(local, "v3/r2"), { recursive: true });
  const again = await serveStore(local, third.access);
  expect(await downloaded(again, path)).toBe("moved");
  expect(await again.stop()).toBe(0);
  await third.close();
});
