import { beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { adminClient } from "../../../support/fixtures/callers.ts";
import type { Client } from "../../../support/clients/http.ts";
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

describe("docver", () => {
  test("a stale document version is a data error; unlisted documents are not changed", async () => {
    await define("locked", {
      n: { type: "integer" },
      version_of: { type: "string", documentVersion: true },
    });
    const data = ["l1", "l2", "l3"].map((_id) => ({ _id, n: 1 }));
    await bodyOf(admin.put("/data/insert/locked", { data }));
    await bodyOf(admin.post("/data/save/locked", { data: { _id: "l2", n: 2 } }));
    const [one] = await everything(admin, "locked");
    expect(one).toMatchObject({ _id: "l1", version_of: "l1:1" });
    const locking = { onlyIfCurrent: true, documentVersions: ["l1:1", "l2:1"] };
    const update = { $set: { n: 5 } };
    const updated = await bodyOf(
      admin.post("/data/update/locked", { query: { $and: [] }, update, ...locking }),
    );
    expect(updated).toMatchObject({ status: "PARTIAL", matchCount: 3, modifiedCount: 1 });
    expect(dataErrorsOf(updated)).toEqual([["mongo-crud:ConcurrentUpdate l2"]]);
    const saved = await bodyOf(
      admin.post("/data/save/locked", {
        data: [
          { _id: "l1", n: 6, version_of: "l1:2" },
          { _id: "l3", n: 6 },
        ],
        onlyIfCurrent: true,
        documentVersions: [],
      }),
    );
    expect(saved).toMatchObject({
      status: "PARTIAL",
      modifiedCount: 1,
      resultMetadata: [{ documentVersion: "l1:3" }],
    });
    expect(dataErrorsOf(saved)).toEqual([["mongo-crud:ConcurrentUpdate l3"]]);
    const removed = await bodyOf(
      admin.post("/data/delete/locked", {
        query: { $and: [] },
        onlyIfCurrent: true,
        documentVersions: ["l1:1", "l2:2"],
      }),
    );
    expect(removed).toMatchObject({ status: "PARTIAL", modifiedCount: 1 });
    expect((await everything(admin, "locked")).map(({ _id, n }) => [_id, n])).toEqual([
      ["l1", 6],
      ["l3", 1],
    ]);
  });
});

describe("unique indexes", () => {
  test("the store's index refuses duplicates: the first document keeps the values, the others are reported", async () => {
    const unique = { name: "u", unique: true, fields: [{ field: "code" }, { field: "site" }] };
    await define(
      "singular",
      { code: { type: "string" }, site: { type: "integer" }, n: { type: "integer" } },
      { info: { indexes: [unique] } },
    );
    const insert = (data: readonly JsonObject[]) =>
      bodyOf(admin.put("/data/insert/singular", { data: [...data] }));
    await insert([
      { _id: "u1", code: "a", site: 1 },
      { _id: "u2", code: "a" },
      { _id: "u3", code: "a" },
    ]);
    const mixed = await insert([
      { _id: "u4", code: "a", site: 1 },
      { _id: "u5", code: "b", site: 1 },
      { _id: "u6", code: "b", site: 1 },
    ]);
    expect(mixed).toMatchObject({ status: "PARTIAL", modifiedCount: 1 });
    expect(dataErrorsOf(mixed)).toEqual([
      ["mongo-crud:Duplicate code,site"],
      ["mongo-crud:Duplicate code,site"],
    ]);
    const all = { query: { field: "site", op: "=", rvalue: 1 } };
    const clash = await bodyOf(
      admin.post("/data/update/singular", { ...all, update: { $set: { code: "c" } } }),
    );
    expect(clash).toMatchObject({ status: "PARTIAL", matchCount: 2, modifiedCount: 1 });
    // Two documents swap unique values in one write.
    const swap = {
      data: [
        { _id: "u1", code: "b", site: 1 },
        { _id: "u5", code: "c", site: 1 },
      ],
    };
    const swapped = await bodyOf(admin.post("/data/save/singular", swap));
    expect(swapped, JSON.stringify(swapped)).toMatchObject({
      status: "COMPLETE",
      modifiedCount: 2,
    });
    const held = await everything(admin, "singular");
    expect(held.map(({ _id, code, site }) => [_id, code, site])).toEqual([
      ["u1", "b", 1],
      ["u2", "a", undefined],
      ["u3", "a", undefined],
      ["u5", "c", 1],
    ]);
    await bodyOf(
      admin.post("/data/delete/singular", { query: { field: "_id", op: "=", rvalue: "u1" } }),
    );
    expect(await insert([{ _id: "u7", code: "b", site: 1 }])).toMatchObject({ status: "COMPLETE" });
    const restored = await insert([{ _id: "u1", code: "b", site: 1 }]);
    expect(dataErrorsOf(restored)).toEqual([["mongo-crud:Duplicate code,site"]]);
  });

  test("apply to writes through other surfaces too", async () => {
    await define(
      "single",
      { code: { type: "string" } },
      {
        info: { indexes: [{ name: "c", unique: true, fields: [{ field: "code" }] }] },
      },
    );
    await bodyOf(admin.put("/data/insert/single", { data: { _id: "si1", code: "a" } }));
    const resources = [{ identifier: "si2", payload_type: "single", code: "a" }];
    const refused = await admin.post("/resources/create", { resources });
    expect(refused.status, refused.text).toBe(400);
    expect(refused.body).toMatchObject({ code: "already_exists" });
    await bodyOf(admin.post("/resources/create", { resources: [{ ...resources[0], code: "b" }] }));
    const updates = { si2: { code: "a" } };
    expect((await admin.post("/resources/update", { updates })).body).toMatchObject({
      code: "already_exists",
    });
  });

  test("cannot be declared over documents that violate them already", async () => {
    await define("clashing", { code: { type: "string" } });
    await bodyOf(admin.put("/data/insert/clashing", { data: [{ code: "a" }, { code: "a" }] }));
    const indexes = [{ name: "c", unique: true, fields: [{ field: "code" }] }];
    const refused = await bodyOf(
      admin.put("/metadata/clashing", { entityInfo: { name: "clashing", indexes } }),
      400,
    );
    expect(codesOf(refused)).toEqual(["mongo-crud:Duplicate"]);
  });
});

describe("update and delete", () => {
  test("need a query, and change nothing without a match", async () => {
    await define("quiet", {
      n: { type: "integer" },
      list: { type: "array", items: { type: "integer" } },
    });
    await bodyOf(admin.put("/data/insert/quiet", { data: { _id: "q1", n: 1 } }));
    for (const path of ["/data/update/quiet", "/data/delete/quiet"]) {
      expect(codesOf(await bodyOf(admin.post(path, { update: { $add: { n: 1 } } }), 400))).toEqual([
        "mongo-crud:NullQuery",
      ]);
    }
    const query = { field: "n", op: "=", rvalue: 7 };
    expect(
      await bodyOf(admin.post("/data/update/quiet", { query, update: { $add: { n: 1 } } })),
    ).toMatchObject({
      status: "COMPLETE",
      matchCount: 0,
      modifiedCount: 0,
      processed: [],
    });
    const same = { query: { $and: [] }, update: { $set: { n: 1 } }, projection: { field: "n" } };
    expect(await bodyOf(admin.post("/data/update/quiet", same))).toMatchObject({
      matchCount: 1,
      modifiedCount: 0,
      processed: [{ n: 1 }],
      resultMetadata: [{ documentVersion: "q1:1" }],
    });
    const misfit = { query: { $and: [] }, update: [{ $set: { "list.-5": 1 } }] };
    const body = await bodyOf(admin.post("/data/update/quiet", misfit));
    expect(body).toMatchObject({ status: "PARTIAL", dataErrors: [{ data: { _id: "q1" } }] });
    expect(await everything(admin, "quiet")).toEqual([
      { _id: "q1", objectType: "quiet", n: 1, "list#": 0 },
    ]);
  });

  test("do not change a document whose constraint would be violated", async () => {
    await define("bounded", { n: { type: "integer", constraints: { maximum: 5 } } });
    await bodyOf(
      admin.put("/data/insert/bounded", {
        data: [
          { _id: "b1", n: 1 },
          { _id: "b2", n: 5 },
        ],
      }),
    );
    const add = { query: { $and: [] }, update: { $add: { n: 1 } }, projection: { field: "n" } };
    const body = await bodyOf(admin.post("/data/update/bounded", add));
    expect(body).toMatchObject({
      status: "PARTIAL",
      matchCount: 2,
      modifiedCount: 1,
      processed: [{ n: 2 }],
    });
    expect(body["dataErrors"]).toMatchObject([
      { data: { n: 6 }, errors: [{ errorCode: "crud:ValueTooLarge" }] },
    ]);
  });
});
