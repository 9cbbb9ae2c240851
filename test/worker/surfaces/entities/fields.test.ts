// Access lists of fields apply to every value that a response contains or an update copies.
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { adminClient, callerOf } from "../../../support/fixtures/callers.ts";
import type { Client } from "../../../support/clients/http.ts";
import {
  bodyOf,
  codesOf,
  dataErrorsOf,
  defineEntity,
  everything,
} from "../../../support/clients/entities.ts";

let admin: Client;
let editor: Client;

const text = { type: "string" };
const CLOSED = { access: { find: ["admin"] } };
const closed = { ...text, ...CLOSED };
const pair = { type: "object", fields: { open: text, secret: closed, tag: text } };
const EVERYTHING = { field: "*", recursive: true };
const ALL = { $and: [] };

beforeAll(async () => {
  admin = await adminClient();
  editor = (await callerOf("fields-editor@example.org", "editor")).client;
  await defineEntity(admin, "half_open", {
    name: text,
    half: pair,
    copy: pair,
    top: closed,
    tag: closed,
    note: text,
    list: { type: "array", items: pair },
    other: { type: "array", items: pair },
    // Its enclosing field is closed, which overrides its own list.
    shut: {
      type: "object",
      ...CLOSED,
      fields: { inner: { ...text, access: { find: ["anyone"] } } },
    },
    texts: { type: "array", ...CLOSED, items: text },
    count: { type: "integer", constraints: { maximum: 100 }, ...CLOSED },
    serial: {
      type: "integer",
      ...CLOSED,
      constraints: { required: true },
      valueGenerator: { type: "IntSequence", configuration: { name: "half_open" } },
    },
  });
});

const FULL: JsonObject = {
  name: "n",
  half: { open: "o", secret: "HIDDEN" },
  top: "HIDDEN",
  tag: "HIDDEN",
  list: [
    { open: "a", secret: "HIDDEN-a" },
    { open: "b", secret: "HIDDEN-b" },
  ],
  shut: { inner: "HIDDEN" },
  texts: ["HIDDEN"],
  count: 50,
  serial: 7777,
};

let next = 0;

/** A document of the admin, and calls about it. */
const stage = async () => {
  next += 1;
  const id = `f${next}`;
  const query = { field: "_id", op: "=", rvalue: id };
  await bodyOf(admin.put("/data/insert/half_open", { data: { _id: id, ...FULL } }));
  const find = async (client: Client): Promise<JsonObject> => {
    const body = { query, projection: EVERYTHING };
    const found = await bodyOf(client.post("/data/find/half_open", body));
    return (found["processed"] as readonly JsonObject[])[0] ?? {};
  };
  const update = (change: Json) =>
    editor.post("/data/update/half_open", { query, update: change, projection: EVERYTHING });
  const save = (data: JsonObject) =>
    editor.post("/data/save/half_open", { data: { _id: id, ...data }, projection: EVERYTHING });
  return { id, query, find, update, save };
};

const expectNothing = (answer: { readonly text: string }): void => {
  expect(answer.text).not.toContain("HIDDEN");
  expect(answer.text).not.toContain("7777");
};

describe("a value copied by an update", () => {
  const moves: readonly (readonly [string, Json])[] = [
    ["an object with a closed member", { $set: { copy: { $valueof: "half" } } }],
    ["a closed scalar", { $set: { note: { $valueof: "top" } } }],
    ["a member of a closed object", { $set: { note: { $valueof: "shut.inner" } } }],
    [
      "a member of an object that is closed itself",
      { $set: { note: { $valueof: "half.secret" } } },
    ],
    ["an array of such objects", { $set: { other: { $valueof: "list" } } }],
    ["an element, appended", { $append: { other: { $valueof: "half" } } }],
    ["an element of an array, appended", { $append: { other: { $valueof: "list.0" } } }],
    ["an element, inserted", { $insert: { "other.0": { $valueof: "list.1" } } }],
    ["an element of a closed array", { $set: { note: { $valueof: "texts.0" } } }],
    [
      "a field of the document that stands in for a missing one of an element",
      { $foreach: { list: "$all", $update: { $set: { open: { $valueof: "tag" } } } } },
    ],
    [
      "the parent of an element",
      { $foreach: { list: "$all", $update: { $set: { open: { $valueof: "$parent.top" } } } } },
    ],
    ["the size of a closed array", { $set: { count: { $valueof: "texts#" } } }],
    ["a sum over a closed number", { $add: { count: 60 } }],
    [
      "elements of a closed array that are chosen",
      { $foreach: { texts: { field: "$this", op: "=", rvalue: "HIDDEN" }, $update: "$remove" } },
    ],
    [
      "elements that are chosen by a closed member",
      {
        $foreach: { list: { field: "secret", op: "=", rvalue: "x" }, $update: "$remove" },
      },
    ],
  ];

  test.each(moves)("is refused: %s", async (_, change) => {
    const { find, update } = await stage();
    const before = await find(admin);
    const answer = await update(change);
    expect([answer.status, ...codesOf(answer.body as JsonObject)], answer.text).toEqual([
      403,
      "crud:NoAccess",
    ]);
    expectNothing(answer);
    expect(await find(admin)).toEqual(before);
  });

  test("is copied when the role may read all of it", async () => {
    const { find, update } = await stage();
    await bodyOf(update({ $set: { note: { $valueof: "half.open" } } }));
    expect(await find(editor)).toMatchObject({ note: "o" });
  });
});

describe("a document that is sent back as it was returned", () => {
  test("keeps closed members in place, at every depth, with generated ones", async () => {
    const { find, save } = await stage();
    const shown = await find(editor);
    expectNothing({ text: JSON.stringify(shown) });
    const answer = await save({ ...shown, name: "changed" });
    expectNothing(answer);
    expect(await find(admin)).toMatchObject({ ...FULL, name: "changed" });
    // Elements change and move, and keep their hidden parts.
    const list = [{ open: "b" }, { open: "changed" }];
    await bodyOf(save({ ...shown, half: { open: "p" }, list }));
    expect(await find(admin)).toMatchObject({
      half: { open: "p", secret: "HIDDEN" },
      list: [{ open: "b", secret: "HIDDEN-b" }, { open: "changed" }],
      serial: 7777,
    });
  });

  test("keeps them in place when an object or an array is set", async () => {
    const { find, update } = await stage();
    await bodyOf(update({ $set: { half: { open: "p" }, list: [{ open: "a" }, { open: "c" }] } }));
    expect(await find(admin)).toMatchObject({
      half: { open: "p", secret: "HIDDEN" },
      list: [
        { open: "a", secret: "HIDDEN-a" },
        { open: "c", secret: "HIDDEN-b" },
      ],
    });
    await bodyOf(update({ $unset: "half.secret" }));
    expect((await find(admin))["half"]).toEqual({ open: "p" });
  });
});

describe("a closed value is not disclosed", () => {
  test("by a query, a sort or a comparison below a closed field, which are refused", async () => {
    const { query } = await stage();
    const leaf = (field: string): JsonObject => ({ field, op: "=", rvalue: "HIDDEN" });
    const bodies: readonly JsonObject[] = [
      { query: leaf("shut.inner") },
      { query: leaf("texts.0") },
      { query: { array: "texts", contains: "$any", values: ["HIDDEN"] } },
      { query: { array: "list", elemMatch: leaf("secret") } },
      { query: { field: "name", op: "=", rfield: "shut.inner" } },
      { query, sort: { "shut.inner": "$asc" } },
      { query, projection: { field: "list", match: leaf("secret") } },
      { query, projection: { field: "list", range: [0, 1], sort: { secret: "$asc" } } },
    ];
    for (const body of bodies) {
      const answer = await editor.post("/data/find/half_open", body);
      expect([answer.status, ...codesOf(answer.body as JsonObject)], JSON.stringify(body)).toEqual([
        403,
        "crud:NoAccess",
      ]);
    }
  });

  test("as a generated value, with or without an error", async () => {
    await bodyOf(editor.put("/data/insert/half_open", { data: { _id: "serial" } }));
    const known = await everything(admin, "half_open");
    const serial = known.find((each) => each["_id"] === "serial")?.["serial"];
    expect(serial).toEqual(expect.any(Number));
    const again = await bodyOf(editor.put("/data/insert/half_open", { data: { _id: "serial" } }));
    expect(dataErrorsOf(again)).toEqual([["mongo-crud:Duplicate _id"]]);
    expect(JSON.stringify(again["dataErrors"])).not.toContain('serial":');
    const made = await editor.get("/data/generate/half_open/1.0.0/serial");
    expect([made.status, made.text]).toEqual([403, expect.stringContaining("crud:NoAccess")]);
  });

  test("in the response to a writer for whom the version is closed", async () => {
    await defineEntity(
      admin,
      "drop_box",
      { name: text, wide: { ...text, access: { find: ["anyone"] } } },
      { schema: { access: { find: ["admin"], insert: ["anyone"], update: ["anyone"] } } },
    );
    await bodyOf(
      admin.put("/data/insert/drop_box", { data: { _id: "d", name: "HIDDEN", wide: "HIDDEN" } }),
    );
    const data = { _id: "d", wide: "x" };
    for (const [path, body] of [
      ["/data/save/drop_box", { data, projection: EVERYTHING }],
      ["/data/save/drop_box", { data: { ...data, name: 1 }, projection: EVERYTHING }],
      ["/data/update/drop_box", { query: ALL, update: { $set: { wide: "y" } } }],
      [
        "/data/update/drop_box",
        { query: { field: "wide", op: "=", rvalue: "x" }, update: { $set: { wide: "y" } } },
      ],
    ] as const) {
      expectNothing(await editor.post(path, { projection: EVERYTHING, ...body }));
    }
    const guess = { field: "wide", op: "=", rvalue: "HIDDEN" };
    const answer = await editor.post("/data/update/drop_box", {
      query: guess,
      update: { $set: { wide: "z" } },
    });
    expect(answer.status, answer.text).toBe(403);
  });

  test("by an error about a closed field that the write does not change", async () => {
    const fields = (constraints: JsonObject): JsonObject => ({
      name: text,
      code: { ...closed, constraints },
    });
    await defineEntity(admin, "narrowed", fields({}));
    await bodyOf(admin.put("/data/insert/narrowed", { data: { _id: "n", code: "long" } }));
    await defineEntity(admin, "narrowed", fields({ maxLength: 2 }), { version: "2.0.0" });
    const update = { query: ALL, update: { $set: { name: "a" } } };
    const answer = await bodyOf(editor.post("/data/update/narrowed/2.0.0", update));
    expect([answer["modifiedCount"], dataErrorsOf(answer)]).toEqual([1, []]);
    const saved = await bodyOf(
      editor.post("/data/save/narrowed/2.0.0", { data: { _id: "n", name: "b" } }),
    );
    expect(dataErrorsOf(saved)).toEqual([]);
    const refusedBody = await bodyOf(
      admin.post("/data/update/narrowed/2.0.0", {
        query: ALL,
        update: { $set: { name: "c", code: "longer" } },
      }),
    );
    expect(dataErrorsOf(refusedBody)).toEqual([["crud:TooLong code"]]);
  });
});
