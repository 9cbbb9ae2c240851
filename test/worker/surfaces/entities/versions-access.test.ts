// Access lists of fields apply through every version of an entity.
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { adminClient, callerOf } from "../../../support/fixtures/callers.ts";
import type { Client } from "../../../support/clients/http.ts";
import { bodyOf, dataErrorsOf, defineEntity } from "../../../support/clients/entities.ts";

let admin: Client;
let editor: Client;

const text = { type: "string" };
const closed = { ...text, access: { find: ["admin"] } };
const signed = { ...text, access: { update: ["admin"], insert: ["admin"] } };
const projection = { field: "*", recursive: true };
const object = (fields: JsonObject): JsonObject => ({ type: "object", fields });
const list = (fields: JsonObject): JsonObject => ({ type: "array", items: object(fields) });

beforeAll(async () => {
  admin = await adminClient();
  editor = (await callerOf("versions-editor@example.org", "editor")).client;
});

/** An entity whose newer version has more fields than the older one, with one document. */
const stage = async (entity: string) => {
  const plain = { open: text };
  await defineEntity(admin, entity, {
    half: object(plain),
    copy: object(plain),
    list: list(plain),
    other: list(plain),
    signed: list(plain),
    note: text,
    tag: text,
  });
  const newer = {
    half: object({ ...plain, secret: closed, signature: signed }),
    copy: object({ ...plain, secret: text, signature: text }),
    list: list({ ...plain, tag: closed }),
    other: list({ ...plain, secret: text, tag: text }),
    signed: list({ ...plain, signature: signed }),
    note: text,
    tag: text,
  };
  await defineEntity(admin, entity, newer, { version: "2.0.0" });
  const query = { field: "_id", op: "=", rvalue: entity };
  const data = {
    _id: entity,
    half: { open: "o", secret: "HIDDEN", signature: "REAL" },
    copy: { open: "c", signature: "FORGED" },
    list: [{ open: "a", tag: "HIDDEN" }],
    signed: [
      { open: "a", signature: "A" },
      { open: "b", signature: "B" },
    ],
  };
  await bodyOf(admin.put(`/data/insert/${entity}/2.0.0`, { data }));
  const find = async (client: Client): Promise<JsonObject> => {
    const found = await bodyOf(client.post(`/data/find/${entity}/2.0.0`, { query, projection }));
    return (found["processed"] as readonly JsonObject[])[0] ?? {};
  };
  const update = (change: Json, client = editor) =>
    bodyOf(client.post(`/data/update/${entity}/1.0.0`, { query, update: change }));
  return { data, find, update };
};

describe("a version that does not define a field", () => {
  const moves: readonly (readonly [string, Json])[] = [
    ["set", { $set: { copy: { $valueof: "half" } } }],
    ["set_list", { $set: { other: { $valueof: "list" } } }],
    ["append", { $append: { other: { $valueof: "half" } } }],
    ["insert", { $insert: { "other.0": { $valueof: "list.0" } } }],
    ["element", { $foreach: { list: "$all", $update: { $set: { open: { $valueof: "tag" } } } } }],
  ];

  test.each(moves)("copies no closed fields of other versions: %s", async (name, change) => {
    const { find, update } = await stage(`older_${name}`);
    await update(change);
    expect(JSON.stringify(await find(editor))).not.toContain("HIDDEN");
  });

  test("does not overwrite fields of other versions", async () => {
    const { data, find, update } = await stage("older_target");
    await update({ $set: { half: { $valueof: "copy" } } });
    expect(await find(admin)).toMatchObject({ half: { ...data.half, open: "c" } });
  });
});

describe("closed fields of another version", () => {
  const removals: readonly (readonly [string, Json, string])[] = [
    ["unset", { $unset: "half" }, "half.signature"],
    ["null", { $set: { half: null } }, "half.signature"],
    ["remove", { $foreach: { signed: "$all", $update: "$remove" } }, "signed.0.signature"],
    ["unset_element", { $unset: "signed.1" }, "signed.1.signature"],
    ["null_element", { $set: { "signed.0": null } }, "signed.0.signature"],
    ["unset_list", { $unset: "signed" }, "signed.0.signature"],
    ["set_list", { $set: { signed: [{ open: "a" }] } }, "signed.1.signature"],
  ];

  test.each(removals)("are not removed: %s", async (name, change, path) => {
    const { find, update } = await stage(`taking_${name}`);
    const before = await find(admin);
    const body = await update(change);
    expect(dataErrorsOf(body)[0]).toContain(`crud:update:NoFieldAccess ${path}`);
    expect(await find(admin)).toEqual(before);
    // A role that may update the fields may remove them.
    await update(change, admin);
    expect(await find(admin)).not.toEqual(before);
  });

  test("are not removed by a save", async () => {
    const { find } = await stage("taking_save");
    const before = await find(admin);
    const half = { open: "o" };
    const both = [{ open: "a" }, { open: "b" }];
    for (const part of [{ signed: both }, { half, signed: [{ open: "a" }] }]) {
      const data = { _id: "taking_save", list: [{ open: "a" }], ...part };
      const body = await bodyOf(editor.post("/data/save/taking_save/1.0.0", { data }));
      expect(JSON.stringify(dataErrorsOf(body))).toContain("crud:update:NoFieldAccess");
    }
    expect(await find(admin)).toEqual(before);
  });

  test("are not removed when their version is disabled", async () => {
    const { update } = await stage("taking_disabled");
    await bodyOf(admin.put("/metadata/taking_disabled/2.0.0/disabled?comment=x", {}));
    const body = await update({ $unset: "half" });
    expect(dataErrorsOf(body)[0]).toContain("crud:update:NoFieldAccess half.signature");
  });

  test("stay when what encloses them is replaced or reordered", async () => {
    const { data, find, update } = await stage("taking_places");
    const [a, b] = data.signed;
    for (const [change, elements] of [
      [{ $set: { signed: [{ open: "b" }, { open: "a" }] } }, [b, a]],
      [{ $insert: { "signed.0": { open: "n" } } }, [{ open: "n" }, b, a]],
      [{ $unset: "signed.0" }, [b, a]],
      [{ $set: { "signed.1": { open: "c" } } }, [b, { ...a, open: "c" }]],
    ] as const) {
      expect(await update(change)).toMatchObject({ modifiedCount: 1 });
      expect(await find(admin)).toMatchObject({ signed: elements });
    }
    const moved = [{ open: "c" }, { open: "b" }];
    const saved = { _id: "taking_places", half: { open: "p" }, copy: { open: "c" }, signed: moved };
    const all = { ...saved, list: [{ open: "a" }] };
    const body = await bodyOf(editor.post("/data/save/taking_places/1.0.0", { data: all }));
    expect(body).toMatchObject({ modifiedCount: 1 });
    const half = { ...data.half, open: "p" };
    expect(await find(admin)).toMatchObject({ half, signed: [{ ...a, open: "c" }, b] });
  });
});

test("a field stays closed when its version is disabled", async () => {
  const { find } = await stage("shut_version");
  expect(await find(admin)).toMatchObject({ half: { secret: "HIDDEN" } });
  await bodyOf(admin.put("/metadata/shut_version/2.0.0/disabled?comment=x", {}));
  const bodies = [
    await editor.post("/resources/read", { identifiers: ["shut_version"] }),
    await editor.post("/resources/history", { identifier: "shut_version" }),
    await editor.post("/query", { payload_type: "shut_version" }),
  ];
  for (const answer of bodies) expect(answer.text).not.toContain("HIDDEN");
  const shown = await admin.post("/resources/read", { identifiers: ["shut_version"] });
  expect(shown.text).toContain("HIDDEN");
});

test("a save by an identity that is closed to its writer reveals no document", async () => {
  const access = { find: ["admin"], update: ["admin"], insert: ["admin"] };
  await defineEntity(admin, "by_number", {
    name: text,
    number: { ...text, access, constraints: { identity: true } },
  });
  await bodyOf(
    admin.put("/data/insert/by_number", { data: { _id: "taken", name: "n", number: "1" } }),
  );
  for (const upsert of [false, true]) {
    const errors = ["1", "2"].map(async (number) => {
      const data = { _id: "guess", name: "x", number };
      const body = await bodyOf(editor.post("/data/save/by_number", { data, upsert }));
      expect(JSON.stringify(body)).not.toContain("taken");
      return dataErrorsOf(body);
    });
    const [known, unknown] = await Promise.all(errors);
    expect(known).toEqual(unknown);
    expect(known).toEqual([["crud:update:NoFieldAccess number"]]);
  }
});

describe("the cost of a write is linear in its documents", () => {
  /** With faster growth than linear it would take hours. */
  const MILLIS_MAX = 60_000;

  const started = async (work: Promise<JsonObject>) => {
    const from = performance.now();
    const body = await work;
    return { body, took: performance.now() - from };
  };

  test("steps that double a document again and again are refused", async () => {
    await defineEntity(admin, "doubling", {
      half: object({ list: list({ a: text }) }),
      tags: { type: "array", items: text },
    });
    await bodyOf(
      editor.put("/data/insert/doubling", { data: { half: { list: [] }, tags: ["a"] } }),
    );
    const half = { $valueof: "half" };
    const twice = { $append: { "half.list": [half, half, half] } };
    const each = {
      $foreach: { tags: "$all", $update: { $append: { "$parent.tags": ["b", "c"] } } },
    };
    for (const [step, refusal] of [
      [twice, "not known here"],
      [each, "crud:ResultSizeTooLarge"],
    ] as const) {
      const update = Array.from({ length: 100 }, () => step);
      const { body, took } = await started(
        bodyOf(editor.post("/data/update/doubling", { query: { $and: [] }, update })),
      );
      expect(body["modifiedCount"]).toBe(0);
      expect(JSON.stringify(body)).toContain(refusal);
      expect(took).toBeLessThan(MILLIS_MAX);
    }
  });

  test("long arrays are saved and scanned in linear time", async () => {
    await defineEntity(admin, "long_list", { list: list({ a: text, b: text }) });
    const elements = Array.from({ length: 20_000 }, (_, at) => ({ a: `v${at}` }));
    await bodyOf(editor.put("/data/insert/long_list", { data: { _id: "long", list: elements } }));
    const data = { _id: "long", list: elements.toReversed() };
    const saved = await started(bodyOf(editor.post("/data/save/long_list", { data })));
    const update = { $foreach: { list: "$all", $update: { $set: { b: "x" } } } };
    const set = await started(
      bodyOf(editor.post("/data/update/long_list", { query: { $and: [] }, update })),
    );
    expect([saved.body["modifiedCount"], set.body["modifiedCount"]]).toEqual([1, 1]);
    expect(saved.took + set.took).toBeLessThan(MILLIS_MAX);
  });
});
