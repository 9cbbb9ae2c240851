// The file of an export is only given to callers that may still read all of its rows.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { runScheduled } from "../../../src/jobs/scheduled.ts";
import { adminClient, callerOf, workerFetch } from "../../support/fixtures/callers.ts";
import { uniquePrefix, type Client } from "../../support/clients/http.ts";
import { below, createMany } from "../../support/fixtures/export-files.ts";
import { succeed } from "../../support/fixtures/restricted-tree.ts";

let admin: Client;

beforeAll(async () => {
  admin = await adminClient();
});

const exportOf = async (client: Client, query: JsonObject): Promise<JsonObject> => {
  const ordered = (await client.post("/exports", { query, format: "csv" })).body as JsonObject;
  for (let tries = 0; tries < 100; tries += 1) {
    const shown = (await succeed(client.get(`/exports/${String(ordered["id"])}`))) as JsonObject;
    if (shown["state"] !== "pending" && shown["state"] !== "running") return shown;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the export does not end");
};

const fetched = async (url: Json | undefined): Promise<number> => {
  const response = await workerFetch(new Request(String(url)));
  await response.text();
  return response.status;
};

/** A reader with a grant on one restricted resource among two open ones, and a file of the three. */
const scene = async (word: string) => {
  const prefix = uniquePrefix(word);
  const email = `${prefix.slice(0, -1)}@example.org`;
  const { client, actor } = await callerOf(email, "user");
  await createMany(admin, 2, prefix);
  await createMany(admin, 1, `${prefix}hidden`, { access_level: "restricted" });
  const id = actor.id.slice("user:".length);
  const grants: Json = [
    { identifier: `${prefix}hidden00000`, grantee_type: "user", grantee_id: id },
  ];
  await succeed(admin.post("/resources/grants/create", { grants }));
  const made = await exportOf(client, below(prefix));
  expect(made).toMatchObject({ state: "succeeded", rows: 3 });
  const path = `/exports/${String(made["id"])}`;
  const downloads = (): Promise<number | null> =>
    env.DB.prepare("SELECT count(*) AS n FROM audit WHERE principal = ? AND operation = 'download'")
      .bind(actor.id)
      .first<number>("n");
  return { prefix, id, client, grants, made, path, downloads };
};

describe("the file of an export", () => {
  test("is refused to a caller who may no longer see one of its rows", async () => {
    const { client, grants, path, downloads } = await scene("regranted");
    await succeed(admin.post("/resources/grants/delete", { grants }));
    const before = await downloads();
    const refused = await client.get(path);
    expect(refused.status).toBe(403);
    expect(refused.text).not.toContain("signature");
    expect(await downloads()).toBe(before);
    expect((await admin.get(path)).status).toBe(200);
    await succeed(admin.post("/resources/grants/create", { grants }));
    expect((await client.get(path)).status).toBe(200);
    expect(await downloads()).toBe((before ?? 0) + 1);
  });

  test("is refused when one of its public rows was restricted meanwhile", async () => {
    const { client, prefix, path } = await scene("restricted");
    const identifier = `${prefix}00000`;
    const set = (access_level: string) =>
      succeed(admin.post("/resources/update", { updates: { [identifier]: { access_level } } }));
    await set("restricted");
    expect((await client.get(path)).status).toBe(403);
    await set("public");
    expect((await client.get(path)).status).toBe(200);
  });

  test("is recorded with the rows that are restricted now, for every reader", async () => {
    const { client, actor } = await callerOf("later@example.org", "user");
    const prefix = uniquePrefix("later");
    await createMany(admin, 2, prefix);
    const path = `/exports/${String((await exportOf(client, below(prefix)))["id"])}`;
    const identifier = `${prefix}00001`;
    const close = { updates: { [identifier]: { access_level: "restricted" } } };
    await succeed(admin.post("/resources/update", close));
    expect((await client.get(path)).status).toBe(403);
    const grantee_id = actor.id.slice("user:".length);
    const grants: Json = [{ identifier, grantee_type: "user", grantee_id }];
    await succeed(admin.post("/resources/grants/create", { grants }));
    for (const by of [client, admin]) {
      const answer = await by.get(path);
      expect(answer.status).toBe(200);
      const line = await env.DB.prepare(
        "SELECT operation, resources FROM audit WHERE request_id = ?",
      )
        .bind(answer.headers.get("x-request-id"))
        .first();
      expect(line).toEqual({ operation: "download", resources: 1 });
    }
  });

  test("is served by its address as long as the holder's account may read", async () => {
    const { id, made } = await scene("leaver");
    expect(await fetched(made["url"])).toBe(200);
    const patch = (is_active: boolean) =>
      succeed(admin.send("PATCH", `/admin/users/${id}`, { is_active }));
    await patch(false);
    expect(await fetched(made["url"])).toBe(404);
    await patch(true);
    expect(await fetched(made["url"])).toBe(200);
    expect((await admin.send("DELETE", `/admin/users/${id}`)).status).toBe(204);
    expect(await fetched(made["url"])).toBe(404);
    // The signature covers the holder: with another holder the URL is invalid.
    const stolen = new URL(String(made["url"]));
    stolen.searchParams.set("holder", "user:0199c4a0-0000-7000-8000-000000000000");
    expect(await fetched(stolen.toString())).toBe(404);
    const passed = (await succeed(admin.get(`/exports/${String(made["id"])}`))) as JsonObject;
    expect(await fetched(passed["url"])).toBe(200);
  });

  test("is removed together with the list of its rows", async () => {
    const { made } = await scene("expiring");
    const prefix = `exports/${String(made["id"])}/`;
    expect((await env.BUCKET.list({ prefix })).objects).toHaveLength(2);
    await env.DB.prepare("UPDATE exports SET expires_at = 1 WHERE id = ?")
      .bind(String(made["id"]))
      .run();
    await runScheduled(env, 0);
    expect((await env.BUCKET.list({ prefix })).objects).toEqual([]);
  });
});
