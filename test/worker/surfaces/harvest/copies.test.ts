// Copies in the server's own bucket are made once, verified by the server, and readable with the file.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import type { Caller } from "../../../model/run.ts";
import { adminClient, callerOf, workerFetch } from "../../../support/fixtures/callers.ts";
import { clientOf, type Client } from "../../../support/clients/http.ts";
import {
  claimed,
  complete,
  discover,
  done,
  harvestHello,
  keyOfItem,
  ownBucket,
  scene,
  workerToken,
  type Scene,
} from "../../../support/fixtures/harvest.ts";
import { readOne } from "../../../support/fixtures/restricted-tree.ts";
import { download, presignUpload, statusOf } from "../../../support/fixtures/uploads.ts";

const HELLO = "26c7827d889f6da3";
const HELLO_SHA256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

let admin: Client;
let worker: Client;
let reader: Caller;

beforeAll(async () => {
  admin = await adminClient();
  worker = clientOf(workerFetch, await workerToken(admin));
  reader = await callerOf("copies@example.org", "user");
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

describe("a harvested file", () => {
  test("is downloadable by callers who may see it now, and by nobody else", async () => {
    const { file, key } = await harvestHello(admin, worker, "to be had");
    expect(await fileOf(file)).toMatchObject({ s3_path: key, sha256: HELLO_SHA256, xxhash: HELLO });
    expect(await readOne(admin, file)).toMatchObject({ s3_path: key, sha256: HELLO_SHA256 });
    const user = reader.actor.id.slice("user:".length);
    const all = () =>
      Promise.all([admin, reader.client].map((each) => statusOf(download(each, key))));
    expect(await all()).toEqual([200, 404]);
    const access = `/api/files/${file}/access`;
    const given = await done(admin, "POST", access, { grantee_type: "user", grantee_id: user });
    expect(await all()).toEqual([200, 200]);
    const preview = await reader.client.get(`/s3/parquet?path=${encodeURIComponent(key)}`);
    // The object is opened, but it is not a Parquet file.
    expect([preview.status, preview.text]).toEqual([400, expect.stringContaining("Parquet")]);
    await done(admin, "DELETE", `${access}/${String(given["id"])}`);
    expect(await all()).toEqual([200, 404]);
  });

  test("never becomes the copy of another file, whatever that one's destination", async () => {
    const { key } = await harvestHello(admin, worker, "first of two");
    // A second location with the same prefix, and an instrument with the same name.
    const made = await scene(admin, "second of two", ownBucket("archive/"));
    await done(admin, "PATCH", `/api/instruments/${made.instrument}`, { name: "renamed" });
    const hook = {
      name: "h",
      trigger: "pre_transfer",
      implementation: "builtin",
      builtin_name: "file_filter",
      config: { redirect_rules: [{ pattern: "*.dcm", destination: "archive/first of two" }] },
      instrument_id: made.instrument,
    };
    await done(admin, "POST", "/api/hooks", hook);
    await done(admin, "PATCH", `/api/instruments/${made.instrument}`, { name: "scan" });
    const { run, item } = await found(made);
    expect(keyOfItem(item)).toBe(key);
    const members = { status: "completed", bytes_transferred: 5, source_checksum: HELLO };
    expect(await report(run, item, members)).toBe("failed");
    expect(await fileOf(item["file_id"])).toMatchObject({ s3_path: null });
    await finish(run);
  });
});

describe("a copy", () => {
  test("counts as verified only when the server has read it, whatever the worker reports", async () => {
    const made = await scene(admin, "liar", ownBucket());
    const { run, item } = await found(made);
    await env.BUCKET.put(keyOfItem(item), "jello");
    const lie = { source_checksum: HELLO, dest_checksum: HELLO, bytes_transferred: 5 };
    expect(await report(run, item, { status: "completed", ...lie })).toBe("failed");
    const transfer = await transferOf(item["file_id"]);
    expect(transfer).toMatchObject({ checksum_verified: false });
    expect(transfer["dest_checksum"]).not.toBe(HELLO);
    expect(await fileOf(item["file_id"])).toMatchObject({ s3_path: null, sha256: null });
    expect(await statusOf(download(admin, keyOfItem(item)))).toBe(404);
    await finish(run);
  });

  test("with an unknown source checksum is available, and not verified", async () => {
    const made = await scene(admin, "sourceless", ownBucket());
    const { run, item } = await found(made);
    await env.BUCKET.put(keyOfItem(item), "hello");
    expect(await report(run, item, { status: "completed" })).toBe("completed");
    expect(await transferOf(item["file_id"])).toMatchObject({
      bytes_transferred: 5,
      dest_checksum: HELLO,
      checksum_verified: null,
    });
    expect(await statusOf(download(admin, keyOfItem(item)))).toBe(200);
    await finish(run);
  });

  test("that differs from its source is made again, replacing the old one", async () => {
    const made = await scene(admin, "again", ownBucket());
    const { run, item } = await found(made);
    const key = keyOfItem(item);
    await env.BUCKET.put(key, "jello");
    await complete(worker, run, [item]);
    await finish(run);
    const next = await found(made);
    expect(next.item).toMatchObject({ file_id: item["file_id"], decision: "proceed" });
    expect(next.item).not.toHaveProperty("anew");
    // An object is created once, so an existing one is removed before a new URL is issued.
    expect(await env.BUCKET.head(key)).toBeNull();
    expect(await transferOf(item["file_id"])).toMatchObject({
      status: "pending",
      checksum_verified: null,
      error_message: null,
    });
    await env.BUCKET.put(key, "hello");
    await complete(worker, next.run, [next.item]);
    expect(await transferOf(item["file_id"])).toMatchObject({
      status: "completed",
      checksum_verified: true,
    });
    // A complete file is neither issued again nor removed.
    expect(await discover(worker, next.run, "1.dcm")).toEqual([]);
    expect(await env.BUCKET.head(key)).not.toBeNull();
    await finish(next.run);
  });

  test("that was started and not reported is made again, and a late report of it is refused", async () => {
    const made = await scene(admin, "late", ownBucket());
    const { run, item } = await found(made);
    const key = keyOfItem(item);
    await report(run, item, { status: "in_progress" });
    await env.BUCKET.put(key, "hello");
    const [renewed = {}] = await discover(worker, run, "1.dcm");
    expect(await env.BUCKET.head(key)).toBeNull();
    // The former worker does not know that.
    expect(await report(run, item, { status: "completed", bytes_transferred: 5 })).toBe("failed");
    expect(renewed["upload_headers"]).toMatchObject({ "if-none-match": "*" });
    await env.BUCKET.put(key, "hello");
    await complete(worker, run, [renewed]);
    expect(await transferOf(item["file_id"])).toMatchObject({ status: "completed" });
    await finish(run);
  });

  test("is never removed while a resource names it, or has named it", async () => {
    const made = await scene(admin, "named", ownBucket());
    const { run, item } = await found(made);
    const key = keyOfItem(item);
    await report(run, item, { status: "in_progress" });
    await env.BUCKET.put(key, "hello");
    const resource = { identifier: "copies/named", payload_type: "table", s3_path: key };
    await done(admin, "POST", "/resources/create", { resources: [resource] });
    await done(admin, "POST", "/resources/delete", { identifiers: ["copies/named"] });
    await discover(worker, run, "1.dcm");
    expect(await env.BUCKET.head(key)).not.toBeNull();
    await complete(worker, run, [item]);
    expect(await transferOf(item["file_id"])).toMatchObject({ checksum_verified: true });
    await finish(run);
  });
});

describe("the bucket", () => {
  test("keeps harvested files outside of upload groups, and uploads outside of base paths", async () => {
    await presignUpload(admin, { group: "kept" });
    const body = { name: "taken", ...ownBucket("/kept/mr") };
    expect((await admin.post("/api/storage-locations", body)).status).toBe(409);
    await scene(admin, "claims", ownBucket("/claimed/mr"));
    const refused = await admin.post("/s3/presign/batch", {
      direction: "upload",
      items: [
        { filename: "a", group: "claimed-too" },
        { filename: "a", group: "claimed" },
      ],
    });
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining("items.1.group")]);
    expect(await env.DB.prepare("SELECT count(*) AS n FROM guard").first("n")).toBe(0);
  });

  test.each(["", "/", "exports", "/Exports/mr", "a//b", "%65xports", "a\\b", "ｅxports"])(
    "refuses the base path %j",
    async (base_path) => {
      const body = { name: "odd", ...ownBucket(base_path) };
      expect((await admin.post("/api/storage-locations", body)).status).toBe(422);
    },
  );

  test("accepts harvested files only at permitted destinations: a hook that redirects elsewhere fails", async () => {
    await presignUpload(admin, { group: "cohort-9" });
    const made = await scene(admin, "redirected", ownBucket());
    const rules = [
      { pattern: "*.a", destination: "cohort-9" },
      { pattern: "*.b", destination: "exports/x" },
      { pattern: "*.c", destination: "free" },
    ];
    await done(admin, "POST", "/api/hooks", {
      name: "h",
      trigger: "pre_transfer",
      implementation: "builtin",
      builtin_name: "file_filter",
      config: { redirect_rules: rules },
      instrument_id: made.instrument,
    });
    const run = await claimed(admin, worker, made, "redirected");
    const items = await discover(
      worker,
      run,
      "1.a",
      "1.b",
      "1.c",
      Array(6).fill("d".repeat(190)).join("/"),
    );
    expect(items.map((item) => [item["decision"], item["upload_url"] === undefined])).toEqual([
      ["skip", true],
      ["skip", true],
      ["redirect", false],
      ["skip", true],
    ]);
    for (const at of [0, 1, 3]) {
      expect(await transferOf(items[at]?.["file_id"])).toMatchObject({ status: "failed" });
    }
    const group = { direction: "upload", filename: "a", group: "free" };
    expect(await statusOf(admin.post("/s3/presign", group))).toBe(400);
    await finish(run);
  });
});
