import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { appOver } from "../../../support/servers/app.ts";
import { adminClient, adminToken, callerOf } from "../../../support/fixtures/callers.ts";
import { clientOf, type Client } from "../../../support/clients/http.ts";
import { bodyOf, codesOf, everything, metadata } from "../../../support/clients/entities.ts";

let admin: Client;

beforeAll(async () => {
  admin = await adminClient();
});

const TEXT: JsonObject = { type: "string" };

const put = (name: string, version: string, body: JsonObject): Promise<JsonObject> =>
  bodyOf(admin.put(`/metadata/${name}/${version}`, body));

describe("changes of metadata", () => {
  test("that do not fit are refused, and nothing is changed", async () => {
    const good = metadata("fitting", { a: TEXT, n: { type: "integer" } });
    await put("fitting", "1.0.0", good);
    const before = (await admin.get("/metadata/fitting/1.0.0")).text;
    const second = (fields: JsonObject, extra: JsonObject = {}): JsonObject =>
      metadata("fitting", fields, { version: "2.0.0", ...extra });
    const cases: readonly (readonly [string, JsonObject, string])[] = [
      ["fitting/1.0.0", good, "mongo-metadata:DuplicateMetadata"],
      ["fitting/2.0", metadata("fitting", {}, { version: "2.0" }), "metadata:InvalidVersionNumber"],
      ["fitting/2.0.0", good, "rest-metadata:NoVersionMatch"],
      ["other/1.0.0", good, "rest-metadata:NoNameMatch"],
      ["image/1.0.0", metadata("image", {}), "mongo-metadata:DuplicateMetadata"],
      ["Fitting/1.0.0", metadata("Fitting", {}), "metadata:InvalidMetadata"],
      ["fitting/2.0.0", second({ n: TEXT }), "metadata:IncompatibleFields"],
      ["fitting/2.0.0", second({ a: { type: "reference" } }), "metadata:InvalidFieldType"],
      [
        "fitting/2.0.0",
        second({ a: { type: "array", items: { type: "array", items: TEXT } } }),
        "metadata:InvalidMetadata",
      ],
      ["fitting/2.0.0", second({ version: TEXT }), "metadata:InvalidMetadata"],
      ["fitting/2.0.0", second({ "a.b": TEXT }), "metadata:InvalidMetadata"],
      [
        "fitting/2.0.0",
        second({ a: { type: "string", constraints: { unique: true } } }),
        "metadata:InvalidConstraint",
      ],
      [
        "fitting/2.0.0",
        second({ a: { type: "string", constraints: { enum: "none" } } }),
        "metadata:InvalidEnum",
      ],
      [
        "fitting/2.0.0",
        second({ a: { type: "string", valueGenerator: { type: "Dice" } } }),
        "metadata:InvalidValueGenerator",
      ],
      [
        "fitting/2.0.0",
        second({ a: TEXT }, { schema: { status: { value: "new" } } }),
        "metadata:InvalidStatus",
      ],
      [
        "fitting/2.0.0",
        second({ a: TEXT }, { info: { defaultVersion: "9.0.0" } }),
        "metadata:InvalidDefaultVersion",
      ],
      [
        "fitting/2.0.0",
        second({ a: TEXT }, { info: { indexes: [{ fields: [{ field: "a.b" }] }] } }),
        "metadata:InvalidIndex",
      ],
      [
        "fitting/2.0.0",
        second({ a: TEXT }, { info: { notes: "x".repeat(2_000_000) } }),
        "metadata:InvalidMetadata",
      ],
      [
        "fitting/2.0.0",
        second({ a: { type: "string", valueGenerator: { type: "CurrentTime" } } }),
        "metadata:InvalidValueGenerator",
      ],
      ["nothing/schema=1.0.0", { version: { value: "1.0.0" }, fields: {} }, "crud:UnknownEntity"],
    ];
    for (const [path, body, code] of cases) {
      const answer = await admin.put(`/metadata/${path}`, body);
      expect(codesOf(answer.body as JsonObject), `${path} ${JSON.stringify(body)}`).toEqual([code]);
      expect(answer.status).toBe(code === "crud:UnknownEntity" ? 404 : 400);
    }
    expect((await admin.get("/metadata/fitting/1.0.0")).text).toBe(before);
    expect((await admin.get("/metadata/fitting")).body).toHaveLength(1);
  });

  test("are for admins; a schema alone adds a version; a snapshot is replaced", async () => {
    const { client: editor } = await callerOf("metadata-editor@example.org", "editor");
    const body = metadata("made_by", { a: TEXT });
    expect(codesOf(await bodyOf(editor.put("/metadata/made_by/1.0.0", body), 403))).toEqual([
      "crud:NoAccess",
    ]);
    await put("made_by", "1.0.0", body);
    const { schema } = metadata("made_by", { a: TEXT, b: TEXT }, { version: "1.1.0-SNAPSHOT" });
    await bodyOf(admin.put("/metadata/made_by/schema=1.1.0-SNAPSHOT", schema ?? null));
    const more = metadata("made_by", { a: TEXT, b: TEXT, c: TEXT }, { version: "1.1.0-SNAPSHOT" });
    await put("made_by", "1.1.0-SNAPSHOT", more);
    const diff = await bodyOf(admin.get("/metadata/made_by/1.0.0/diff/1.1.0-SNAPSHOT"));
    expect(diff["differences"]).toEqual([
      { path: "version.value", before: "1.0.0", after: "1.1.0-SNAPSHOT" },
      { path: "fields.b", before: null, after: TEXT },
      { path: "fields.c", before: null, after: TEXT },
    ]);
    expect((await admin.get("/metadata/made_by/roles")).body).toEqual([
      {
        role: "anyone",
        insert: ["made_by:1.0.0", "made_by:1.1.0-SNAPSHOT"],
        find: ["made_by:1.0.0", "made_by:1.1.0-SNAPSHOT"],
        update: ["made_by:1.0.0", "made_by:1.1.0-SNAPSHOT"],
        delete: ["made_by:1.0.0", "made_by:1.1.0-SNAPSHOT"],
      },
    ]);
    expect((await admin.get("/metadata/made_by/dependencies")).body).toEqual({
      entity: "made_by",
      dependencies: [],
    });
    expect((await bodyOf(admin.post("/metadata/made_by/reindex", {})))["entityInfo"]).toBeDefined();
    expect((await admin.get("/metadata")).text).toContain('"made_by"');
    expect((await admin.get("/metadata/s=disabled")).text).not.toContain('"made_by"');
  });

  test("delete an entity when all its versions are disabled; documents and history stay", async () => {
    await put("leaving", "1.0.0", metadata("leaving", { a: TEXT }));
    await bodyOf(admin.put("/data/insert/leaving", { data: { _id: "le1", a: "x" } }));
    expect(codesOf(await bodyOf(admin.send("DELETE", "/metadata/leaving"), 400))).toEqual([
      "metadata:VersionNotDisabled",
    ]);
    await bodyOf(admin.put("/metadata/leaving/1.0.0/disabled", {}));
    await bodyOf(admin.send("DELETE", "/metadata/leaving"));
    expect((await admin.get("/metadata/leaving")).status).toBe(404);
    expect(codesOf(await bodyOf(admin.post("/data/find/leaving", {}), 404))).toEqual([
      "crud:UnknownEntity",
    ]);
    expect((await admin.post("/resources/read", { identifiers: ["le1"] })).text).toContain(
      '"a":"x"',
    );
    const { client: reader } = await callerOf("leaving-reader@example.org", "user");
    expect((await reader.post("/resources/read", { identifiers: ["le1"] })).text).toBe("[]");
    const states = await env.DB.prepare(
      "SELECT state FROM entities WHERE entity = 'leaving' ORDER BY ordinal",
    ).all();
    expect(states.results.map(({ state }) => state === null)).toEqual([false, false, true]);
    await put("leaving", "1.0.0", metadata("leaving", { a: TEXT, b: TEXT }));
    expect(await everything(admin, "leaving")).toEqual([
      { _id: "le1", objectType: "leaving", a: "x" },
    ]);
  });

  test("reach isolates with cached older ones", async () => {
    const other = clientOf(appOver(env.DB), await adminToken());
    await put("moving", "1.0.0", metadata("moving", { a: TEXT }));
    await bodyOf(other.put("/data/insert/moving", { data: { _id: "mo1", a: "x" } }));
    const fields = { a: TEXT, b: TEXT };
    await put(
      "moving",
      "1.1.0",
      metadata("moving", fields, { version: "1.1.0", info: { defaultVersion: "1.1.0" } }),
    );
    expect(await bodyOf(other.post("/data/find/moving", {}))).toMatchObject({
      entityVersion: "1.1.0",
    });
    const query = { field: "b", op: "=", rvalue: null };
    expect(
      await bodyOf(other.post("/data/update/moving", { query, update: { $set: { b: "y" } } })),
    ).toMatchObject({
      modifiedCount: 1,
    });
    await bodyOf(admin.put("/metadata/moving/1.0.0/disabled", {}));
    expect((await other.post("/data/find/moving/1.0.0", {})).status).toBe(404);
    const closed = metadata("moving", fields, {
      version: "1.2.0-SNAPSHOT",
      schema: { access: { find: ["noone"] } },
    });
    expect((await other.post("/resources/read", { identifiers: ["mo1"] })).text).toContain("mo1");
    await put("moving", "1.2.0-SNAPSHOT", closed);
    expect((await other.post("/resources/read", { identifiers: ["mo1"] })).text).toBe("[]");
  });
});

test("a built-in payload type is an entity, with metadata derived from its schema", async () => {
  const document = await bodyOf(admin.get("/metadata/image/1.0.0"));
  expect(document).toMatchObject({
    entityInfo: { name: "image", defaultVersion: "1.0.0" },
    schema: { fields: { rows: { type: "integer" }, acquisition_datetime: { type: "date" } } },
  });
  const data = [
    { _id: "im1", rows: "512", modality: "CT", acquisition_datetime: "20240310T08:30:00.000+0000" },
    { _id: "im2", rows: -1 },
    { _id: "im3", laterality: "X" },
  ];
  const body = await bodyOf(admin.put("/data/insert/image", { data }));
  expect(body).toMatchObject({ status: "PARTIAL", modifiedCount: 1 });
  expect((body["dataErrors"] as readonly Json[]).length).toBe(2);
  const query = { field: "acquisition_datetime", op: ">=", rvalue: "20240310T08:30:00.000+0000" };
  const projection = [{ field: "rows" }, { field: "acquisition_datetime" }];
  expect(await bodyOf(admin.post("/data/find/image", { query, projection }))).toMatchObject({
    processed: [{ rows: 512, acquisition_datetime: "20240310T08:30:00.000+0000" }],
  });
  const row = await admin.post("/resources/read", { identifiers: ["im1"] });
  expect(row.text).toContain('"acquisition_datetime":"2024-03-10T08:30:00.000000Z"');
  expect(codesOf(await bodyOf(admin.post("/data/find/grant", {}), 404))).toEqual([
    "crud:UnknownEntity",
  ]);
});

test("the payload type of an entity depends only on its metadata", async () => {
  await put("owned", "1.0.0", metadata("owned", { a: TEXT }));
  const refused = await admin.put("/schemas/owned", {
    version: "9.0.0",
    json_schema: { type: "object" },
  });
  expect(refused.status, refused.text).toBe(400);
  expect((await admin.get("/schemas/owned")).body).toMatchObject({ properties: { a: TEXT } });
});
