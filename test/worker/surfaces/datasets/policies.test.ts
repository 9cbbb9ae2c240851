// Authorization on datasets: keys with policies, for datasets and their children.
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { adminClient, callerOf } from "../../../support/fixtures/callers.ts";
import type { Client } from "../../../support/clients/http.ts";
import { byId, define, pathOf, tableOf, type Table } from "../../../support/clients/datasets.ts";
import { keyClient } from "../../../support/clients/keys.ts";
import { named, nameIs, parts } from "../../../support/fixtures/relations.ts";

let admin: Client;

const policy = (actions: readonly string[], types: readonly string[], more: JsonObject = {}) => ({
  actions: [...actions],
  payload_types: [...types],
  ...more,
});

const ALL = ["create", "read", "update", "delete"];

const keyOn = async (dataset: string, ...policies: readonly JsonObject[]): Promise<Table> => {
  const { client } = await keyClient(admin, policies);
  return tableOf(client, dataset);
};

beforeAll(async () => {
  admin = await adminClient();
  await define(admin, "notes", named(["name"]));
  await define(
    admin,
    "files_of",
    named(["name"], [{ dataset: "notes", cardinality: "one-to-many" }]),
  );
  await tableOf(admin, "files_of").post({ name: "a", notes: parts(["n"]) as Json });
});

const CALLS: readonly (readonly [string, string, JsonObject, Json | undefined])[] = [
  ["create", "POST", {}, { name: "made" }],
  ["read", "GET", { cond: nameIs("nobody") }, undefined],
  ["update", "PATCH", { cond: nameIs("nobody") }, { name: "x" }],
  ["update", "PUT", { cond: nameIs("nobody") }, { name: "x" }],
  ["delete", "DELETE", { cond: nameIs("nobody") }, undefined],
];

describe("a key", () => {
  test("may do to a dataset what a policy permits, and nothing else", async () => {
    for (const [action, method, parameters, body] of CALLS) {
      const allowed = await keyOn("files_of", policy([action], ["files_of"]));
      expect(await allowed.refused(method, parameters, body), action).toMatch(/^20[01]/);
      const others = ALL.filter((each) => each !== action);
      const denied = await keyOn("files_of", policy(others, ["files_of"]));
      expect(await denied.refused(method, parameters, body), action).toContain("403");
      const elsewhere = await keyOn("files_of", policy(ALL, ["notes"]));
      expect(await elsewhere.refused(method, parameters, body), action).toContain("403");
    }
  });

  test("does not learn whether a dataset exists that its policies do not cover", async () => {
    const any = await keyOn("nowhere", policy(["read"], ["*"]));
    expect(await any.refused("GET", {})).toBe("404 There is no such dataset.");
    const named404 = await keyOn("nowhere", policy(["read"], ["nowhere"]));
    expect(await named404.refused("GET", {})).toContain("404");
    const none = await keyOn("nowhere", policy(["read"], ["notes"]));
    const missing = await none.refused("GET", {});
    const closed = await keyOn("files_of", policy(["read"], ["notes"]));
    expect(missing).toContain("403");
    expect(await closed.refused("GET", {})).toContain("403");
    expect(await closed.refused("GET", { cond: [1] })).toContain("403");
    expect(await closed.refused("POST", {}, { name: 1 })).toContain("403");
  });

  test("gets nothing of a related dataset that it may not read", async () => {
    const own = await keyOn("files_of", policy(ALL, ["files_of"]));
    expect(await own.refused("GET", { outputs: ["notes.name"] })).toContain("403");
    expect(await own.refused("GET", { outputs: ["notes"] })).toContain("403");
    const along = [{ field: "notes.name" }, "=", "n"];
    expect(await own.refused("GET", { cond: along })).toContain("403");
    expect(await own.refused("PATCH", { cond: along }, { name: "x" })).toContain("403");
    expect(await own.refused("DELETE", { cond: along })).toContain("403");
    expect(
      await own.refused("PATCH", { cond: nameIs("a"), outputs: ["notes.name"] }, {}),
    ).toContain("403");
    const both = await keyOn("files_of", policy(ALL, ["files_of"]), policy(["read"], ["notes"]));
    const [found] = await both.get({ outputs: ["notes.name"], cond: along });
    expect(found?.["notes"]).toEqual([expect.objectContaining({ name: "n" })]);
  });

  test("inserts, links and deletes children only where it may", async () => {
    const own = await keyOn("files_of", policy(ALL, ["files_of"]));
    expect(await own.refused("POST", {}, { name: "b", notes: parts(["m"]) as Json })).toContain(
      "403",
    );
    expect(await own.get({ cond: nameIs("b") })).toEqual([]);
    expect(await own.refused("DELETE", { cond: nameIs("a") })).toContain("403");
    expect(await own.get({ cond: nameIs("a"), outputs: ["name"] })).toHaveLength(1);
    const link = {
      action: "attach",
      action_resource: "notes",
      action_cond: nameIs("n"),
      cond: nameIs("a"),
    };
    expect(await own.refused("PUT", link, {})).toContain("403");
    const reader = await keyOn("files_of", policy(ALL, ["files_of"]), policy(["read"], ["notes"]));
    expect(await reader.refused("PUT", { ...link, action: "detach" }, {})).toContain("403");
    const all = await keyOn("files_of", policy(ALL, ["files_of", "notes"]));
    const [made] = await all.post({ name: "c", notes: parts(["o"]) as Json });
    expect(await all.remove({ cond: byId(made?.["id"] ?? ""), outputs: ["name"] })).toHaveLength(1);
    expect(await tableOf(admin, "notes").get({ cond: nameIs("o") })).toEqual([]);
  });

  test("with an owner_only policy sees and changes only its own records", async () => {
    const own = await keyOn("notes", policy(ALL, ["notes"], { owner_only: true }));
    const [mine] = await own.post({ name: "mine" });
    expect(await own.get()).toEqual([mine]);
    expect(await own.get({ outputs: [{ n: "count(*)" }] })).toEqual([{ n: 1 }]);
    expect(await own.patch({ name: "theirs" }, { cond: nameIs("n") })).toEqual([]);
    expect(await own.remove({ cond: nameIs("n") })).toEqual([]);
    expect(
      await tableOf(admin, "notes").get({ cond: nameIs("n"), outputs: ["name"] }),
    ).toHaveLength(1);
  });
});

test("a restricted child is not returned, counted or found, and deleting its parent unlinks it", async () => {
  const table = tableOf(admin, "files_of");
  const [made] = await table.post({ name: "secretive", notes: parts(["hidden", "open"]) as Json });
  const [hidden] = await tableOf(admin, "notes").get({ cond: nameIs("hidden"), outputs: ["name"] });
  const updates = { [String(hidden?.["id"])]: { access_level: "restricted" } };
  expect((await admin.post("/resources/update", { updates })).status).toBe(200);
  const { client } = await callerOf("relations@example.org", "editor");
  const seen = tableOf(client, "files_of");
  const cond = byId(made?.["id"] ?? "");
  const [found] = await seen.get({ cond, outputs: ["notes.name"] });
  expect(found?.["notes"]).toEqual([expect.objectContaining({ name: "open" })]);
  expect(await seen.get({ cond: [{ field: "notes.name" }, "=", "hidden"] })).toEqual([]);
  expect(await seen.get({ cond: [{ field: "notes.name" }, "regex", "^hid"] })).toEqual([]);
  expect(await seen.remove({ cond, outputs: ["name"] })).toHaveLength(1);
  const left = await tableOf(admin, "notes").get({
    cond: nameIs("hidden", "open"),
    outputs: ["name"],
  });
  expect(left.map(({ name }) => name)).toEqual(["hidden"]);
});

test("restricted records in the response of a write are recorded in the audit, changed or not", async () => {
  const [made] = await tableOf(admin, "notes").post({ name: "audited" });
  const updates = { [String(made?.["id"])]: { access_level: "restricted" } };
  await admin.post("/resources/update", { updates });
  for (const [method, body] of [
    ["PATCH", {}],
    ["PATCH", { name: "audited too" }],
    ["DELETE", undefined],
  ] as const) {
    const answer = await admin.send(
      method,
      pathOf("notes", { cond: byId(made?.["id"] ?? "") }),
      body,
    );
    expect(answer.body).toHaveLength(1);
    const audit = await admin.get("/admin/transactions?limit=5");
    const { transactions } = audit.body as { readonly transactions: readonly JsonObject[] };
    const own = transactions.filter(
      (line) => line["request_id"] === answer.headers.get("x-request-id"),
    );
    expect(own).toContainEqual(
      expect.objectContaining({ operation: "read", resources: 1, route: `${method} /ds/:dataset` }),
    );
  }
});

test("aggregates of restricted values are recorded in the audit, counts are not", async () => {
  const [made] = await tableOf(admin, "notes").post({ name: "figured" });
  const updates = { [String(made?.["id"])]: { access_level: "restricted" } };
  await admin.post("/resources/update", { updates });
  const linesOf = async (outputs: Json, cond: Json): Promise<number> => {
    const answer = await admin.get(pathOf("notes", { outputs, cond }));
    expect(answer.status, answer.text).toBe(200);
    const audit = await admin.get("/admin/transactions?limit=5");
    const { transactions } = audit.body as { readonly transactions: readonly JsonObject[] };
    const id = answer.headers.get("x-request-id");
    return transactions.filter((line) => line["request_id"] === id && line["resources"] === 1)
      .length;
  };
  for (const cond of [
    nameIs("figured"),
    [{ field: "name" }, "regex", "^figured$"],
  ] as readonly Json[]) {
    expect(await linesOf([{ top: "max(name)" }], cond)).toBe(1);
    expect(await linesOf(["name", { n: "count(*)" }], cond)).toBe(1);
    expect(await linesOf([{ n: "count(*)" }], cond)).toBe(0);
  }
});

test("a missing or invalid token gets 401 with a list as body", async () => {
  const answer = await admin.send("GET", "/ds/notes", undefined, { authorization: "Bearer x.y.z" });
  expect(answer.status).toBe(401);
  expect(answer.headers.get("www-authenticate")).toBe("Bearer");
  expect(answer.body).toEqual([
    { request_id: expect.any(String) as string, message: expect.any(String) as string },
  ]);
});
