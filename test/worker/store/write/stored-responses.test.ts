// Saved responses are replayed only to callers that may still read their contents, and are audited as reads.
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { createApp } from "../../../../src/app.ts";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { adminClient, callerOf, workerFetch } from "../../../support/fixtures/callers.ts";
import {
  clientOf,
  login,
  uniquePrefix,
  type Answer,
  type Client,
} from "../../../support/clients/http.ts";
import { define, pathOf } from "../../../support/clients/datasets.ts";
import { bodyOf } from "../../../support/clients/entities.ts";
import { keyClient } from "../../../support/clients/keys.ts";

const PASSWORD = "correct horse battery";

let admin: Client;

beforeAll(async () => {
  admin = await adminClient();
  await define(admin, "secretive", { fields: [{ name: "title", type: "string" }] });
});

/** An editor with a grant on a restricted record of another owner. */
const scene = async (word: string) => {
  const prefix = uniquePrefix(word).slice(0, -1);
  const email = `${prefix}@example.org`;
  const { client, actor } = await callerOf(email, "editor");
  const made = await bodyOf(
    admin.post("/resources/create", {
      resources: [
        {
          identifier: prefix,
          payload_type: "secretive",
          title: `old ${prefix}`,
          access_level: "restricted",
        },
      ],
    }),
  );
  expect(made).toMatchObject({ created: 1 });
  const grants: Json = [
    { identifier: prefix, grantee_type: "user", grantee_id: actor.id.slice("user:".length) },
  ];
  await bodyOf(admin.post("/resources/grants/create", { grants }));
  const reads = async (): Promise<number> =>
    (await env.DB.prepare(
      "SELECT coalesce(sum(resources), 0) AS n FROM audit WHERE principal = ? AND operation = 'read'",
    )
      .bind(actor.id)
      .first<number>("n")) ?? 0;
  return {
    id: prefix,
    email,
    client,
    reads,
    revoke: () => bodyOf(admin.post("/resources/grants/delete", { grants })),
    setRole: (role: string) =>
      env.DB.prepare("UPDATE users SET role = ? WHERE email = ?").bind(role, email).run(),
  };
};

/** The title of the record of a scene, before its change. */
const titled = (id: string): Json => [{ field: "title" }, "in", [`old ${id}`]];

const change = (client: Client, id: string): Promise<Answer> =>
  client.send(
    "PATCH",
    pathOf("secretive", { cond: titled(id) }),
    { title: `new ${id}` },
    {
      "idempotency-key": "change",
    },
  );

const save = (client: Client, id: string, more: JsonObject = {}): Promise<Answer> =>
  client.send(
    "POST",
    "/data/update/secretive",
    {
      query: { field: "_id", op: "=", rvalue: id },
      update: { $set: { title: `new ${id}` } },
      projection: { field: "*" },
      ...more,
    },
    { "idempotency-key": "save" },
  );

describe.each([
  ["a change of records", change, 201],
  ["an update of documents", save, 200],
] as const)("the stored response of %s under an Idempotency-Key", (_, send, status) => {
  test("is replayed to callers who may see its content, and each time recorded", async () => {
    const { client, id, reads } = await scene("again");
    const first = await send(client, id);
    expect([first.status, first.text]).toEqual([status, expect.stringContaining(`new ${id}`)]);
    const before = await reads();
    const again = await send(client, id);
    expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([status, "true"]);
    expect(again.text).toContain(`new ${id}`);
    expect(await reads()).toBe(before + 1);
  });

  test("is not replayed to callers who may no longer see it", async () => {
    const { client, id, reads, revoke } = await scene("revoked");
    expect((await send(client, id)).status).toBe(status);
    await revoke();
    const before = await reads();
    const again = await send(client, id);
    expect(again.status).toBe(403);
    expect(again.text).not.toContain(id);
    expect(await reads()).toBe(before);
  });

  test("is not replayed to callers who may no longer do the operation", async () => {
    const { client, id, setRole } = await scene("demoted");
    expect((await send(client, id)).status).toBe(status);
    await setRole("user");
    const again = await send(client, id);
    expect(again.status).toBe(403);
    expect(again.text).not.toContain(id);
  });
});

test("the response of a write that continued as a task is returned as long as it may be seen", async () => {
  const { id, email, reads, revoke } = await scene("task");
  const app = createApp(env);
  const context = createExecutionContext();
  const token = await login(workerFetch, email, PASSWORD);
  const client = clientOf((request) => Promise.resolve(app.fetch(request, env, context)), token);
  const started = await bodyOf(save(client, id, { execution: { asynchronous: 0 } }), 202);
  await waitOnExecutionContext(context);
  const path = `/data/task/${String(started["taskHandle"])}`;
  const before = await reads();
  expect(await bodyOf(client.get(path))).toMatchObject({
    status: "COMPLETE",
    processed: [{ title: `new ${id}` }],
  });
  expect(await reads()).toBe(before + 1);
  await revoke();
  const refused = await client.get(path);
  expect(refused.status).toBe(403);
  expect(refused.text).not.toContain(id);
});

test("a caller who may only create gets the response about its own creations again", async () => {
  const policies = [{ payload_types: ["secretive"], actions: ["create"], owner_only: false }];
  const { client } = await keyClient(admin, policies);
  const insert = () =>
    client.send("POST", pathOf("secretive"), { title: "own" }, { "idempotency-key": "own" });
  const [first, again] = [await insert(), await insert()];
  expect([first.status, again.status]).toEqual([200, 200]);
  expect(again.text).toBe(first.text);
});

describe("the stored response of a list of changes under an Idempotency-Key", () => {
  test("is replayed as long as its caller may do the operation", async () => {
    const { client, id, setRole } = await scene("listed");
    const update = () =>
      client.send(
        "POST",
        "/resources/update",
        { updates: { [id]: { title: `newer ${id}` } } },
        { "idempotency-key": "listed" },
      );
    const first = await update();
    expect([first.status, (await update()).headers.get("idempotency-replayed")]).toEqual([
      200,
      "true",
    ]);
    await setRole("user");
    expect((await update()).status).toBe(403);
    await setRole("editor");
    expect((await update()).text).toBe(first.text);
  });

  test.each([
    ["update", (id: string): Json => ({ updates: { [id]: { title: `newer ${id}` } } })],
    ["delete", (id: string): Json => ({ identifiers: [id] })],
  ])(
    "of an %s, is not replayed to callers who may no longer see its subject",
    async (what, body) => {
      const { client, id, revoke, reads } = await scene(`hidden-${what}`);
      const send = () => client.post(`/resources/${what}`, body(id), { "idempotency-key": what });
      const [first, again] = [await send(), await send()];
      expect([first.status, again.text]).toEqual([200, first.text]);
      await revoke();
      const before = await reads();
      const refused = await send();
      expect([refused.status, refused.text.includes(id)]).toEqual([403, false]);
      expect(await reads()).toBe(before);
    },
  );

  test("of grants, is not replayed to callers who may no longer give access", async () => {
    const { id, client, email, setRole } = await scene("given");
    const grants: Json = [
      { identifier: id, grantee_type: "user", grantee_id: crypto.randomUUID() },
    ];
    for (const word of ["create", "delete"]) {
      await setRole("admin");
      const token = await login(workerFetch, email, PASSWORD);
      const send = (by: Client) =>
        by.post(`/resources/grants/${word}`, { grants }, { "idempotency-key": word });
      const first = await send(clientOf(workerFetch, token));
      expect([first.status, (await send(client)).text]).toEqual([200, first.text]);
      await setRole("editor");
      const refused = await send(client);
      expect([refused.status, refused.text.includes(id)]).toEqual([403, false]);
    }
  });

  test("is not replayed to a key whose policy has changed", async () => {
    const policies = [{ payload_types: ["secretive"], actions: ["create"], owner_only: false }];
    const { client, key } = await keyClient(admin, policies);
    const identifier = uniquePrefix("kept").slice(0, -1);
    const create = () =>
      client.send(
        "POST",
        "/resources/create",
        { resources: [{ identifier, payload_type: "secretive", title: "x" }] },
        { "idempotency-key": "own" },
      );
    expect([(await create()).status, (await create()).status]).toEqual([200, 200]);
    await env.DB.prepare("DELETE FROM policy_subjects WHERE subject = ?").bind(`apk:${key}`).run();
    expect((await create()).status).toBe(403);
  });
});
