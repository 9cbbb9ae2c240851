import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import type { Caller } from "../../model/run.ts";
import { appOver } from "../../support/servers/app.ts";
import { budgetedDatabase } from "../../support/databases/budget.ts";
import { adminClient, callerOf, workerFetch } from "../../support/fixtures/callers.ts";
import { clientOf, uniquePrefix, type Client } from "../../support/clients/http.ts";
import { createKey, keyClient, signIn } from "../../support/clients/keys.ts";
import {
  dataset,
  identifiersOf,
  readOne,
  rowsOf,
  succeed,
} from "../../support/fixtures/restricted-tree.ts";

let admin: Client;
let editor: Caller;

beforeAll(async () => {
  admin = await adminClient();
  editor = await callerOf("editor@example.org", "editor");
});

const DATA = ["create", "read", "update", "delete"];

const codeOf = async (answer: ReturnType<Client["post"]>): Promise<readonly Json[]> => {
  const { status, body } = await answer;
  return [status, (body as JsonObject | null)?.["code"] ?? null];
};

const image = (identifier: string, members: JsonObject = {}): JsonObject => ({
  identifier,
  payload_type: "image",
  ...members,
});

describe("an API key", () => {
  test("may do nothing without a policy", async () => {
    const { client } = await keyClient(admin, []);
    const prefix = uniquePrefix("deny");
    const resources = [dataset(`${prefix}a`)];
    for (const [path, body] of [
      ["/resources/create", { resources }],
      ["/resources/read", { identifiers: [`${prefix}a`] }],
      ["/query", {}],
      ["/resources/delete", { identifiers: [] }],
    ] as const) {
      expect(await codeOf(client.post(path, body)), path).toEqual([403, "forbidden"]);
    }
    expect((await client.get("/schemas")).status).toBe(403);
    expect((await client.get("/users/me")).status).toBe(401);
  });

  test("sees the payload types of its policies, and nothing of others anywhere", async () => {
    const prefix = uniquePrefix("types");
    const [root, picture, note] = ["root", "picture", "note"].map((name) => `${prefix}${name}`);
    const resources = [
      dataset(String(root)),
      image(String(picture), { parent_identifier: root ?? null, derived_from: [note ?? ""] }),
      dataset(String(note), { parent_identifier: root ?? null }),
    ];
    await succeed(editor.client.post("/resources/create", { resources }));
    const policies = [{ payload_types: ["image"], actions: ["read"] }];
    const { client } = await keyClient(admin, policies);
    const identifiers = [root, picture, note].map(String);
    const read = await succeed(client.post("/resources/read", { identifiers }));
    expect(identifiersOf(read as readonly JsonObject[])).toEqual([picture]);
    const shown = await readOne(client, String(picture));
    expect([shown["parent_identifier"], shown["derived_from"]]).toEqual([null, []]);
    const filters = { identifier: { starts_with: prefix } };
    for (const payload_type of [undefined, "image", "dataset"]) {
      const body = { filters, ...(payload_type === undefined ? {} : { payload_type }) };
      const expected = payload_type === "dataset" ? [] : [picture];
      expect(identifiersOf(await rowsOf(client, body))).toEqual(expected);
      expect(await succeed(client.post("/query/count", body))).toEqual({ count: expected.length });
    }
    expect((await client.post("/resources/history", { identifier: note ?? "" })).status).toBe(404);
    expect((await client.get(`/lineage/${encodeURIComponent(String(note))}`)).status).toBe(404);
    expect(await succeed(client.get(`/parents/${encodeURIComponent(String(picture))}`))).toEqual(
      [],
    );
    const changes = (await succeed(client.get("/changes?limit=10000"))) as JsonObject;
    const types = (changes["changes"] as readonly JsonObject[]).map((each) => each["payload_type"]);
    expect(new Set(types)).toEqual(new Set(["image"]));
    expect(await succeed(client.get("/datasources/stats"))).toEqual([]);
  });

  test("writes what its policies name, and a batch with anything else is refused", async () => {
    const prefix = uniquePrefix("writes");
    const policies = [{ payload_types: ["image"], actions: ["create", "read"] }];
    const { client } = await keyClient(admin, policies);
    const mixed = [image(`${prefix}a`), dataset(`${prefix}b`)];
    const refused = await client.post("/resources/create", { resources: mixed });
    expect(refused.status).toBe(403);
    const errors = (refused.body as JsonObject)["errors"] as readonly JsonObject[];
    expect(errors.map(({ index, code }) => [index, code])).toEqual([[1, "forbidden"]]);
    const filters = { identifier: { starts_with: prefix } };
    expect(await succeed(admin.post("/query/count", { filters }))).toEqual({ count: 0 });
    const resources = [image(`${prefix}a`)];
    await succeed(client.post("/resources/create", { resources: [] }));
    await succeed(client.post("/resources/create", { resources }));
    const updates = { [`${prefix}a`]: { modality: "CT" } };
    expect((await client.post("/resources/update", { updates })).status).toBe(403);
    const identifiers = [`${prefix}a`];
    expect((await client.post("/resources/delete", { identifiers })).status).toBe(403);
  });

  test("needs the action delete to make a tombstone by update", async () => {
    const identifier = `${uniquePrefix("delete")}a`;
    await succeed(editor.client.post("/resources/create", { resources: [image(identifier)] }));
    const tombstone = { updates: { [identifier]: { is_deleted: true } } };
    const may = (actions: readonly string[]) =>
      keyClient(admin, [{ payload_types: ["image"], actions: [...actions] }]);
    const without = await may(["read", "update"]);
    expect((await without.client.post("/resources/update", tombstone)).status).toBe(403);
    const withIt = await may(["read", "update", "delete"]);
    expect((await withIt.client.post("/resources/update", tombstone)).status).toBe(200);
  });

  test("with owner_only reads and changes only what it created itself", async () => {
    const prefix = uniquePrefix("own");
    const policies = [{ payload_types: ["*"], actions: DATA, owner_only: true }];
    const { client } = await keyClient(admin, policies);
    const resources = [dataset(`${prefix}theirs`)];
    await succeed(editor.client.post("/resources/create", { resources }));
    await succeed(client.post("/resources/create", { resources: [dataset(`${prefix}mine`)] }));
    const filters = { identifier: { starts_with: prefix } };
    expect(identifiersOf(await rowsOf(client, { filters }))).toEqual([`${prefix}mine`]);
    const rename = (name: string) =>
      client.post("/resources/update", { updates: { [`${prefix}${name}`]: { name: "new" } } });
    expect((await rename("theirs")).status).toBe(404);
    expect((await rename("mine")).status).toBe(200);
    const shared = [
      { payload_types: ["dataset"], actions: ["read"] },
      { payload_types: ["dataset"], actions: ["update"], owner_only: true },
    ];
    const other = await keyClient(admin, shared);
    const updates = { [`${prefix}theirs`]: { name: "new" } };
    expect((await other.client.post("/resources/update", { updates })).status).toBe(403);
  });

  test("does not see restricted resources of its types without a grant", async () => {
    const identifier = `${uniquePrefix("closed")}a`;
    const resources = [dataset(identifier, { access_level: "restricted" })];
    await succeed(editor.client.post("/resources/create", { resources }));
    const policies = [{ payload_types: ["dataset"], actions: ["read"] }];
    const { client, key } = await keyClient(admin, policies);
    expect(await readOne(client, identifier)).toEqual({});
    const grants = [{ identifier, grantee_type: "apk", grantee_id: key }];
    await succeed(editor.client.post("/resources/grants/create", { grants }));
    expect((await readOne(client, identifier))["identifier"]).toBe(identifier);
    const elsewhere = await keyClient(admin, [{ payload_types: ["image"], actions: ["read"] }]);
    const second = [{ identifier, grantee_type: "apk", grantee_id: elsewhere.key }];
    await succeed(editor.client.post("/resources/grants/create", { grants: second }));
    expect(await readOne(elsewhere.client, identifier)).toEqual({});
  });

  test("loses its sessions and tokens at once when it is removed", async () => {
    const policies = [{ payload_types: ["*"], actions: ["read"] }];
    const credentials = await createKey(admin, policies);
    const tokens = await signIn(credentials);
    const client = clientOf(workerFetch, tokens.access_token);
    expect((await client.post("/query", {})).status).toBe(200);
    expect((await admin.send("DELETE", `/admin/api-keys/${credentials.key}`)).status).toBe(204);
    expect((await client.post("/query", {})).status).toBe(401);
    const { refresh_token } = tokens;
    const nobody = clientOf(workerFetch);
    expect((await nobody.post("/auth/refresh", { refresh_token })).status).toBe(401);
    expect((await nobody.post("/auth", { method: "apk", ...credentials })).status).toBe(401);
    expect((await admin.send("DELETE", `/admin/api-keys/${credentials.key}`)).status).toBe(404);
  });

  test("has a secret that is stored nowhere and returned only once", async () => {
    const { key, secret } = await createKey(admin, []);
    const row = await env.DB.prepare("SELECT * FROM api_keys WHERE id = ?").bind(key).first();
    expect(JSON.stringify(row)).not.toContain(secret);
    expect((await admin.get("/admin/api-keys")).text).not.toContain(secret);
  });
});

describe("a policy", () => {
  const grantTo = async (subject: string, actions: readonly string[]): Promise<string> => {
    const policy = { subjects: [subject], payload_types: ["dataset"], actions: [...actions] };
    const answer = await admin.post("/admin/policies", policy);
    expect(answer.status, answer.text).toBe(201);
    return String((answer.body as JsonObject)["id"]);
  };

  test("takes effect on the next request, and so does its end", async () => {
    const { client, key } = await keyClient(admin, []);
    expect((await client.post("/query", {})).status).toBe(403);
    const id = await grantTo(`apk:${key}`, ["read"]);
    expect((await client.post("/query", {})).status).toBe(200);
    expect((await admin.send("DELETE", `/admin/policies/${id}`)).status).toBe(204);
    expect((await client.post("/query", {})).status).toBe(403);
  });

  test("adds to the role of one user or of all users with it, and never narrows it", async () => {
    const reader = await callerOf("policy-reader@example.org", "user");
    const prefix = uniquePrefix("adds");
    const create = (suffix: string, type: (identifier: string) => JsonObject = dataset) =>
      reader.client.post("/resources/create", { resources: [type(`${prefix}${suffix}`)] });
    expect((await create("a")).status).toBe(403);
    const own = await grantTo(reader.actor.id, ["create"]);
    expect((await create("a")).status).toBe(200);
    expect((await create("b", image)).status).toBe(403);
    expect((await rowsOf(reader.client, { payload_type: "image", limit: 1 })).length).toBe(1);
    await admin.send("DELETE", `/admin/policies/${own}`);
    expect((await create("c")).status).toBe(403);
    const all = await grantTo("role:user", ["create"]);
    expect((await create("c")).status).toBe(200);
    await admin.send("DELETE", `/admin/policies/${all}`);
    expect((await create("d")).status).toBe(403);
  });

  test("does not permit access to what decides who sees what", async () => {
    const policies = [{ payload_types: ["*"], actions: DATA }];
    const { client } = await keyClient(admin, policies);
    const prefix = uniquePrefix("govern");
    for (const payload_type of ["group", "project", "membership"]) {
      const members = { name: "x", container_id: "x", member_type: "user", member_id: "x" };
      const resources = [{ identifier: `${prefix}${payload_type}`, payload_type, ...members }];
      expect((await client.post("/resources/create", { resources })).status).toBeGreaterThan(399);
    }
    const filters = { identifier: { starts_with: prefix } };
    expect(await succeed(admin.post("/query/count", { filters }))).toEqual({ count: 0 });
  });
});

test("a request of a key is one call of the database, also in a new isolate and after a change", async () => {
  const budgeted = budgetedDatabase(env.DB);
  const policies = [{ payload_types: ["dataset", "image"], actions: ["read", "create"] }];
  const credentials = await createKey(admin, policies);
  const { access_token: token } = await signIn(credentials);
  const client = clientOf(appOver(budgeted.database), token);
  const callsOf = async (path: string, body: Json): Promise<readonly string[]> => {
    budgeted.start();
    const answer = await client.post(path, body);
    expect(answer.status, answer.text).toBe(200);
    return budgeted.spent().calls;
  };
  // The first request loads the registered payload types.
  await client.get("/schemas");
  expect(await callsOf("/query", { payload_type: "image" })).toEqual(["read"]);
  const resources = [dataset(`${uniquePrefix("calls")}a`)];
  expect(await callsOf("/resources/create", { resources })).toEqual(["read", "write"]);
  const policy = {
    subjects: [`apk:${credentials.key}`],
    payload_types: ["study"],
    actions: ["read"],
  };
  expect((await admin.post("/admin/policies", policy)).status).toBe(201);
  expect(await callsOf("/query", { payload_type: "image" })).toEqual(["read", "read"]);
  expect(await callsOf("/query", { payload_type: "image" })).toEqual(["read"]);
});
