import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { runScheduled } from "../../../src/jobs/scheduled.ts";
import { callerOf } from "../../support/fixtures/callers.ts";
import { uniquePrefix, type Client } from "../../support/clients/http.ts";
import { readOne, succeed } from "../../support/fixtures/restricted-tree.ts";
import {
  create,
  download,
  pathOf,
  presignUpload,
  sha256,
  statusOf,
  table,
  upload,
} from "../../support/fixtures/uploads.ts";

let owner: Client;
let editor: Client;
let reader: Client;

beforeAll(async () => {
  owner = (await callerOf("uploader@example.org", "editor")).client;
  editor = (await callerOf("other@example.org", "editor")).client;
  reader = (await callerOf("looker@example.org", "user")).client;
});

describe("finalize", () => {
  test("writes size, type and digest into the resources that name the object, once", async () => {
    const prefix = uniquePrefix("finalize");
    const text = `content ${prefix}`;
    const path = await upload(owner, text, { content_type: "text/csv" }, "text/csv");
    await create(owner, table(`${prefix}a`, path), table(`${prefix}b`, `s3://vxdata/${path}`));
    const body = { path, size: text.length, sha256: await sha256(text) };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => owner.post("/s3/finalize", body)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(answers[0]?.body).toMatchObject({
      size_bytes: text.length,
      content_type: "text/csv",
      sha256: await sha256(text),
      xxhash: expect.stringMatching(/^[0-9a-f]{16}$/),
      resources: [`${prefix}a`, `${prefix}b`],
    });
    for (const name of ["a", "b"]) {
      expect(await readOne(reader, `${prefix}${name}`)).toMatchObject({
        version: 2,
        size_bytes: text.length,
        content_type: "text/csv",
        sha256: await sha256(text),
      });
    }
  });

  test("agrees with the published vector of XXH64", async () => {
    const path = await upload(owner, "");
    const answer = await owner.post("/s3/finalize", { path, xxhash: "EF46DB3751D8E999" });
    expect(answer.status, answer.text).toBe(200);
  });

  test.each([
    ["size", { size: 4 }],
    ["sha256", { sha256: "0".repeat(64) }],
    ["xxhash", { xxhash: "0".repeat(16) }],
  ] as const)("refuses a wrong %s, and changes nothing", async (member, claim) => {
    const identifier = `${uniquePrefix("finalize")}t`;
    const path = await upload(owner, "hello");
    await create(owner, table(identifier, path));
    const answer = await owner.post("/s3/finalize", { path, ...claim });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(`"path":"${member}"`);
    expect(await readOne(owner, identifier)).toMatchObject({ version: 1 });
    expect(await statusOf(owner.post("/s3/finalize", { path, size: 5 }))).toBe(200);
  });

  test.each([
    ["size", { content_length: 4 }, undefined],
    ["sha256", { checksum_sha256: "0".repeat(64) }, undefined],
    ["content_type", { content_type: "text/csv" }, "text/html"],
  ] as const)(
    "of an object with another %s than promised reveals the object to nobody else",
    async (member, promise, contentType) => {
      const identifier = `${uniquePrefix("finalize")}t`;
      const path = await upload(owner, "hello", promise, contentType);
      await create(owner, table(identifier, path));
      expect(await statusOf(download(reader, path))).toBe(200);
      const answer = await owner.post("/s3/finalize", { path });
      expect([answer.status, answer.text.includes(`"path":"${member}"`)]).toEqual([400, true]);
      expect(await statusOf(download(reader, path))).toBe(404);
      expect(await statusOf(download(owner, path))).toBe(200);
      expect(await readOne(owner, identifier)).toMatchObject({ version: 1 });
    },
  );

  test("accepts only the caller's own uploads that have arrived", async () => {
    const path = await upload(owner, "hello");
    expect(await statusOf(editor.post("/s3/finalize", { path }))).toBe(404);
    expect(await statusOf(reader.post("/s3/finalize", { path }))).toBe(403);
    const absent = pathOf(await presignUpload(owner));
    expect(await statusOf(owner.post("/s3/finalize", { path: absent }))).toBe(404);
    expect(await statusOf(owner.post("/s3/finalize", { path: "g/none" }))).toBe(404);
  });
});

const age = (path: string): Promise<unknown> =>
  env.DB.prepare("UPDATE uploads SET created_at = 1, expires_at = 2 WHERE path = ?")
    .bind(path)
    .run();

test("the Cron Trigger removes uploads that are unfinished after a day, and keeps named or finished ones", async () => {
  const prefix = uniquePrefix("sweep");
  const [lost, young, named, once, finished] = (await Promise.all(
    Array.from({ length: 5 }, () => upload(owner, "bytes")),
  )) as [string, string, string, string, string];
  await create(owner, table(`${prefix}n`, named), table(`${prefix}o`, `s3://vxdata/${once}`));
  await succeed(
    owner.post("/resources/update", {
      updates: { [`${prefix}o`]: { s3_path: "s3://other/g/else" } },
    }),
  );
  await succeed(owner.post("/s3/finalize", { path: finished }));
  for (const path of [lost, named, once, finished]) await age(path);
  await runScheduled(env);
  await runScheduled(env);
  const left = await Promise.all(
    [lost, young, named, once, finished].map(
      async (path) => (await env.BUCKET.head(path)) !== null,
    ),
  );
  expect(left).toEqual([false, true, true, true, true]);
  expect(await statusOf(download(owner, lost))).toBe(404);
  expect(await statusOf(owner.post("/s3/finalize", { path: named }))).toBe(200);
});
