// References that are copied, removed and restored: no sequence of writes opens an object to others.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import type { Caller } from "../../model/run.ts";
import { appOver } from "../../support/servers/app.ts";
import { adminClient, callerOf, workerFetch } from "../../support/fixtures/callers.ts";
import { clientOf, login, uniquePrefix, type Client } from "../../support/clients/http.ts";
import { interleavedDatabase } from "../../support/databases/interleaved.ts";
import { readOne, succeed } from "../../support/fixtures/restricted-tree.ts";
import {
  create,
  download,
  expectRefused,
  pathOf,
  presignUpload,
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

const grant = (client: Client, identifier: string, to: Caller, way = "create"): Promise<unknown> =>
  succeed(
    client.post(`/resources/grants/${way}`, {
      grants: [{ identifier, grantee_type: "user", grantee_id: to.actor.id.slice("user:".length) }],
    }),
  );

describe("a copied reference", () => {
  test("from a restricted resource needs its owner or an administrator", async () => {
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
    // Restricting and reopening, or deleting and restoring, does not help.
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

  test("of a resource that was closed since cannot be opened further, and stays unchanged", async () => {
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
  test("can be named before and after it has arrived; another's cannot in either state", async () => {
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

  test("that is being removed can no longer be named", async () => {
    const path = await upload(owner.client, "x");
    await env.DB.prepare("UPDATE uploads SET state = 'swept' WHERE path = ?").bind(path).run();
    const resources = [table(`${uniquePrefix("swept")}t`, path)];
    await expectRefused(await owner.client.post("/resources/create", { resources }), "s3_path");
  });
});

describe("a reference in time", () => {
  test("ends with a tombstone, continues with its restoration, and is known in the past", async () => {
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
    // A past state never discloses what is restricted today.
    await succeed(update(owner.client, identifier, { access_level: "restricted" }));
    expect(await open({ as_of: before })).toBe(404);
    await grant(owner.client, identifier, reader);
    expect([await open(), await open({ as_of: before })]).toEqual([404, 200]);
  });

  test("of a tombstone starts again with its restoration, but not one that it had before", async () => {
    const identifier = `${uniquePrefix("swap")}t`;
    const [first, second] = [await upload(owner.client, "1"), await upload(owner.client, "2")];
    const open = () =>
      Promise.all([first, second].map((key) => statusOf(download(reader.client, key))));
    await create(owner.client, table(identifier, first));
    await succeed(update(owner.client, identifier, { s3_path: second, is_deleted: true }));
    expect(await open()).toEqual([404, 404]);
    await succeed(update(owner.client, identifier, { is_deleted: false }));
    expect(await open()).toEqual([404, 200]);
  });

  test("of a tombstone needs the same right", async () => {
    const prefix = uniquePrefix("swap");
    const mine = await upload(editor.client, "mine");
    const secret = await upload(owner.client, "secret");
    await create(owner.client, table(`${prefix}s`, secret, { access_level: "restricted" }));
    await create(editor.client, table(`${prefix}t`, mine));
    const gone = await update(editor.client, `${prefix}t`, { s3_path: secret, is_deleted: true });
    await expectRefused(gone, "s3_path");
    expect(await statusOf(download(reader.client, mine))).toBe(200);
    expect(await statusOf(download(editor.client, secret))).toBe(404);
  });
});

const slowly = async (database: D1Database, email: string): Promise<Client> =>
  clientOf(appOver(database), await login(workerFetch, email, "correct horse battery"));

describe("a race", () => {
  test("with closing a resource is lost by the write that names its object", async () => {
    const prefix = uniquePrefix("race");
    const key = await upload(owner.client, "x");
    await create(owner.client, table(`${prefix}s`, key));
    const database = interleavedDatabase(env.DB, () =>
      succeed(update(owner.client, `${prefix}s`, { access_level: "restricted" })),
    );
    const slow = await slowly(database, "names-editor@example.org");
    const answer = await slow.post("/resources/create", { resources: [table(`${prefix}c`, key)] });
    await expectRefused(answer, "s3_path", { identifier: `${prefix}c`, seenBy: admin });
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

  test("with the sweeper is lost by the write that names what is removed", async () => {
    const path = await upload(owner.client, "x");
    const database = interleavedDatabase(env.DB, () =>
      env.DB.prepare("UPDATE uploads SET state = 'swept' WHERE path = ?").bind(path).run(),
    );
    const slow = await slowly(database, "names-owner@example.org");
    const identifier = `${uniquePrefix("race")}t`;
    const answer = await slow.post("/resources/create", { resources: [table(identifier, path)] });
    await expectRefused(answer, "s3_path", { identifier, seenBy: admin });
  });
});
