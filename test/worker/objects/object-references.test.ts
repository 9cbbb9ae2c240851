// References to objects: no writer gets access to an object that it may not read by naming it.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Caller } from "../../model/run.ts";
import {
  adminClient,
  callerOf,
  registerType,
  workerFetch,
} from "../../support/fixtures/callers.ts";
import { clientOf, uniquePrefix, type Client } from "../../support/clients/http.ts";
import { harvestHello, workerToken } from "../../support/fixtures/harvest.ts";
import { keyClient } from "../../support/clients/keys.ts";
import { readOne, succeed } from "../../support/fixtures/restricted-tree.ts";
import {
  create,
  download,
  expectRefused,
  statusOf,
  table,
  update,
  upload,
} from "../../support/fixtures/uploads.ts";

let admin: Client;
let owner: Caller;
let editor: Caller;
let reader: Caller;

beforeAll(async () => {
  admin = await adminClient();
  owner = await callerOf("names-owner@example.org", "editor");
  editor = await callerOf("names-editor@example.org", "editor");
  reader = await callerOf("names-reader@example.org", "user");
});

/** Every spelling of a key by which a resource could name it. */
const spellings = (key: string): readonly string[] => [key, `s3://vxdata/${key}`];

describe("an object of a hidden resource", () => {
  let key = "";
  let prefix = "";

  beforeAll(async () => {
    prefix = uniquePrefix("hidden");
    key = await upload(owner.client, "secret");
    await create(owner.client, table(`${prefix}s`, key, { access_level: "restricted" }));
    await create(editor.client, table(`${prefix}mine`, "s3://elsewhere/x"));
  });

  test("cannot be named: by a new resource, by an update, in any spelling, at any level", async () => {
    for (const [at, path] of spellings(key).entries()) {
      for (const access_level of ["restricted", "internal", "public"]) {
        const identifier = `${prefix}new-${at}`;
        const resources = [table(identifier, path, { access_level })];
        const answer = await editor.client.post("/resources/create", { resources });
        await expectRefused(answer, "resources.0.s3_path", { identifier, seenBy: admin });
      }
      await expectRefused(
        await update(editor.client, `${prefix}mine`, { s3_path: path }),
        "s3_path",
      );
    }
    expect(await readOne(editor.client, `${prefix}mine`)).toMatchObject({ version: 1 });
    expect(await statusOf(download(editor.client, key))).toBe(404);
  });

  test("looks like a key without an object, byte for byte", async () => {
    const responseFor = async (path: string): Promise<string> => {
      const resources = [table(`${prefix}t`, path)];
      const { status, text } = await editor.client.post("/resources/create", { resources });
      return `${status} ${text.replace(/"request_id":"[^"]*"/, "")}`;
    };
    expect(await responseFor(key)).toBe(
      await responseFor(`g/0199c4a0-0000-7000-8000-000000000000/a.bin`),
    );
  });

  test("cannot be named through entities and datasets", async () => {
    const data = { _id: `${prefix}doc`, s3_path: key };
    const inserted = await editor.client.put("/data/insert", { entity: "table", data });
    expect(inserted.body).toMatchObject({ status: "ERROR" });
    const changed = await editor.client.post("/data/update", {
      entity: "table",
      query: { field: "_id", op: "=", rvalue: `${prefix}mine` },
      update: { $set: { s3_path: key } },
    });
    expect(changed.text).toContain("s3_path: Expected an object");
    expect(await readOne(admin, `${prefix}doc`)).toEqual({});
    expect(await readOne(admin, `${prefix}mine`)).toMatchObject({ s3_path: "s3://elsewhere/x" });
    expect(await statusOf(download(editor.client, key))).toBe(404);
  });

  test("cannot be previewed", async () => {
    const query = `/s3/parquet?path=${encodeURIComponent(key)}`;
    expect((await editor.client.get(query)).status).toBe(404);
  });
});

describe("a key that can be guessed", () => {
  test("of a harvested file gives an editor no access", async () => {
    const worker = clientOf(workerFetch, await workerToken(admin));
    const { key } = await harvestHello(admin, worker, "guessed");
    expect(key).toBe("archive/guessed/scan/1.dcm");
    const identifier = `${uniquePrefix("guess")}t`;
    for (const path of spellings(key)) {
      const resources = [table(identifier, path)];
      const answer = await editor.client.post("/resources/create", { resources });
      await expectRefused(answer, "s3_path", { identifier, seenBy: admin });
    }
    expect(await statusOf(download(editor.client, key))).toBe(404);
    expect(await statusOf(download(admin, key))).toBe(200);
  });

  test("cannot be named in advance, before its object exists", async () => {
    const worker = clientOf(workerFetch, await workerToken(admin));
    const identifier = `${uniquePrefix("advance")}t`;
    const key = "archive/tomorrow/scan/1.dcm";
    const resources = [table(identifier, key)];
    await expectRefused(await editor.client.post("/resources/create", { resources }), "s3_path");
    expect((await harvestHello(admin, worker, "tomorrow")).key).toBe(key);
    expect(await statusOf(download(editor.client, key))).toBe(404);
  });

  test("of an object that was put into the bucket by hand is named only by administrators", async () => {
    const identifier = `${uniquePrefix("by-hand")}t`;
    const key = "collection/1.dcm";
    await env.BUCKET.put(key, "x");
    const resources = [table(identifier, key)];
    await expectRefused(await editor.client.post("/resources/create", { resources }), "s3_path");
    await create(admin, table(identifier, key));
    expect(await statusOf(download(reader.client, key))).toBe(200);
    // Now the object is as open as the resource that names it.
    await create(editor.client, table(`${identifier}/copy`, key));
  });
});

describe("a member that no type declares", () => {
  test("gives a key that may write one open type no access", async () => {
    const key = await upload(owner.client, "secret");
    const hidden = `${uniquePrefix("loose")}s`;
    await create(owner.client, table(hidden, key, { access_level: "restricted" }));
    await succeed(
      admin.put("/schemas/loose_thing", {
        version: "1.0.0",
        json_schema: { type: "object", properties: { name: { type: "string" } } },
        strict: false,
      }),
    );
    const policy = { payload_types: ["loose_thing"], actions: ["create", "read", "update"] };
    const { client } = await keyClient(admin, [policy]);
    for (const [at, path] of spellings(key).entries()) {
      const identifier = `${uniquePrefix("loose")}${at}`;
      await create(client, { identifier, payload_type: "loose_thing", s3_path: path });
      await succeed(update(client, identifier, { s3_path: path, name: "n" }));
    }
    expect(await statusOf(download(client, key))).toBe(404);
    expect(await statusOf(download(editor.client, key))).toBe(404);
  });

  test("stays closed when the type declares it later, until a caller with the right names it", async () => {
    const key = await upload(owner.client, "secret");
    const prefix = uniquePrefix("declared");
    await create(owner.client, table(`${prefix}s`, key, { access_level: "restricted" }));
    const plain = { type: "object", properties: { scan: { type: "string" } } };
    const declared = {
      type: "object",
      properties: { scan: { type: "string", "x-object-reference": true } },
    };
    await registerType(admin, "late_thing", plain);
    const late = { identifier: `${prefix}l`, payload_type: "late_thing", scan: key };
    await create(editor.client, late);
    await succeed(admin.put("/schemas/late_thing", { version: "1.1.0", json_schema: declared }));
    expect(await statusOf(download(editor.client, key))).toBe(404);
    for (const path of spellings(key)) {
      const answer = await update(editor.client, `${prefix}l`, { scan: path });
      if (answer.status !== 200) await expectRefused(answer, "scan");
      expect(await statusOf(download(editor.client, key))).toBe(404);
    }
    const mine = await upload(editor.client, "mine");
    await succeed(update(editor.client, `${prefix}l`, { scan: mine }));
    expect(await statusOf(download(reader.client, mine))).toBe(200);
    const undeclared = await admin.put("/schemas/late_thing", {
      version: "1.2.0",
      json_schema: plain,
    });
    expect([undeclared.status, undeclared.text]).toEqual([
      400,
      expect.stringContaining("x-object-reference"),
    ]);
  });

  test("is ignored in lists too, and a declared list opens each object in it", async () => {
    const keys = [await upload(owner.client, "one"), await upload(owner.client, "two")];
    const foreign = await upload(editor.client, "three");
    const identifier = `${uniquePrefix("list")}t`;
    await registerType(admin, "stack_thing", {
      type: "object",
      properties: {
        slices: { type: "array", items: { type: "string" }, "x-object-reference": true },
        notes: { type: "array", items: { type: "string" } },
      },
    });
    const resource = { identifier, payload_type: "stack_thing", notes: [...keys, foreign] };
    await create(owner.client, resource);
    const all = async () =>
      Promise.all([...keys, foreign].map((key) => statusOf(download(reader.client, key))));
    expect(await all()).toEqual([404, 404, 404]);
    await expectRefused(
      await update(owner.client, identifier, { slices: [...keys, foreign] }),
      "slices.2",
    );
    await succeed(update(owner.client, identifier, { slices: keys }));
    expect(await all()).toEqual([200, 200, 404]);
    await succeed(update(owner.client, identifier, { slices: keys.slice(1) }));
    expect(await all()).toEqual([404, 200, 404]);
  });
});

test("a value that is not a key of the bucket is stored unchanged, and opens nothing", async () => {
  const prefix = uniquePrefix("external");
  const paths = [
    "s3://other-bucket/g/x",
    "https://example.org/scan.dcm",
    "exports/0199c4a0-0000-7000-8000-000000000000/1/image.parquet",
    "s3://vxdata/exports/0199c4a0-0000-7000-8000-000000000000/1/image.parquet",
    "g/../x",
    "/g/x",
    "g//x",
  ];
  await create(editor.client, ...paths.map((path, at) => table(`${prefix}${at}`, path)));
  for (const [at, path] of paths.entries()) {
    expect(await readOne(editor.client, `${prefix}${at}`)).toMatchObject({ s3_path: path });
    expect(await statusOf(download(editor.client, path))).toBe(404);
    expect(await statusOf(download(admin, path))).toBe(404);
  }
  const left = "SELECT count(*) AS n FROM object_references WHERE path = ?";
  for (const path of paths) {
    expect(await env.DB.prepare(left).bind(path).first("n")).toBe(0);
  }
});
