// Copies in the server's own bucket that the Cron Trigger verifies.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { runScheduled } from "../../../../src/jobs/scheduled.ts";
import type { JsonObject } from "../../../../src/model/json.ts";
import { LIMITS } from "../../../../src/model/limits.ts";
import { adminClient, workerFetch } from "../../../support/fixtures/callers.ts";
import { clientOf, type Client } from "../../../support/clients/http.ts";
import {
  claimed,
  discover,
  done,
  keyOfItem,
  ownBucket,
  scene,
  workerToken,
  type Scene,
} from "../../../support/fixtures/harvest.ts";
import { download, statusOf } from "../../../support/fixtures/uploads.ts";

const HELLO = "26c7827d889f6da3";

let admin: Client;
let worker: Client;

beforeAll(async () => {
  admin = await adminClient();
  worker = clientOf(workerFetch, await workerToken(admin));
});

const transferOf = async (file: unknown): Promise<JsonObject> => {
  const list = await done(admin, "GET", `/api/transfers?file_id=${String(file)}`);
  return (list as unknown as readonly JsonObject[])[0] ?? {};
};

const fileOf = (file: unknown): Promise<JsonObject> =>
  done(admin, "GET", `/api/files/${String(file)}`);

const finish = (run: string): Promise<JsonObject> =>
  done(worker, "POST", `/api/harvest/runs/${run}/finish`, {});

const report = async (run: string, item: JsonObject, members: JsonObject): Promise<string> => {
  const items = [{ file_id: item["file_id"] ?? null, ...members }];
  const answer = await done(worker, "POST", `/api/harvest/runs/${run}/transfers`, { items });
  return String((answer["items"] as readonly JsonObject[])[0]?.["status"]);
};

/** A run with one discovered file. */
const found = async (made: Scene, path = "1.dcm"): Promise<{ run: string; item: JsonObject }> => {
  const run = await claimed(admin, worker, made, "copies");
  const [item = {}] = await discover(worker, run, path);
  return { run, item };
};

describe("copies that are too large to be read through at once", () => {
  const bytes = LIMITS.harvestCheckedBytesMax + 1;

  const large = async (name: string): Promise<{ run: string; item: JsonObject; made: Scene }> => {
    const made = await scene(admin, name, ownBucket());
    const { run, item } = await found(made);
    await env.BUCKET.put(keyOfItem(item), new Uint8Array(bytes));
    return { run, item, made };
  };

  test("wait for the Cron Trigger, and are available and verified after it", async () => {
    const { run, item } = await large("patient");
    expect(await report(run, item, { status: "completed", bytes_transferred: bytes })).toBe(
      "completed",
    );
    expect(await transferOf(item["file_id"])).toMatchObject({
      status: "completed",
      bytes_transferred: bytes,
      checksum_verified: null,
      dest_checksum: null,
    });
    expect(await statusOf(download(admin, keyOfItem(item)))).toBe(404);
    await runScheduled(env);
    const digest = String((await transferOf(item["file_id"]))["dest_checksum"]);
    expect(digest).toMatch(/^[0-9a-f]{16}$/);
    expect(await fileOf(item["file_id"])).toMatchObject({ xxhash: digest });
    expect(await statusOf(download(admin, keyOfItem(item)))).toBe(200);
    expect(await env.DB.prepare("SELECT count(*) AS n FROM object_checks").first("n")).toBe(0);
    await finish(run);
  });

  test("are made again when they differ from their source", async () => {
    const { run, item, made } = await large("wrong");
    const members = { status: "completed", bytes_transferred: bytes, source_checksum: HELLO };
    expect(await report(run, item, members)).toBe("completed");
    await runScheduled(env);
    expect(await transferOf(item["file_id"])).toMatchObject({
      status: "failed",
      checksum_verified: false,
    });
    expect(await statusOf(download(admin, keyOfItem(item)))).toBe(404);
    await finish(run);
    const next = await found(made);
    expect(next.item["file_id"]).toBe(item["file_id"]);
    expect(await env.BUCKET.head(keyOfItem(item))).toBeNull();
    await finish(next.run);
  });

  test("fail when they were deleted in the meantime", async () => {
    const { run, item } = await large("gone");
    await report(run, item, { status: "completed", bytes_transferred: bytes });
    await env.BUCKET.delete(keyOfItem(item));
    await runScheduled(env);
    expect(await transferOf(item["file_id"])).toMatchObject({
      status: "failed",
      checksum_verified: false,
    });
    await finish(run);
  });

  test("are given up after several failed reads: available, and never verified", async () => {
    const { run, item } = await large("stubborn");
    await report(run, item, { status: "completed", bytes_transferred: bytes });
    await env.DB.prepare("UPDATE object_checks SET attempts = ?")
      .bind(LIMITS.objectCheckAttemptsMax)
      .run();
    await runScheduled(env);
    expect(await transferOf(item["file_id"])).toMatchObject({
      status: "completed",
      checksum_verified: null,
    });
    expect(await statusOf(download(admin, keyOfItem(item)))).toBe(200);
    await finish(run);
  });
});

describe("a file that was harvested before the server verified copies", () => {
  /** A completed transfer as an earlier release recorded it. */
  const older = async (name: string, content: string): Promise<{ file: string; key: string }> => {
    const made = await scene(admin, name, ownBucket());
    const { run, item } = await found(made);
    const [file, key] = [String(item["file_id"]), keyOfItem(item)];
    await env.BUCKET.put(key, content);
    await report(run, item, { status: "in_progress" });
    const about = { status: "completed", source_checksum: HELLO, checksum_verified: true };
    await env.DB.prepare(
      `UPDATE resources SET payload = json_patch(payload, ?)
       WHERE payload_type = 'transfer' AND parent_identifier = ?`,
    )
      .bind(JSON.stringify(about), file)
      .run();
    await env.DB.prepare("INSERT INTO object_checks (file, attempts, due_at) VALUES (?, 0, 0)")
      .bind(file)
      .run();
    await finish(run);
    return { file, key };
  };

  test("becomes available once the Cron Trigger has read it", async () => {
    const { file, key } = await older("older", "hello");
    expect(await statusOf(download(admin, key))).toBe(404);
    await runScheduled(env);
    expect(await statusOf(download(admin, key))).toBe(200);
    expect(await transferOf(file)).toMatchObject({ status: "completed", checksum_verified: true });
  });

  test("stays complete when it differs from its source, and is marked as different", async () => {
    const { file, key } = await older("older and other", "jello");
    await runScheduled(env);
    expect(await transferOf(file)).toMatchObject({ status: "completed", checksum_verified: false });
    expect(await statusOf(download(admin, key))).toBe(200);
    expect((await fileOf(file))["xxhash"]).not.toBe(HELLO);
  });
});
