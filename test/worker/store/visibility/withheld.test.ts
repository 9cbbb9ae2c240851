// Writes do not disclose hidden resources: registrations, and identifiers and unique values in use.
import { beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import type { Caller } from "../../../model/run.ts";
import { adminClient, callerOf } from "../../../support/fixtures/callers.ts";
import { uniquePrefix, type Answer, type Client } from "../../../support/clients/http.ts";
import { define } from "../../../support/clients/datasets.ts";
import { keyClient } from "../../../support/clients/keys.ts";
import { dataset, succeed } from "../../../support/fixtures/restricted-tree.ts";

let admin: Client;
let owner: Caller;
let other: Caller;

beforeAll(async () => {
  admin = await adminClient();
  owner = await callerOf("owner@withheld.test", "editor");
  other = await callerOf("other@withheld.test", "editor");
});

interface Registered {
  readonly scope: string;
  readonly hidden: string;
  readonly gone: string;
}

/** An open datasource with a hidden patient, a deleted one, and a visible one. */
const registered = async (): Promise<Registered> => {
  const scope = `${uniquePrefix("withheld")}ds`;
  const resources = [{ identifier: scope, payload_type: "datasource", name: "Open" }];
  await succeed(owner.client.post("/resources/create", { resources }));
  const items = ["hidden", "gone", "seen"].map((external_uid) => ({
    datasource_id: scope,
    external_uid,
  }));
  const { identifiers } = (await succeed(
    owner.client.post("/patients/register", { items }),
  )) as unknown as { identifiers: readonly [string, string, string] };
  const [hidden, gone] = identifiers;
  const updates = { [hidden]: { access_level: "restricted" } };
  await succeed(owner.client.post("/resources/update", { updates }));
  await succeed(owner.client.post("/resources/delete", { identifiers: [gone] }));
  return { scope, hidden, gone };
};

/** A response without its request id, with a name replaced by a fixed one. */
const plain = ({ status, text }: Answer, name: string): string =>
  `${status} ${text.replace(/"(request_id|session)":"[^"]*"/, `"$1":""`).replaceAll(name, "name")}`;

const register = (client: Client, body: JsonObject, flag = ""): Promise<Answer> =>
  client.post(`/patients/register${flag}`, body);

test("registering a hidden or deleted identifier is refused alike, without naming it", async () => {
  const { scope, hidden, gone } = await registered();
  const answers = new Set<string>();
  for (const uid of ["hidden", "gone"]) {
    const item = { datasource_id: scope, external_uid: uid };
    for (const flag of ["", "?or_resolve=true"]) {
      const fresh = { datasource_id: scope, external_uid: `fresh-${uid}` };
      const single = await register(other.client, item, flag);
      const batch = await register(other.client, { items: [fresh, item, item].slice(0, 2) }, flag);
      for (const answer of [single, batch]) {
        expect(answer.text).not.toContain(hidden);
        expect(answer.text).not.toContain(gone);
        answers.add(plain(answer, uid));
      }
      // Nothing was written: the free identifier is still free.
      expect((await other.client.post("/patients/resolve", fresh)).status).toBe(404);
    }
    expect((await other.client.post("/patients/resolve", item)).status).toBe(404);
  }
  const [answer, ...others] = [...answers];
  expect(others).toEqual([]);
  expect(answer).toContain("403 {");
  expect(JSON.parse((answer ?? "").slice(4))).toMatchObject({
    code: "forbidden",
    errors: [{ path: "external_uid", code: "forbidden" }],
  });
});

test("a caller who may resolve an external identifier learns that it is registered, and as what", async () => {
  const { scope, hidden } = await registered();
  const item = { datasource_id: scope, external_uid: "hidden" };
  const refused = await register(owner.client, item);
  expect([refused.status, (refused.body as JsonObject)["code"]]).toEqual([400, "already_exists"]);
  const resolved = await register(owner.client, item, "?or_resolve=true");
  expect(resolved.body).toEqual({ identifier: hidden });
  const seen = { datasource_id: scope, external_uid: "seen" };
  expect((await register(other.client, seen)).status).toBe(400);
  expect((await register(other.client, seen, "?or_resolve=true")).status).toBe(200);
  const grant = { identifier: hidden, grantee_type: "user", grantee_id: other.actor.id.slice(5) };
  await succeed(owner.client.post("/resources/grants/create", { grants: [grant] }));
  const granted = await register(other.client, item, "?or_resolve=true");
  expect(granted.body).toEqual({ identifier: hidden });
});

test("an otherwise invalid request does not reveal whether an external identifier is taken", async () => {
  const { scope } = await registered();
  const closing = uniquePrefix("none");
  const wrong = (uid: string): readonly JsonObject[] => {
    const item = { datasource_id: scope, external_uid: uid };
    return [
      { ...item, payload: { patient_sex: 5 } },
      { items: [item, { ...item, external_uid: `${uid}2`, payload: { patient_sex: 5 } }] },
      { items: [item, { datasource_id: `${closing}nowhere`, external_uid: "x" }] },
      { items: [item, item] },
      { items: [item, { ...item, external_uid: "seen" }] },
    ];
  };
  const uids = ["hidden", "gone", "nobody"];
  const answers: string[][] = [];
  for (const uid of uids) {
    const own: string[] = [];
    for (const body of wrong(uid)) own.push(plain(await register(other.client, body), uid));
    answers.push(own);
  }
  expect(answers[0]?.every((answer) => answer.startsWith("4"))).toBe(true);
  expect(answers[0]).toEqual(answers[2]);
  expect(answers[1]).toEqual(answers[2]);
});

test("a key that reads no patients registers new ones, and learns nothing about others", async () => {
  const { scope } = await registered();
  const policies = [
    { payload_types: ["patient"], actions: ["create"] },
    { payload_types: ["datasource"], actions: ["read"] },
  ];
  const { client } = await keyClient(admin, policies);
  const item = (uid: string): JsonObject => ({ datasource_id: scope, external_uid: uid });
  expect((await register(client, item("new"))).status).toBe(200);
  const answers = new Set<string>();
  for (const uid of ["hidden", "gone", "seen", "new"]) {
    answers.add(plain(await register(client, item(uid), "?or_resolve=true"), uid));
  }
  expect([...answers].map((answer) => answer.slice(0, 3))).toEqual(["403"]);
});

test("a replayed registration names existing resources only to callers who still see them", async () => {
  const { scope } = await registered();
  const item = { datasource_id: scope, external_uid: "seen" };
  const send = (client: Client): Promise<Answer> =>
    client.post("/patients/register?or_resolve=true", item, { "idempotency-key": "replayed" });
  const first = await send(other.client);
  const { identifier } = (await succeed(Promise.resolve(first))) as { identifier: string };
  expect((await send(other.client)).text).toBe(first.text);
  const updates = { [identifier]: { access_level: "restricted" } };
  await succeed(owner.client.post("/resources/update", { updates }));
  const later = await send(other.client);
  expect([later.status, later.text.includes(identifier)]).toEqual([403, false]);
  const fresh = { ...item, external_uid: "own" };
  const own = { "idempotency-key": "own" };
  const made = await other.client.post("/patients/register", fresh, own);
  expect(made.status, made.text).toBe(200);
  expect((await other.client.post("/patients/register", fresh, own)).text).toBe(made.text);
});

test("an identifier that a hidden resource has is refused like that of a visible one", async () => {
  const prefix = uniquePrefix("names");
  const names = ["seen", "hidden", "deleted"].map((name) => `${prefix}${name}`);
  const [seen = "", hidden = "", deleted = ""] = names;
  const restricted = { access_level: "restricted" };
  const resources = [dataset(seen), dataset(hidden, restricted), dataset(deleted, restricted)];
  await succeed(owner.client.post("/resources/create", { resources }));
  await succeed(owner.client.post("/resources/delete", { identifiers: [deleted] }));
  const texts: string[] = [];
  for (const name of names) {
    const again = { resources: [dataset(name)] };
    texts.push(plain(await other.client.post("/resources/create", again), name));
  }
  expect(texts[0]).toContain("400 ");
  expect(new Set(texts).size).toBe(1);
  const document = (name: string): JsonObject => ({
    entity: "dataset",
    entityVersion: "1.0.0",
    data: [{ _id: name, name: "one" }],
  });
  const inserted: string[] = [];
  for (const name of names) {
    const answer = await other.client.send("PUT", "/data/insert/dataset/1.0.0", document(name));
    inserted.push(plain(answer, name));
  }
  expect(new Set(inserted).size).toBe(1);
  // A caller that sees the tombstone gets a hint how to restore it.
  const again = await owner.client.post("/resources/create", { resources: [dataset(deleted)] });
  expect((again.body as JsonObject)["code"]).toBe("tombstoned");
});

test("a deletion that a hidden child prevents does not name the child", async () => {
  const word = uniquePrefix("kept").replaceAll(/\W/g, "_");
  const [parents, children] = [`${word}parents`, `${word}children`];
  await define(admin, children, { fields: [{ name: "text", type: "string" }] });
  await define(admin, parents, {
    fields: [{ name: "title", type: "string" }],
    relations: [{ dataset: children, cardinality: "one-to-many", cascade: true }],
  });
  const made = await owner.client.post(`/ds/${parents}?outputs=["id","${children}.id"]`, [
    { title: "one", [children]: [{ text: "below" }] },
  ]);
  const [record] = (await succeed(Promise.resolve(made))) as unknown as readonly JsonObject[];
  const below = (record?.[children] ?? []) as readonly JsonObject[];
  const child = String(below[0]?.["id"] ?? "");
  expect(child).not.toBe("");
  const policies = [{ payload_types: [parents], actions: ["read", "update", "delete"] }];
  const { client } = await keyClient(admin, policies);
  const cond = encodeURIComponent('[{"field":"title"},"=","one"]');
  const refused = await client.send("DELETE", `/ds/${parents}?cond=${cond}`);
  expect(refused.status, refused.text).toBe(403);
  expect(refused.text).not.toContain(child);
});
