import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { createObjects } from "../../../src/objects/objects.ts";
import { r2Bucket } from "../../../src/objects/r2.ts";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { appOver } from "../../support/servers/app.ts";
import { budgetedDatabase } from "../../support/databases/budget.ts";
import { adminClient, adminToken, callerOf } from "../../support/fixtures/callers.ts";
import { clientOf, uniquePrefix, type Answer, type Client } from "../../support/clients/http.ts";
import { aroundDatabase, type SentStatement } from "../../support/databases/database.ts";
import { planErrors } from "../../support/checks/query-plan.ts";
import { dataset, readOne, succeed } from "../../support/fixtures/restricted-tree.ts";
import {
  create,
  download,
  pathOf,
  presignUpload,
  statusOf,
  table,
  upload,
} from "../../support/fixtures/uploads.ts";

let admin: Client;
let owner: Client;
let editor: Client;
let reader: Client;

beforeAll(async () => {
  admin = await adminClient();
  owner = (await callerOf("uploader@example.org", "editor")).client;
  editor = (await callerOf("other@example.org", "editor")).client;
  reader = (await callerOf("looker@example.org", "user")).client;
});

describe("an upload", () => {
  test("gets a key from the server, and the headers to send", async () => {
    const address = await presignUpload(owner, {
      filename: "../../etc/passwd",
      group: "cohort-7",
      content_type: "text/plain",
      content_length: 5,
      expires_in: 60,
    });
    expect(pathOf(address)).toMatch(/^cohort-7\/[0-9a-f-]{36}\/[^/]+$/);
    expect(address["headers"]).toEqual({
      "if-none-match": "*",
      "content-type": "text/plain",
      "content-length": "5",
    });
    const url = new URL(String(address["url"]));
    expect(url.searchParams.get("X-Amz-SignedHeaders")).toBe(
      "content-length;content-type;host;if-none-match",
    );
    expect(url.searchParams.get("X-Amz-Expires")).toBe("60");
  });

  test.each([
    ["no group", { group: undefined }],
    ["a group of two segments", { group: "a/b" }],
    ["a group that climbs", { group: ".." }],
    ["the server's own group", { group: "exports" }],
    ["no filename", { filename: "" }],
    ["a header in its type", { content_type: "text/plain\r\nx: y" }],
    ["no whole length", { content_length: 1.5 }],
    ["a length beyond one piece", { content_length: 6e9 }],
    ["an expiry of nothing", { expires_in: 0 }],
    ["an expiry beyond a week", { expires_in: 604_801 }],
    ["a digest that is none", { checksum_sha256: "abc" }],
    ["a path of its own", { path: "mine" }],
  ] as const)("with %s is refused, naming the member, and leaves nothing", async (_, members) => {
    const before = await env.DB.prepare("SELECT count(*) AS n FROM uploads").first("n");
    const body = { direction: "upload", filename: "a", group: "g", ...members };
    const answer = await owner.post("/s3/presign", body as unknown as Json);
    expect(answer.status).toBe(400);
    const [fault] = (answer.body as JsonObject)["errors"] as unknown as readonly JsonObject[];
    expect(fault?.["path"]).toBe(Object.keys(members)[0]);
    expect(await env.DB.prepare("SELECT count(*) AS n FROM uploads").first("n")).toBe(before);
  });

  test("is for callers who may write, and several are issued together or not at all", async () => {
    const items = Array.from({ length: 1_000 }, (_, at) => ({ filename: `f${at}`, group: "many" }));
    expect(await statusOf(reader.post("/s3/presign/batch", { direction: "upload", items }))).toBe(
      403,
    );
    const answer = await succeed(owner.post("/s3/presign/batch", { direction: "upload", items }));
    const urls = (answer as JsonObject)["urls"] as unknown as readonly JsonObject[];
    expect(new Set(urls.map(pathOf)).size).toBe(1_000);
    expect(urls.map((each) => pathOf(each).split("/")[2])).toEqual(
      items.map(({ filename }) => filename),
    );
    const spoilt = [...items.slice(0, 3), { filename: "x", group: "a/b" }];
    const refused = await owner.post("/s3/presign/batch", { direction: "upload", items: spoilt });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain("items.3.group");
    const tooMany = { direction: "upload", items: [...items, ...items.slice(0, 1)] };
    expect(await statusOf(owner.post("/s3/presign/batch", tooMany))).toBe(400);
  });
});

describe("a download", () => {
  test("is for the uploader, and for callers who see a resource that names the object", async () => {
    const prefix = uniquePrefix("objects");
    const path = await upload(owner, "bytes");
    const all = async () =>
      Promise.all([owner, editor, reader, admin].map((c) => statusOf(download(c, path))));
    expect(await all()).toEqual([200, 404, 404, 404]);
    await create(owner, table(`${prefix}hidden`, path, { access_level: "restricted" }));
    expect(await all()).toEqual([200, 404, 404, 200]);
    await create(owner, table(`${prefix}open`, `s3://vxdata/${path}`));
    expect(await all()).toEqual([200, 200, 200, 200]);
    await succeed(
      owner.post("/resources/delete", { identifiers: [`${prefix}open`, `${prefix}hidden`] }),
    );
    expect(await all()).toEqual([200, 404, 404, 404]);
  });

  test("as of an instant uses the references of then, and the permissions of now", async () => {
    const identifier = `${uniquePrefix("objects")}t`;
    const path = await upload(owner, "first");
    await create(owner, table(identifier, path));
    const before = String((await readOne(owner, identifier))["updated_at"]);
    const other = await upload(owner, "second");
    await succeed(
      owner.post("/resources/update", { updates: { [identifier]: { s3_path: other } } }),
    );
    expect(await statusOf(download(reader, path))).toBe(404);
    expect(await statusOf(download(reader, path, { as_of: before }))).toBe(200);
    await succeed(
      owner.post("/resources/update", {
        updates: { [identifier]: { access_level: "restricted" } },
      }),
    );
    expect(await statusOf(download(reader, path, { as_of: before }))).toBe(404);
  });

  test("of an unknown key, another bucket or an export looks the same", async () => {
    const identifier = `${uniquePrefix("objects")}t`;
    const paths = ["s3://other/g/x", "exports/a/1/b.parquet", "g/../x", "/g/x", "g//x"];
    await create(owner, ...paths.map((path, at) => table(`${identifier}${at}`, path)));
    const answers = await Promise.all(paths.map((path) => download(owner, path)));
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
    expect(await statusOf(download(owner, "g/unnamed"))).toBe(404);
    const known = await upload(owner, "x");
    const batch = await owner.post("/s3/presign/batch", {
      direction: "download",
      items: [{ path: known }, { path: "g/unnamed" }],
    });
    expect([
      batch.status,
      batch.text.includes("items.1.path"),
      batch.text.includes("items.0"),
    ]).toEqual([404, true, false]);
  });
});

test("a failing bucket is distinguished from a bad file: the caller may try again", async () => {
  const access = {
    endpoint: "https://s3.test",
    bucket: "b",
    accessKeyId: "k",
    secretAccessKey: "s",
    region: "auto",
  };
  const path = await upload(owner, "PAR1".repeat(10));
  const lost = (): Promise<never> => Promise.reject(new Error("internal error"));
  const failing = (name: "head" | "get"): R2Bucket =>
    new Proxy(env.BUCKET, {
      get: (bucket, member) => {
        if (member === name) return lost;
        const found: unknown = Reflect.get(bucket, member);
        return typeof found === "function" ? (found.bind(bucket) as unknown) : found;
      },
    });
  for (const name of ["head", "get"] as const) {
    const objects = createObjects(r2Bucket(failing(name)), access);
    const unavailable = { code: "unavailable", retryAfterSeconds: 1 };
    await expect(objects.preview(path, { limit: 1, offset: 0 })).rejects.toMatchObject(unavailable);
    await expect(objects.inspect(path)).rejects.toMatchObject(unavailable);
  }
});

describe("the database", () => {
  let sent: SentStatement[] = [];
  const budgeted = budgetedDatabase(
    aroundDatabase(env.DB, async (call, run) => {
      sent.push(...call.statements);
      return run();
    }),
  );

  test("is read once for a download and called twice for an upload, only by indexes", async () => {
    const client = clientOf(appOver(budgeted.database), await adminToken());
    const prefix = uniquePrefix("calls");
    const path = await upload(owner, "hello");
    const resources = Array.from({ length: 3_000 }, (_, at) => dataset(`${prefix}${at}`));
    await create(owner, table(`${prefix}t`, path), ...resources);
    const measured = async (run: () => Promise<Answer>) => {
      sent = [];
      budgeted.start();
      expect(await statusOf(run())).toBe(200);
      const { calls, rowsRead } = budgeted.spent();
      return { calls, isShort: rowsRead < 60, faults: await planErrors(env.DB, sent, "none") };
    };
    const isGood = (...calls: readonly string[]) => ({ calls, isShort: true, faults: [] });
    expect(await measured(() => download(client, path))).toEqual(isGood("read"));
    const upcoming = { direction: "upload", filename: "a", group: "g" };
    expect(await measured(() => client.post("/s3/presign", upcoming))).toEqual(
      isGood("read", "write"),
    );
    const items = [{ path }, { path: `s3://vxdata/${path}` }];
    const batch = { direction: "download", items };
    expect(await measured(() => client.post("/s3/presign/batch", batch))).toEqual(isGood("read"));
  });
});
