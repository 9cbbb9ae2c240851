// What names an object, and what that opens: no writer comes to an object that it may not read.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/model/json.ts";
import type { Caller } from "../model/run.ts";
import { appOver } from "../support/app.ts";
import { adminClient, callerOf, registerType, workerFetch } from "../support/cast.ts";
import { clientOf, login, uniquePrefix, type Answer, type Client } from "../support/client.ts";
import { harvestHello, workerToken } from "../support/harvest.ts";
import { interleavedDatabase } from "../support/interleave.ts";
import { keyClient } from "../support/keys.ts";
import { readOne, succeed } from "../support/scene.ts";
import {
  create,
  download,
  pathOf,
  presignUpload,
  statusOf,
  table,
  upload,
} from "../support/uploads.ts";

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

const update = (client: Client, identifier: string, members: JsonObject): Promise<Answer> =>
  client.post("/resources/update", { updates: { [identifier]: members } });

const grant = (client: Client, identifier: string, to: Caller, way = "create"): Promise<unknown> =>
  succeed(
    client.post(`/resources/grants/${way}`, {
      grants: [{ identifier, grantee_type: "user", grantee_id: to.actor.id.slice("user:".length) }],
    }),
  );

/** Every spelling of a key by which a resource could name it. */
const spellings = (key: string): readonly string[] => [key, `s3://vxdata/${key}`];

/** Refused, naming the member, and nothing is there. */
const expectRefused = async (answer: Answer, member: string, identifier?: string) => {
  expect([answer.status, answer.text]).toEqual([400, expect.stringContaining("missing_reference")]);
  const [fault] = (answer.body as JsonObject)["errors"] as unknown as readonly JsonObject[];
  expect(String(fault?.["path"])).toMatch(new RegExp(`${member}$`));
  if (identifier !== undefined) expect(await readOne(admin, identifier)).toEqual({});
};

describe("an object of a resource that the caller does not see", () => {
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
        await expectRefused(answer, "resources.0.s3_path", identifier);
      }
      await expectRefused(
        await update(editor.client, `${prefix}mine`, { s3_path: path }),
        "s3_path",
      );
    }
    expect(await readOne(editor.client, `${prefix}mine`)).toMatchObject({ version: 1 });
    expect(await statusOf(download(editor.client, key))).toBe(404);
  });

  test("answers as a key that nothing lies at, byte for byte", async () => {
    const told = async (path: string): Promise<string> => {
      const resources = [table(`${prefix}t`, path)];
      const { status, text } = await editor.client.post("/resources/create", { resources });
      return `${status} ${text.replace(/"request_id":"[^"]*"/, "")}`;
    };
    expect(await told(key)).toBe(await told(`g/0199c4a0-0000-7000-8000-000000000000/a.bin`));
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

  test("is opened by no preview", async () => {
    const query = `/s3/parquet?path=${encodeURIComponent(key)}`;
    expect((await editor.client.get(query)).status).toBe(404);
  });
});

describe("a key that can be guessed", () => {
  test("of a harvested file opens nothing to an editor without access", async () => {
    const worker = clientOf(workerFetch, await workerToken(admin));
    const { key } = await harvestHello(admin, worker, "guessed");
    expect(key).toBe("archive/guessed/scan/1.dcm");
    const identifier = `${uniquePrefix("guess")}t`;
    for (const path of spellings(key)) {
      const resources = [table(identifier, path)];
      const answer = await editor.client.post("/resources/create", { resources });
      await expectRefused(answer, "s3_path", identifier);
    }
    expect(await statusOf(download(editor.client, key))).toBe(404);
    expect(await statusOf(download(admin, key))).toBe(200);
  });

  test("cannot be named in advance, before its object is there", async () => {
    const worker = clientOf(workerFetch, await workerToken(admin));
    const identifier = `${uniquePrefix("advance")}t`;
    const key = "archive/tomorrow/scan/1.dcm";
    const resources = [table(identifier, key)];
    await expectRefused(await editor.client.post("/resources/create", { resources }), "s3_path");
    expect((await harvestHello(admin, worker, "tomorrow")).key).toBe(key);
    expect(await statusOf(download(editor.client, key))).toBe(404);
  });

  test("of an object that was put into the bucket by hand is named by administrators alone", async () => {
    const identifier = `${uniquePrefix("by-hand")}t`;
    const key = "collection/1.dcm";
    await env.BUCKET.put(key, "x");
    const resources = [table(identifier, key)];
    await expectRefused(await editor.client.post("/resources/create", { resources }), "s3_path");
    await create(admin, table(identifier, key));
    expect(await statusOf(download(reader.client, key))).toBe(200);
    // From now on it is as open as the resource that names it.
    await create(editor.client, table(`${identifier}/copy`, key));
  });
});

describe("a member that no type declares", () => {
  test("of a key that may write one open type opens nothing", async () => {
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

  test("stays closed when the type declares it later, until somebody with the right names it", async () => {
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

  test("counts in no list either, and a declared list opens each object of it", async () => {
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

describe("a reference that is copied", () => {
  test("from a restricted resource takes its owner or an administrator", async () => {
    const prefix = uniquePrefix("grantee");
    const key = await upload(admin, "secret");
    await create(admin, table(`${prefix}s`, key, { access_level: "restricted" }));
    await grant(admin, `${prefix}s`, editor);
    expect(await statusOf(download(editor.client, key))).toBe(200);
    for (const access_level of ["restricted", "internal", "public"]) {
      const resources = [table(`${prefix}c`, key, { access_level })];
      await expectRefused(await editor.client.post("/resources/create", { resources }), "s3_path");
    }
    await create(admin, table(`${prefix}a`, key, { access_level: "restricted" }));
    await grant(admin, `${prefix}s`, editor, "delete");
    expect(await statusOf(download(editor.client, key))).toBe(404);
  });

  test("opens the object to no more readers than see it already, however often it is copied", async () => {
    const prefix = uniquePrefix("levels");
    const key = await upload(owner.client, "internal");
    await create(owner.client, table(`${prefix}s`, key));
    await create(editor.client, table(`${prefix}copy`, key));
    const open = [table(`${prefix}open`, key, { access_level: "public" })];
    await expectRefused(
      await editor.client.post("/resources/create", { resources: open }),
      "s3_path",
    );
    const opened = await update(editor.client, `${prefix}copy`, { access_level: "public" });
    expect([opened.status, opened.text]).toEqual([403, expect.stringContaining("access_level")]);
    // Going down and up again, or through a tombstone, is no way around it.
    await succeed(update(editor.client, `${prefix}copy`, { access_level: "restricted" }));
    await succeed(update(editor.client, `${prefix}copy`, { access_level: "internal" }));
    expect((await update(editor.client, `${prefix}copy`, { access_level: "public" })).status).toBe(
      403,
    );
    await succeed(editor.client.post("/resources/delete", { identifiers: [`${prefix}copy`] }));
    const restored = await update(editor.client, `${prefix}copy`, {
      is_deleted: false,
      access_level: "public",
    });
    expect(restored.status).toBe(400);
    await succeed(update(owner.client, `${prefix}s`, { access_level: "public" }));
    await create(editor.client, ...open);
  });

  test("of a resource that was closed since cannot be opened further, and stays as it is", async () => {
    const prefix = uniquePrefix("closed");
    const key = await upload(owner.client, "x");
    await create(owner.client, table(`${prefix}s`, key));
    await create(editor.client, table(`${prefix}copy`, key, { access_level: "restricted" }));
    await succeed(update(owner.client, `${prefix}s`, { access_level: "restricted" }));
    await succeed(update(editor.client, `${prefix}copy`, { name: "still mine" }));
    await succeed(update(editor.client, `${prefix}copy`, { s3_path: `s3://vxdata/${key}` }));
    expect(await statusOf(download(editor.client, key))).toBe(200);
    expect(await statusOf(download(reader.client, key))).toBe(404);
    const opened = await update(editor.client, `${prefix}copy`, { access_level: "internal" });
    expect(opened.status).toBe(403);
    expect(await statusOf(download(reader.client, key))).toBe(404);
  });
});

describe("one's own upload", () => {
  test("can be named before and after it has arrived, and another's in neither state", async () => {
    const prefix = uniquePrefix("own");
    const promised = pathOf(await presignUpload(owner.client));
    const resources = [table(`${prefix}e`, promised)];
    await expectRefused(await editor.client.post("/resources/create", { resources }), "s3_path");
    await create(owner.client, table(`${prefix}o`, promised));
    await env.BUCKET.put(promised, "x");
    expect(await statusOf(download(reader.client, promised))).toBe(200);
    const arrived = await upload(owner.client, "y");
    await succeed(owner.client.post("/s3/finalize", { path: arrived }));
    const others = [table(`${prefix}f`, arrived)];
    await expectRefused(
      await editor.client.post("/resources/create", { resources: others }),
      "s3_path",
    );
  });

  test("that is being removed can be named no more", async () => {
    const path = await upload(owner.client, "x");
    await env.DB.prepare("UPDATE uploads SET state = 'swept' WHERE path = ?").bind(path).run();
    const resources = [table(`${uniquePrefix("swept")}t`, path)];
    await expectRefused(await owner.client.post("/resources/create", { resources }), "s3_path");
  });
});

test("what is no key of the bucket is stored as it came, and opens nothing", async () => {
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

describe("a reference in time", () => {
  test("ends with a tombstone, goes on with its restoration, and is known of the past", async () => {
    const identifier = `${uniquePrefix("time")}t`;
    const key = await upload(owner.client, "x");
    await create(owner.client, table(identifier, key));
    const before = String((await readOne(owner.client, identifier))["updated_at"]);
    const open = (members: JsonObject = {}) => statusOf(download(reader.client, key, members));
    await succeed(owner.client.post("/resources/delete", { identifiers: [identifier] }));
    expect([await open(), await open({ as_of: before })]).toEqual([404, 200]);
    await succeed(update(owner.client, identifier, { is_deleted: false }));
    expect(await open()).toBe(200);
    await succeed(update(owner.client, identifier, { s3_path: "s3://elsewhere/x" }));
    expect([await open(), await open({ as_of: before })]).toEqual([404, 200]);
    // A past state never opens what is closed today.
    await succeed(update(owner.client, identifier, { access_level: "restricted" }));
    expect(await open({ as_of: before })).toBe(404);
    await grant(owner.client, identifier, reader);
    expect([await open(), await open({ as_of: before })]).toEqual([404, 200]);
  });

  test("of a tombstone whose object was changed with its deletion does not come back", async () => {
    const prefix = uniquePrefix("swap");
    const mine = await upload(editor.client, "mine");
    const secret = await upload(owner.client, "secret");
    await create(owner.client, table(`${prefix}s`, secret, { access_level: "restricted" }));
    await create(editor.client, table(`${prefix}t`, mine));
    const gone = await update(editor.client, `${prefix}t`, { s3_path: secret, is_deleted: true });
    const back = await update(editor.client, `${prefix}t`, { is_deleted: false });
    expect([gone.status, back.status].every((status) => [200, 400, 404].includes(status))).toBe(
      true,
    );
    expect(await statusOf(download(editor.client, secret))).toBe(404);
  });
});

const slowly = async (database: D1Database, email: string): Promise<Client> =>
  clientOf(appOver(database), await login(workerFetch, email, "correct horse battery"));

describe("a race", () => {
  test("with a resource that is closed meanwhile is lost by who names its object", async () => {
    const prefix = uniquePrefix("race");
    const key = await upload(owner.client, "x");
    await create(owner.client, table(`${prefix}s`, key));
    const database = interleavedDatabase(env.DB, () =>
      succeed(update(owner.client, `${prefix}s`, { access_level: "restricted" })),
    );
    const slow = await slowly(database, "names-editor@example.org");
    const answer = await slow.post("/resources/create", { resources: [table(`${prefix}c`, key)] });
    await expectRefused(answer, "s3_path", `${prefix}c`);
  });

  test("with the deletion of the only resource that named the object is lost as well", async () => {
    const prefix = uniquePrefix("race");
    const key = await upload(owner.client, "x");
    await create(owner.client, table(`${prefix}s`, key));
    await create(editor.client, table(`${prefix}mine`, "s3://elsewhere/x"));
    const database = interleavedDatabase(env.DB, () =>
      succeed(owner.client.post("/resources/delete", { identifiers: [`${prefix}s`] })),
    );
    const slow = await slowly(database, "names-editor@example.org");
    await expectRefused(await update(slow, `${prefix}mine`, { s3_path: key }), "s3_path");
  });

  test("with the sweeper is lost by who names what is removed", async () => {
    const path = await upload(owner.client, "x");
    const database = interleavedDatabase(env.DB, () =>
      env.DB.prepare("UPDATE uploads SET state = 'swept' WHERE path = ?").bind(path).run(),
    );
    const slow = await slowly(database, "names-owner@example.org");
    const identifier = `${uniquePrefix("race")}t`;
    const answer = await slow.post("/resources/create", { resources: [table(identifier, path)] });
    await expectRefused(answer, "s3_path", identifier);
  });
});
