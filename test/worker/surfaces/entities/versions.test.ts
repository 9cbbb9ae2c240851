import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { adminClient } from "../../../support/fixtures/callers.ts";
import { type Client } from "../../../support/clients/http.ts";
import { bodyOf, codesOf, everything, metadata } from "../../../support/clients/entities.ts";

let admin: Client;

beforeAll(async () => {
  admin = await adminClient();
});

const TEXT: JsonObject = { type: "string" };

const put = (name: string, version: string, body: JsonObject): Promise<JsonObject> =>
  bodyOf(admin.put(`/metadata/${name}/${version}`, body));

describe("versions", () => {
  test("share the documents, and each sees and writes its own fields", async () => {
    const element = (fields: JsonObject): JsonObject => ({
      type: "array",
      items: { type: "object", fields },
    });
    const part = (fields: JsonObject): JsonObject => ({ type: "object", fields });
    await put(
      "shared",
      "1.0.0",
      metadata("shared", { a: TEXT, part: part({ x: TEXT }), list: element({ k: TEXT, x: TEXT }) }),
    );
    await put(
      "shared",
      "2.0.0",
      metadata(
        "shared",
        { a: TEXT, b: TEXT, part: part({ x: TEXT, y: TEXT }), list: element({ k: TEXT, y: TEXT }) },
        { version: "2.0.0" },
      ),
    );
    const data = {
      _id: "v1",
      a: "a",
      b: "b",
      part: { x: "x", y: "y" },
      list: [
        { k: "1", y: "y1" },
        { k: "2", y: "y2" },
      ],
    };
    await bodyOf(admin.put("/data/insert/shared/2.0.0", { data }));
    const old = [
      {
        _id: "v1",
        objectType: "shared",
        a: "a",
        part: { x: "x" },
        list: [{ k: "1" }, { k: "2" }],
        "list#": 2,
      },
    ];
    expect(await everything(admin, "shared", "1.0.0")).toEqual(old);
    const saved = {
      _id: "v1",
      a: "new",
      part: { x: "n" },
      list: [{ k: "2" }, { k: "3", x: "x3" }],
    };
    await bodyOf(admin.post("/data/save/shared/1.0.0", { data: saved }));
    const query = { field: "_id", op: "=", rvalue: "v1" };
    const update = [{ $set: { part: { x: "set" } } }, { $append: { list: { k: "4" } } }];
    await bodyOf(admin.post("/data/update/shared/1.0.0", { query, update }));
    expect(await everything(admin, "shared", "2.0.0")).toEqual([
      {
        _id: "v1",
        objectType: "shared",
        a: "new",
        b: "b",
        part: { x: "set", y: "y" },
        list: [{ k: "2", y: "y2" }, { k: "3" }, { k: "4" }],
        "list#": 3,
      },
    ]);
    const unknown = { field: "b", op: "=", rvalue: "b" };
    expect(
      codesOf(await bodyOf(admin.post("/data/find/shared/1.0.0", { query: unknown }), 400)),
    ).toEqual(["metadata:InvalidFieldReference"]);
  });

  test("default to the entity's default, else the newest active one; disabled ones are refused", async () => {
    for (const version of ["1.0.0", "1.10.0", "1.9.0"]) {
      await put("named", version, metadata("named", { a: TEXT }, { version }));
    }
    const versionOf = async (): Promise<Json> =>
      (await bodyOf(admin.post("/data/find/named", {})))["entityVersion"] ?? null;
    expect(await versionOf()).toBe("1.10.0");
    await bodyOf(admin.put("/metadata/named/1.10.0/deprecated?comment=old", {}));
    expect(await versionOf()).toBe("1.9.0");
    expect(await bodyOf(admin.post("/data/find/named/1.10.0", {}))).toMatchObject({
      status: "COMPLETE",
    });
    await bodyOf(admin.post("/metadata/named/1.0.0/default", {}));
    expect(await versionOf()).toBe("1.0.0");
    expect(codesOf(await bodyOf(admin.put("/metadata/named/1.0.0/disabled", {}), 400))).toEqual([
      "metadata:InvalidDefaultVersion",
    ]);
    await bodyOf(admin.send("DELETE", "/metadata/named/default"));
    await bodyOf(admin.put("/metadata/named/1.9.0/disabled", {}));
    expect(codesOf(await bodyOf(admin.post("/data/find/named/1.9.0", {}), 404))).toEqual([
      "crud:DisabledMetadataVersion",
    ]);
    const listed = (await admin.get("/metadata/named")).body;
    expect(listed).toEqual([
      {
        version: "1.0.0",
        changelog: null,
        extendsVersions: [],
        status: "active",
        defaultVersion: false,
      },
      {
        version: "1.10.0",
        changelog: null,
        extendsVersions: [],
        status: "deprecated",
        defaultVersion: false,
      },
      {
        version: "1.9.0",
        changelog: null,
        extendsVersions: [],
        status: "disabled",
        defaultVersion: false,
      },
    ]);
    const document = await bodyOf(admin.get("/metadata/named/1.10.0"));
    expect(document).toMatchObject({
      schema: { status: { value: "deprecated", log: [{ value: "deprecated", comment: "old" }] } },
    });
  });
});
