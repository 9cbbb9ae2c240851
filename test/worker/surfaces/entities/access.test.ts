import { beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { adminClient, callerOf } from "../../../support/fixtures/callers.ts";
import type { Client } from "../../../support/clients/http.ts";
import { keyClient } from "../../../support/clients/keys.ts";
import {
  bodyOf,
  codesOf,
  dataErrorsOf,
  defineEntity,
  everything,
} from "../../../support/clients/entities.ts";

let admin: Client;

const define = (name: string, fields: JsonObject, options: JsonObject = {}): Promise<void> =>
  defineEntity(admin, name, fields, options);

beforeAll(async () => {
  admin = await adminClient();
});

describe("access", () => {
  test("checks the role first, then the lists; noone also binds admins", async () => {
    const { client: editor } = await callerOf("entity-editor@example.org", "editor");
    const { client: reader } = await callerOf("entity-reader@example.org", "user");
    await define(
      "guarded",
      {
        open: { type: "string" },
        secret: {
          type: "string",
          access: { find: ["admin"], update: ["admin"], insert: ["admin", "editor"] },
        },
      },
      {
        schema: {
          access: {
            insert: ["anyone"],
            find: ["anyone"],
            update: ["admin", "editor"],
            delete: ["noone"],
          },
        },
      },
    );
    const data = [{ _id: "g1", open: "a", secret: "s" }];
    expect(codesOf(await bodyOf(reader.put("/data/insert/guarded", { data }), 403))).toEqual([
      "crud:NoAccess",
    ]);
    expect(await bodyOf(editor.put("/data/insert/guarded", { data }))).toMatchObject({
      status: "COMPLETE",
    });
    expect(
      codesOf(await bodyOf(admin.post("/data/delete/guarded", { query: { $and: [] } }), 403)),
    ).toEqual(["crud:NoAccess"]);
    expect(await everything(reader, "guarded")).toEqual([
      { _id: "g1", objectType: "guarded", open: "a" },
    ]);
    expect(await everything(admin, "guarded")).toEqual([
      { _id: "g1", objectType: "guarded", open: "a", secret: "s" },
    ]);
    const spying = { query: { field: "secret", op: "=", rvalue: "s" } };
    expect(codesOf(await bodyOf(reader.post("/data/find/guarded", spying), 403))).toEqual([
      "crud:NoAccess",
    ]);
    expect(
      codesOf(await bodyOf(reader.post("/data/find/guarded", { sort: { secret: "$asc" } }), 403)),
    ).toEqual(["crud:NoAccess"]);
    const write = { query: { $and: [] }, update: { $set: { secret: "t" } } };
    const refused = await bodyOf(editor.post("/data/update/guarded", write));
    expect(dataErrorsOf(refused)).toEqual([["crud:update:NoFieldAccess secret"]]);
    // A save keeps fields that its sender may not see, and does not disclose them.
    for (const secret of ["s", "t"]) {
      const guess = { data: { _id: "g1", open: "c", secret } };
      const guessed = await bodyOf(editor.post("/data/save/guarded", guess));
      expect(dataErrorsOf(guessed)).toEqual([["crud:update:NoFieldAccess secret"]]);
      const same = { query: { $and: [] }, update: { $set: { secret } } };
      const set = await bodyOf(editor.post("/data/update/guarded", same));
      expect(dataErrorsOf(set)).toEqual([["crud:update:NoFieldAccess secret"]]);
    }
    await bodyOf(editor.post("/data/save/guarded", { data: { _id: "g1", open: "b" } }));
    expect(await everything(admin, "guarded")).toEqual([
      { _id: "g1", objectType: "guarded", open: "b", secret: "s" },
    ]);
  });

  test("lists bind the other surfaces: a role that may not read every field sees nothing there", async () => {
    const { client: reader } = await callerOf("entity-reader@example.org", "user");
    await define(
      "hidden_part",
      { open: { type: "string" }, secret: { type: "string", access: { find: ["admin"] } } },
      {
        schema: { access: { update: ["noone"] } },
      },
    );
    await bodyOf(
      admin.put("/data/insert/hidden_part", { data: { _id: "h1", open: "a", secret: "s" } }),
    );
    const asks: readonly (readonly [string, JsonObject])[] = [
      ["/query", { payload_type: "hidden_part" }],
      ["/query", { identifiers: ["h1"] }],
      ["/query/count", { payload_type: "hidden_part" }],
      ["/resources/read", { identifiers: ["h1"] }],
      ["/resources/history", { identifier: "h1" }],
    ];
    for (const [path, body] of asks) {
      expect((await admin.post(path, body)).text, path).toMatch(/h1|"count":1/);
      const hidden = await reader.post(path, body);
      const found = hidden.status === 404 ? "" : hidden.text;
      expect(found, path).not.toMatch(/h1|secret|"count":1/);
    }
    expect((await reader.get("/changes?limit=10000")).text).not.toContain('"h1"');
    expect(await bodyOf(reader.post("/data/find/hidden_part", {}))).toMatchObject({
      matchCount: 1,
    });
    const update = await admin.post("/resources/update", { updates: { h1: { open: "b" } } });
    expect(update.status, update.text).toBe(403);
  });

  test("counts and statistics leave out what the lists hide, before and after the closure is refreshed", async () => {
    const { client: reader } = await callerOf("entity-reader@example.org", "user");
    await define(
      "uncounted",
      { open: { type: "string" } },
      { schema: { access: { find: ["admin"], insert: ["anyone"] } } },
    );
    const source = { identifier: "counted", payload_type: "datasource", name: "counted" };
    const below = { parent_identifier: "counted" };
    const resources = [
      source,
      { identifier: "counted/a", payload_type: "dataset", name: "a", ...below },
      { identifier: "counted/b", payload_type: "uncounted", open: "b", ...below },
    ];
    expect((await admin.post("/resources/create", { resources })).status).toBe(200);
    const figures = async (client: Client): Promise<readonly unknown[]> => {
      const roots = (await client.get("/children")).body as unknown as readonly JsonObject[];
      const stats = (await client.get("/datasources/stats"))
        .body as unknown as readonly JsonObject[];
      return [
        roots.find((node) => node["identifier"] === "counted")?.["descendant_count"],
        stats.find((row) => row["datasource_id"] === "counted")?.["resources"],
      ];
    };
    for (const isRefreshed of [false, true]) {
      if (isRefreshed) await admin.send("POST", "/admin/materialized-views/refresh");
      expect(await figures(reader), String(isRefreshed)).toEqual([1, 1]);
      expect(await figures(admin), String(isRefreshed)).toEqual([2, 2]);
    }
  });
});

describe("policies of a key", () => {
  const OTHER = { payload_types: ["image"], actions: ["create", "read", "update", "delete"] };

  test("name the entities that it may write, whatever else it may write", async () => {
    const { client } = await keyClient(admin, [OTHER]);
    await bodyOf(admin.put("/data/insert/dataset", { data: { _id: "policy/a", name: "a" } }));
    const query = { field: "_id", op: "=", rvalue: "policy/a" };
    const calls: readonly (readonly [string, string, JsonObject])[] = [
      ["PUT", "/data/insert/dataset", { data: { _id: "policy/b", name: "b" } }],
      ["POST", "/data/save/dataset", { data: { _id: "policy/a", name: "b" }, upsert: true }],
      ["POST", "/data/update/dataset", { query, update: { $set: { name: "b" } } }],
      ["POST", "/data/delete/dataset", { query }],
    ];
    for (const [method, path, body] of calls) {
      expect(codesOf(await bodyOf(client.send(method, path, body), 403)), path).toEqual([
        "crud:NoAccess",
      ]);
    }
    const identifiers = ["policy/a", "policy/b"];
    expect((await admin.post("/resources/read", { identifiers })).body).toMatchObject([
      { identifier: "policy/a", name: "a", version: 1 },
    ]);
  });

  test("can limit it to its own documents: those of others are reported, and unchanged", async () => {
    const owned = { payload_types: ["dataset"], actions: ["create", "update"], owner_only: true };
    const { client } = await keyClient(admin, [
      owned,
      { payload_types: ["dataset"], actions: ["read"] },
    ]);
    await bodyOf(admin.put("/data/insert/dataset", { data: { _id: "owned/theirs", name: "a" } }));
    await bodyOf(client.put("/data/insert/dataset", { data: { _id: "owned/mine", name: "a" } }));
    const query = { field: "_id", regex: "^owned/" };
    const answer = await bodyOf(
      client.post("/data/update/dataset", { query, update: { $set: { name: "b" } } }),
    );
    expect(answer).toMatchObject({ status: "PARTIAL", modifiedCount: 1 });
    expect(dataErrorsOf(answer)[0]?.[0]).toMatch(/^crud:NoAccess/);
    const identifiers = ["owned/theirs", "owned/mine"];
    expect((await admin.post("/resources/read", { identifiers })).body).toMatchObject([
      { name: "a", version: 1 },
      { name: "b", version: 2 },
    ]);
  });
});
