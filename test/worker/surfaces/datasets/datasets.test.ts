// Inserting and reading records of datasets, with the requests of the original clients.
import { beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { adminClient } from "../../../support/fixtures/callers.ts";
import type { Client } from "../../../support/clients/http.ts";
import { byId, pathOf, type Table } from "../../../support/clients/datasets.ts";
import {
  defineScans,
  freshTable,
  idsOf,
  UUID,
  valuesOf,
} from "../../../support/fixtures/scan-datasets.ts";

let admin: Client;
let scans: Table;

beforeAll(async () => {
  admin = await adminClient();
  scans = await defineScans(admin);
});

describe("inserting", () => {
  test("one object or an array of them returns full records in the order of the body", async () => {
    const [one] = await scans.post({ title: "one" });
    expect(Object.keys(one ?? {}).toSorted()).toEqual([
      "about",
      "checked",
      "created_at",
      "id",
      "rate",
      "series",
      "taken_at",
      "taken_on",
      "title",
      "total",
      "updated_at",
    ]);
    expect(one).toMatchObject({ title: "one", total: null, about: null });
    expect(one?.["id"]).toMatch(UUID);
    expect(one?.["created_at"]).toBe(one?.["updated_at"]);
    const many = await scans.post(Array.from({ length: 40 }, (_, at) => ({ total: at })));
    expect(valuesOf(many, "total")).toEqual(Array.from({ length: 40 }, (_, at) => at));
    const read = await scans.get({ cond: byId(...idsOf(many)) });
    expect(idsOf(read)).toEqual(idsOf(many));
    expect(read).toEqual(many);
  });

  test("a body is JSON whatever its content type and its parameters", async () => {
    const answer = await admin.send(
      "POST",
      `/ds/scans/?outputs=${encodeURIComponent('["id","title"]')}`,
      [{ title: "a", n: 1 }],
      {
        "content-type": "text/plain;charset=UTF-8",
      },
    );
    expect(answer.status, answer.text).toBe(200);
    const [record] = answer.body as JsonObject[];
    expect(record).toEqual({ id: expect.stringMatching(UUID) as string, title: "a" });
  });

  test("members that the schema does not name are stored with their types", async () => {
    const extra = { note: "x", deep: { list: [1, { two: null }] }, flag: false };
    const [made] = await scans.post({ title: "extra", ...extra });
    expect(made).toMatchObject(extra);
    const [read] = await scans.get({ cond: byId(made?.["id"] ?? "") });
    expect(read).toEqual(made);
    expect(
      await scans.get({
        cond: [{ field: "deep.list" }, "null", false, "and", { field: "note" }, "=", "x"],
      }),
    ).toEqual([made]);
    expect(
      await scans.get({ cond: byId(made?.["id"] ?? ""), outputs: ["deep.list", "nothing"] }),
    ).toEqual([{ id: made?.["id"], "deep.list": [1, { two: null }], nothing: null }]);
  });

  test("names of metadata are ordinary fields", async () => {
    const table = await freshTable(admin, "shadows", [
      { name: "owner", type: "string" },
      { name: "version", type: "integer" },
      { name: "owner_", type: "string" },
    ]);
    const sent = { owner: "Ada", version: 7, owner_: "Bob", license: "CC0-1.0", children: [1] };
    const [made] = await table.post(sent);
    expect(made).toMatchObject(sent);
    expect(
      await table.get({
        cond: [{ field: "version" }, "=", 7, "and", { field: "children.0" }, "=", 1],
      }),
    ).toEqual([made]);
    const [changed] = await table.patch(
      { owner: "Eve" },
      { cond: [{ field: "license" }, "=", "CC0-1.0"] },
    );
    expect(changed).toMatchObject({ ...sent, owner: "Eve" });
  });

  test("names that every JavaScript object has are ordinary fields", async () => {
    const names = ["constructor", "toString", "hasOwnProperty"];
    const table = await freshTable(
      admin,
      "inherited",
      names.map((name) => ({ name, type: "string" })),
    );
    const [made] = await table.post({ toString: "x", valueOf: 1 });
    expect(made).toMatchObject({ constructor: null, toString: "x", hasOwnProperty: null });
    const cond = [{ field: "constructor" }, "=", null, "and", { field: "valueOf" }, "=", 1];
    const [changed] = await table.patch({ constructor: "y", toString: null }, { cond });
    expect(changed).toMatchObject({ constructor: "y", toString: null, valueOf: 1 });
    expect(await table.get()).toEqual([changed]);
    expect(await table.refused("POST", {}, JSON.parse('{"__proto__": 1}') as JsonObject)).toContain(
      "400",
    );
  });

  test("members that nobody writes may be null or absent, and nothing else", async () => {
    expect(
      await scans.refused("POST", {}, { id: "5f0c7a1e-8f0e-4b7c-9a39-0c5b7a1f2d10" }),
    ).toContain("400");
    expect(
      await scans.refused("POST", {}, [{ title: "x" }, { created_at: "2026-01-01T00:00:00Z" }]),
    ).toContain("created_at");
    const [made] = await scans.post({ id: null, created_at: null, title: "nulls" });
    expect(made?.["title"]).toBe("nulls");
  });

  test("one invalid record refuses the whole body, with its children", async () => {
    const before = await scans.get({ outputs: [{ count: "count(*)" }] });
    const refused = await scans.refused("POST", {}, [
      { title: "good", comments: [{ text: "fine" }] },
      { title: "bad", comments: [{ text: "fine" }, { likes: "many" }] },
    ]);
    expect(refused).toBe('400 Validation error: field "likes" violates "integer" type');
    expect(await scans.get({ outputs: [{ count: "count(*)" }] })).toEqual(before);
  });

  test("values of the wrong type are refused by name", async () => {
    for (const [name, value] of [
      ["title", 1],
      ["total", 1.5],
      ["total", "1"],
      ["rate", "1"],
      ["checked", "true"],
      ["taken_on", "2026-02-30"],
      ["taken_at", "2026-01-01"],
      ["series", "no"],
    ] as const) {
      expect(await scans.refused("POST", {}, { [name]: value }), name).toContain(`"${name}"`);
    }
  });
});

describe("parameters", () => {
  test("order is by priority; the default is the order of insertion", async () => {
    const table = await freshTable(admin, "orders", [
      { name: "a", type: "integer" },
      { name: "b", type: "string" },
      { name: "c", type: "integer" },
    ]);
    await table.post([
      { a: 2, b: "x", c: 1 },
      { a: 1, b: "y", c: 1 },
      { a: 1, b: "y", c: 2 },
      { b: "z" },
    ]);
    expect(valuesOf(await table.get(), "a")).toEqual([2, 1, 1, null]);
    const order = [
      { fields: ["a", "b"], direction: "asc" },
      { fields: ["c"], direction: "desc" },
    ];
    expect((await table.get({ order })).map(({ c }) => c)).toEqual([2, 1, 1, null]);
    expect(valuesOf(await table.get({ range: { offset: 3 } }), "b")).toEqual(["z"]);
    expect(await table.get({ range: { limit: 0, offset: 9 } })).toEqual([]);
    for (const range of [
      { limit: -1 },
      { limit: 1.5 },
      { offset: "1" },
      { limit: 1, page: 2 },
      [1],
      { limit: 100_001 },
    ]) {
      expect(await table.refused("GET", { range })).toContain("400");
    }
    for (const bad of [
      { fields: [] },
      { fields: ["a"], direction: "up" },
      { fields: "a" },
      { fields: [1] },
    ]) {
      expect(await table.refused("GET", { order: bad })).toContain("400");
    }
    expect(await table.refused("GET", { order: "{" })).toContain("400");
    expect(await table.refused("GET", { sort: "a" })).toContain("400");
  });

  test("a plus sign is a space, and trailing slashes are ignored", async () => {
    await scans.post({ title: "a b" });
    const answer = await admin.get(
      '/ds/scans/?cond=[{"field":"title"},"=","a+b"]&outputs=["title"]',
    );
    expect(answer.status, answer.text).toBe(200);
    expect(valuesOf(answer.body as JsonObject[], "title")).toEqual(["a b"]);
  });

  test("an unknown dataset gets 404; an error is a list with one message", async () => {
    const answer = await admin.get(pathOf("nowhere"));
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual([
      { request_id: expect.stringMatching(UUID) as string, message: "There is no such dataset." },
    ]);
    expect((await admin.get(pathOf("Scans"))).status).toBe(404);
    expect((await admin.get(pathOf("grant"))).status).toBe(404);
  });

  test("an unknown path or method gets a list as well", async () => {
    const unknown = await admin.get("/ds/scans/comments");
    expect([unknown.status, Array.isArray(unknown.body)]).toEqual([404, true]);
    const method = await admin.send("OPTIONS", "/ds/scans");
    expect([method.status, Array.isArray(method.body)]).toEqual([405, true]);
    expect(method.headers.get("allow")).toBe("GET, POST, PATCH, PUT, DELETE");
  });

  test("bodies that are not records are refused", async () => {
    for (const body of [1, "x", null, [1], [[{}]]]) {
      expect(await scans.refused("POST", {}, body)).toContain("400");
      expect(
        await scans.refused("PATCH", { cond: [{ field: "title" }, "=", "z"] }, body),
      ).toContain("400");
    }
    const answer = await admin.send("POST", "/ds/scans");
    expect(answer.status).toBe(400);
    expect(Array.isArray(answer.body)).toBe(true);
  });
});
