// Definitions of datasets: valid definitions, their evolution, and their effect on other surfaces.
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { adminClient } from "../../../support/fixtures/callers.ts";
import type { Client } from "../../../support/clients/http.ts";
import { byId, define, tableOf } from "../../../support/clients/datasets.ts";

let admin: Client;

beforeAll(async () => {
  admin = await adminClient();
});

const put = async (name: string, definition: Json) => {
  const { status, body } = await admin.put(`/admin/datasets/${name}`, definition);
  const errors = ((body as JsonObject)["errors"] ?? []) as readonly JsonObject[];
  return { status, body: body as JsonObject, paths: errors.map(({ path }) => path) };
};

const title = { name: "title", type: "string" } as const;

describe("a definition", () => {
  test("is returned as given, with defaults; repeating it changes nothing", async () => {
    await define(admin, "leaves", { fields: [title] });
    const definition = {
      fields: [
        {
          name: "title",
          type: "string",
          constraints: [{ type: "required" }, { type: "regexp", value: "^a" }],
          default: "ab",
        },
        { name: "ref", type: "uuid" },
        { name: "owner", type: "json" },
        { name: "size", type: "float", constraints: [{ type: "min", value: 0.5 }] },
      ],
      strict: true,
      relations: [{ dataset: "leaves", cardinality: "one-to-many" }],
      indexes: ["title"],
    };
    expect((await put("trees_of", definition)).body).toEqual({
      name: "trees_of",
      version: "1.0.0",
    });
    expect((await put("trees_of", definition)).body).toEqual({
      name: "trees_of",
      version: "1.0.0",
    });
    const read = (await admin.get("/admin/datasets/trees_of")).body as JsonObject;
    expect(read).toEqual({
      ...definition,
      name: "trees_of",
      version: "1.0.0",
      fields: definition.fields.map((field) => ({ constraints: [], ...field })),
      relations: [{ dataset: "leaves", cardinality: "one-to-many", cascade: true }],
    });
    const { name: _name, version: _version, ...again } = read;
    expect((await put("trees_of", again)).body).toEqual({ name: "trees_of", version: "1.0.0" });
    const all = (await admin.get("/admin/datasets")).body as readonly JsonObject[];
    expect(all.map(({ name }) => name)).toEqual(["leaves", "trees_of"]);
  });

  test("is refused with the path of its error", async () => {
    const cases: readonly (readonly [JsonObject, string])[] = [
      [{}, "fields"],
      [{ fields: [{ name: "a", type: "text" }] }, "fields.0.type"],
      [{ fields: [{ name: "id", type: "uuid" }] }, "fields.0.name"],
      [{ fields: [{ name: "created_at", type: "datetime" }] }, "fields.0.name"],
      [{ fields: [{ name: "a b", type: "string" }] }, "fields.0.name"],
      [{ fields: [title, title] }, "fields.1.name"],
      [{ fields: [{ ...title, more: 1 }] }, "fields.0.more"],
      [
        { fields: [{ ...title, constraints: [{ type: "min", value: 1 }] }] },
        "fields.0.constraints.0.type",
      ],
      [
        { fields: [{ name: "n", type: "integer", constraints: [{ type: "alpha" }] }] },
        "fields.0.constraints.0.type",
      ],
      [
        { fields: [{ ...title, constraints: [{ type: "max_length" }] }] },
        "fields.0.constraints.0.value",
      ],
      [
        { fields: [{ ...title, constraints: [{ type: "regexp", value: "(" }] }] },
        "fields.0.constraints.0.value",
      ],
      [
        { fields: [{ ...title, constraints: [{ type: "alpha", value: 3 }] }] },
        "fields.0.constraints.0.value",
      ],
      [{ fields: [{ ...title, default: "" }] }, "fields.0.default"],
      [{ fields: [{ ...title, default: 1 }] }, "fields.title"],
      [{ fields: [{ ...title, default: "1", constraints: [{ type: "alpha" }] }] }, "fields.title"],
      [{ fields: [title], indexes: ["nothing"] }, "indexes.0"],
      [{ fields: [{ name: "j", type: "json" }], indexes: ["j"] }, "indexes.0"],
      [
        { fields: [title], relations: [{ dataset: "nowhere", cardinality: "one-to-one" }] },
        "relations.0.dataset",
      ],
      [
        { fields: [title], relations: [{ dataset: "grant", cardinality: "one-to-one" }] },
        "relations.0.dataset",
      ],
      [
        { fields: [title], relations: [{ dataset: "leaves", cardinality: "some" }] },
        "relations.0.cardinality",
      ],
      [
        {
          fields: [{ name: "leaves", type: "string" }],
          relations: [{ dataset: "leaves", cardinality: "one-to-one" }],
        },
        "relations.0.dataset",
      ],
    ];
    for (const [definition, place] of cases) {
      const { status, paths, body } = await put("wrong", definition);
      expect(status, JSON.stringify(body)).toBe(400);
      expect(paths, JSON.stringify(definition)).toContain(place);
    }
    expect((await put("image", { fields: [title] })).paths).toEqual(["name"]);
    expect((await put("Upper", { fields: [title] })).paths).toEqual(["name"]);
    expect((await admin.get("/admin/datasets/wrong")).status).toBe(404);
  });

  test("may add fields and change constraints, but keeps types, fields and relations", async () => {
    await define(admin, "grown", {
      fields: [title, { name: "ref", type: "uuid" }],
      relations: [{ dataset: "leaves", cardinality: "one-to-many" }],
    });
    const grown = tableOf(admin, "grown");
    const [old] = await grown.post({ title: "old", later: "x", kind: "text" });
    const next = {
      fields: [
        { ...title, constraints: [{ type: "max_length", value: 9 }] },
        { name: "ref", type: "uuid" },
        { name: "kind", type: "integer" },
        { name: "state", type: "string", constraints: [{ type: "required" }], default: "new" },
      ],
      relations: [{ dataset: "leaves", cardinality: "one-to-many", cascade: false }],
    };
    expect((await put("grown", next)).body).toEqual({ name: "grown", version: "1.1.0" });
    expect(await grown.get()).toEqual([{ ...old, state: null }]);
    const cond = byId(old?.["id"] ?? "");
    expect(await grown.get({ cond: [{ field: "kind" }, ">", 0] })).toEqual([]);
    expect(await grown.refused("PATCH", { cond }, { title: "a" })).toContain('"kind"');
    const [changed] = await grown.patch({ title: "a", kind: 3 }, { cond });
    expect(changed).toMatchObject({ title: "a", kind: 3, state: "new", later: "x" });

    for (const [definition, place] of [
      [{ ...next, fields: next.fields.slice(1) }, "fields.title"],
      [
        { ...next, fields: [{ name: "title", type: "integer" }, ...next.fields.slice(1)] },
        "fields.0.type",
      ],
      [
        {
          ...next,
          fields: next.fields.map((each) =>
            each.name === "ref" ? { name: "ref", type: "string" } : each,
          ),
        },
        "fields.1.type",
      ],
      [
        {
          ...next,
          fields: [
            ...next.fields,
            { name: "must", type: "string", constraints: [{ type: "required" }] },
          ],
        },
        "fields.must",
      ],
      [{ ...next, relations: [] }, "relations.leaves"],
      [
        { ...next, relations: [{ dataset: "leaves", cardinality: "many-to-many" }] },
        "relations.leaves",
      ],
    ] as const) {
      const { status, paths } = await put("grown", definition);
      expect([status, ...paths]).toEqual([400, place]);
    }
  });
});

test("a record is a resource of the catalogue, with its history and its own owner", async () => {
  await define(admin, "resources_of", { fields: [title, { name: "owner", type: "string" }] });
  const table = tableOf(admin, "resources_of");
  const [made] = await table.post({
    title: "one",
    owner: "Ada",
    access_level: "public",
    version: 9,
  });
  const identifier = made?.["id"] ?? "";
  await table.patch({ title: "two" }, { cond: byId(identifier) });
  const [resource] = (await admin.post("/resources/read", { identifiers: [identifier] }))
    .body as unknown as readonly JsonObject[];
  expect(resource).toMatchObject({
    identifier,
    payload_type: "resources_of",
    title: "two",
    owner_: "Ada",
    version_: 9,
    version: 2,
    access_level: "internal",
    access_level_: "public",
  });
  const history = await admin.post("/resources/history", { identifier });
  expect(
    (history.body as unknown as readonly JsonObject[]).map((version) => version["title"]),
  ).toEqual(["one", "two"]);
  const found = await admin.post("/query", {
    payload_type: "resources_of",
    filters: { owner_: "Ada" },
  });
  expect((found.body as { readonly results: readonly Json[] }).results).toHaveLength(1);
});

test("a payload type of the catalogue is a dataset with the same defaults", async () => {
  await admin.put("/schemas/registered_one", {
    version: "1.0.0",
    json_schema: {
      type: "object",
      properties: { a: { type: "string" }, tags: { type: "array", items: { type: "string" } } },
    },
    defaults: { a: "x" },
    relations: [{ dataset: "leaves", cardinality: "many-to-one" }],
  });
  const table = tableOf(admin, "registered_one");
  const [made] = await table.post(
    { tags: ["b"], leaves: { title: "l" } },
    { outputs: ["a", "tags", "leaves.title"] },
  );
  expect(made).toMatchObject({ a: "x", tags: ["b"], leaves: { title: "l" } });
  const resources = [{ identifier: "not-a-uuid", payload_type: "registered_one" }];
  await admin.post("/resources/create", { resources });
  expect(await table.get({ cond: [{ field: "id" }, "=", "not-a-uuid"], outputs: ["a"] })).toEqual([
    { id: "not-a-uuid", a: "x" },
  ]);
  expect((await admin.get("/admin/datasets/registered_one")).body).toMatchObject({
    fields: [
      { name: "a", type: "string" },
      { name: "tags", type: "json" },
    ],
  });
});

test("definitions are for admins, and an Idempotency-Key replays the response", async () => {
  const headers = { "idempotency-key": "define-once" };
  const body = { fields: [title] };
  const first = await admin.send("PUT", "/admin/datasets/keyed", body, headers);
  const second = await admin.send("PUT", "/admin/datasets/keyed", body, headers);
  expect([first.status, second.status]).toEqual([200, 200]);
  expect(second.headers.get("idempotency-replayed")).toBe("true");
  const inserts = [1, 2].map(() =>
    admin.send("POST", "/ds/keyed", { title: "k" }, { "idempotency-key": "insert-once" }),
  );
  const [one, two] = await Promise.all(inserts);
  const third = await admin.send(
    "POST",
    "/ds/keyed",
    { title: "k" },
    { "idempotency-key": "insert-once" },
  );
  expect(third.text).toBe(one?.status === 200 ? one.text : two?.text);
  expect(third.headers.get("idempotency-replayed")).toBe("true");
  expect(await tableOf(admin, "keyed").get({ outputs: [{ n: "count(*)" }] })).toEqual([{ n: 1 }]);
});
