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

describe("insert", () => {
  test("checks each document by itself: constraints, unreadable values and taken identifiers are reported", async () => {
    await define(
      "judged",
      {
        name: {
          type: "string",
          constraints: { required: true, minLength: 2, maxLength: 4, matches: "[a-z]*" },
        },
        kind: { type: "string", constraints: { enum: "kinds" } },
        count: { type: "integer", constraints: { minimum: 1, maximum: 9 } },
        list: {
          type: "array",
          constraints: { minItems: 1, maxItems: 2 },
          items: {
            type: "object",
            fields: {
              key: { type: "string", constraints: { "element-identity": true } },
              must: { type: "string", constraints: { required: true } },
            },
          },
        },
        part: {
          type: "object",
          fields: { must: { type: "string", constraints: { required: true } } },
        },
      },
      {
        info: { enums: [{ name: "kinds", annotatedValues: [{ name: "a", description: "an a" }] }] },
      },
    );
    const data: JsonObject[] = [
      { _id: "j1", name: "abc" },
      { _id: "j2" },
      { _id: "j3", name: "x", kind: "b", count: 0 },
      { _id: "j4", name: "toolong", count: 10, list: [] },
      {
        _id: "j5",
        name: "A1",
        list: [{ key: "k", must: "m" }, { key: "k" }, { key: "l", must: "m" }],
      },
      { _id: "j6", name: "ok", part: {} },
      { _id: "j7", name: "ok", count: "many" },
      { _id: "j1", name: "again" },
      { _id: "j9 ", name: "ok" },
      { name: "", kind: null },
    ];
    const body = await bodyOf(
      admin.put("/data/insert/judged", { data, projection: { field: "_id" } }),
    );
    expect(body).toMatchObject({ status: "PARTIAL", modifiedCount: 1, processed: [{ _id: "j1" }] });
    expect(dataErrorsOf(body)).toEqual([
      ["crud:Required name"],
      ["crud:TooShort name", "crud:InvalidEnum kind", "crud:ValueTooSmall count"],
      ["crud:TooLong name", "crud:ValueTooLarge count", "crud:ArrayTooSmall list"],
      [
        "crud:InvalidEntity name",
        "crud:ArrayTooLarge list",
        "crud:DuplicateArrayElementId list.key",
        "crud:Required list.1.must",
      ],
      ["crud:Required part.must"],
      ["metadata:IncompatibleValue count"],
      ["mongo-crud:Duplicate _id"],
      ["metadata:IncompatibleValue _id"],
      ["crud:TooShort name"],
    ]);
    const [second] = body["dataErrors"] as readonly JsonObject[];
    expect(second?.["data"]).toMatchObject({ _id: "j2", objectType: "judged" });
    expect((await everything(admin, "judged")).map(({ _id }) => _id)).toEqual(["j1"]);
    const none = await bodyOf(admin.put("/data/insert/judged", { data: [{}, {}] }));
    expect(none).toMatchObject({ status: "ERROR", modifiedCount: 0, processed: [] });
  });

  test("refuses the whole request for an unknown field or a container in place of a scalar", async () => {
    await define("strict_one", { name: { type: "string" }, part: { type: "object", fields: {} } });
    const good = { _id: "so1", name: "a" };
    for (const [bad, code] of [
      [{ other: 1 }, "metadata:InvalidFieldReference"],
      [{ part: { x: 1 } }, "metadata:InvalidFieldReference"],
      [{ name: {} }, "metadata:IncompatibleValue"],
      [{ part: "x" }, "metadata:IncompatibleValue"],
      [{ objectType: "other" }, "crud:InvalidEntity"],
    ] as const) {
      const body = await bodyOf(admin.put("/data/insert/strict_one", { data: [good, bad] }), 400);
      expect(codesOf(body), JSON.stringify(bad)).toEqual([code]);
      expect(Object.keys(body).toSorted()).toEqual(["errors", "status"]);
    }
    expect(await everything(admin, "strict_one")).toEqual([]);
  });

  test("stores values in their fields' form, without nulls", async () => {
    await define("typed", {
      text: { type: "string" },
      count: { type: "integer" },
      real: { type: "double" },
      big: { type: "biginteger" },
      exact: { type: "bigdecimal" },
      flag: { type: "boolean" },
      when: { type: "date" },
      bytes: { type: "binary" },
      free: { type: "any" },
      times: { type: "array", items: { type: "date" } },
    });
    const data = {
      _id: "t1",
      text: 5,
      count: "12",
      real: "1e2",
      big: "+0123456789012345678901234567890",
      exact: "01.50",
      flag: "TRUE",
      when: "20240310T10:30:00.250+0200",
      bytes: "AAE=",
      free: { a: [1, null, { b: null }] },
      times: ["20240310T08:30:00.000+0000", null],
    };
    await bodyOf(admin.put("/data/insert/typed", { data }));
    expect(await everything(admin, "typed")).toEqual([
      {
        _id: "t1",
        objectType: "typed",
        text: "5",
        count: 12,
        real: 100,
        big: "123456789012345678901234567890",
        exact: "1.5",
        flag: true,
        when: "20240310T08:30:00.250+0000",
        bytes: "AAE=",
        free: { a: [1, null, {}] },
        times: ["20240310T08:30:00.000+0000", null],
        "times#": 2,
      },
    ]);
    const query = { field: "when", op: "=", rvalue: "20240310T08:30:00.250+0000" };
    expect(await bodyOf(admin.post("/data/find/typed", { query }))).toMatchObject({
      matchCount: 1,
    });
  });

  test("generates what is required and missing, or null; sequences have no gaps", async () => {
    const sequence = (overwrite: boolean): JsonObject => ({
      type: "IntSequence",
      overwrite,
      configuration: { name: "made", initialValue: 100 },
    });
    await define("made", {
      number: { type: "integer", constraints: { required: true }, valueGenerator: sequence(false) },
      optional: { type: "string", valueGenerator: { type: "UUID" } },
      at: {
        type: "date",
        constraints: { required: true },
        valueGenerator: { type: "CurrentTime", overwrite: true },
      },
      mark: { type: "uid", constraints: { required: true }, access: { insert: ["noone"] } },
    });
    const data = [
      { _id: "m1" },
      { _id: "m2", optional: null, number: 7, at: "20000101T00:00:00.000+0000" },
      {},
    ];
    const projection = { field: "*" };
    const body = await bodyOf(admin.put("/data/insert/made", { data, projection }));
    const [first, second, third] = body["processed"] as readonly JsonObject[];
    expect(first).toMatchObject({ _id: "m1", number: 100 });
    expect(first?.["mark"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(first).not.toHaveProperty("optional");
    expect(second?.["optional"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(second).toMatchObject({ number: 7 });
    expect(second?.["at"]).not.toMatch(/^2000/);
    expect(third?.["_id"]).toMatch(/^[0-9a-f]{24}$/);
    expect(third).toMatchObject({ number: 101 });
    const path = "/data/generate/made";
    expect(await bodyOf(admin.get(`${path}/number?n=3`))).toMatchObject({
      processed: [102, 103, 104],
    });
    expect(await bodyOf(admin.get(`${path}/1.0.0/number`))).toMatchObject({ processed: [105] });
    expect((await bodyOf(admin.get(`${path}/_id`)))["processed"]).toBeUndefined();
    expect(codesOf(await bodyOf(admin.get(`${path}/number?n=0`), 400))).toEqual([
      "rest-crud:RestError",
    ]);
  });
});

describe("save", () => {
  test("replaces by identity, and inserts only with upsert", async () => {
    await define("kept", {
      code: { type: "string", constraints: { identity: true } },
      name: { type: "string" },
      tags: { type: "array", items: { type: "string" } },
    });
    await bodyOf(
      admin.put("/data/insert/kept", { data: [{ _id: "k1", code: "a", name: "A", tags: ["x"] }] }),
    );
    const projection = { field: "*", recursive: true };
    const saved = await bodyOf(
      admin.post("/data/save/kept", {
        data: [{ code: "a", tags: [] }, { code: "b" }, { name: "no code" }],
        projection,
      }),
    );
    expect(saved).toMatchObject({
      status: "PARTIAL",
      modifiedCount: 1,
      processed: [{ _id: "k1", objectType: "kept", code: "a", tags: [], "tags#": 0 }],
      resultMetadata: [{ documentVersion: "k1:2" }],
    });
    expect(saved["processed"]).not.toContainEqual(expect.objectContaining({ name: "A" }));
    expect(dataErrorsOf(saved).map(([first]) => first?.split(" ")[0])).toEqual([
      "mongo-crud:SaveError:InsertionAttemptWithNoUpsert",
      "mongo-crud:SaveError:InsertionAttemptWithNoUpsert",
    ]);
    const upserted = await bodyOf(
      admin.post("/data/save/kept", {
        data: [{ code: "b", name: "B" }, { name: "no code" }],
        upsert: true,
        projection,
      }),
    );
    expect(upserted).toMatchObject({ status: "PARTIAL", modifiedCount: 1 });
    expect(dataErrorsOf(upserted)).toEqual([["crud:Required code"]]);
    expect((await everything(admin, "kept")).map(({ code }) => code)).toEqual(["a", "b"]);
  });

  test("without an identity uses _id, generates one on upsert, and restores deleted documents", async () => {
    await define("plain", { name: { type: "string" } });
    const none = await bodyOf(
      admin.post("/data/save/plain", { data: [{ name: "a" }, { _id: "p1", name: "a" }] }),
    );
    expect(none).toMatchObject({ status: "ERROR", modifiedCount: 0 });
    expect(dataErrorsOf(none)).toEqual([
      ["crud:Required _id"],
      ["mongo-crud:SaveError:InsertionAttemptWithNoUpsert p1"],
    ]);
    const made = await bodyOf(
      admin.post("/data/save/plain", {
        data: [{ name: "a" }, { _id: "p1", name: "a" }],
        upsert: true,
      }),
    );
    expect(made).toMatchObject({ status: "COMPLETE", modifiedCount: 2 });
    const query = { field: "_id", op: "=", rvalue: "p1" };
    await bodyOf(admin.post("/data/delete/plain", { query }));
    const again = await bodyOf(
      admin.post("/data/save/plain", { data: { _id: "p1", name: "b" }, upsert: true }),
    );
    expect(again).toMatchObject({
      modifiedCount: 1,
      resultMetadata: [{ documentVersion: "p1:3" }],
    });
    const history = await admin.post("/resources/history", { identifier: "p1" });
    expect((history.body as readonly JsonObject[]).map(({ is_deleted }) => is_deleted)).toEqual([
      false,
      true,
      false,
    ]);
  });
});
