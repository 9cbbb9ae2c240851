// The rights of a caller are checked again in the batch of its write.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { appOver } from "../../support/servers/app.ts";
import { adminClient, callerOf, workerFetch } from "../../support/fixtures/callers.ts";
import { clientOf, login, uniquePrefix, type Client } from "../../support/clients/http.ts";
import { aroundDatabase } from "../../support/databases/database.ts";
import { interleavedDatabase } from "../../support/databases/interleaved.ts";
import { createKey, signIn } from "../../support/clients/keys.ts";
import { dataset } from "../../support/fixtures/restricted-tree.ts";

const PASSWORD = "correct horse battery";

let admin: Client;

beforeAll(async () => {
  admin = await adminClient();
});

interface Editor {
  readonly id: string;
  readonly token: string;
}

const editor = async (word: string): Promise<Editor> => {
  const email = `${uniquePrefix(word).slice(0, -1)}@example.org`;
  const { actor } = await callerOf(email, "editor");
  return {
    id: actor.id.slice("user:".length),
    token: await login(workerFetch, email, PASSWORD),
  };
};

/** Sends a write. `happen` runs just before its first batch. */
const overtaken = (token: string, path: string, body: Json, happen: () => Promise<unknown>) =>
  clientOf(appOver(interleavedDatabase(env.DB, happen)), token).post(path, body);

const remove = (id: string) => () => admin.send("DELETE", `/admin/users/${id}`);
const patch = (id: string, change: JsonObject) => () =>
  admin.send("PATCH", `/admin/users/${id}`, change);

const creation = (identifier: string): Json => ({ resources: [dataset(identifier)] });

const exists = async (identifier: string): Promise<boolean> =>
  ((await admin.post("/resources/read", { identifiers: [identifier] })).body as Json[]).length > 0;

describe("a planned write", () => {
  test.each([
    ["is deleted", (id: string) => remove(id), 401],
    ["is locked out", (id: string) => patch(id, { is_active: false }), 401],
    ["is made a reader", (id: string) => patch(id, { role: "user" }), 403],
  ] as const)("is not committed when its account %s meanwhile", async (_, happen, status) => {
    const { id, token } = await editor("planned");
    const identifier = uniquePrefix("planned").slice(0, -1);
    const answer = await overtaken(token, "/resources/create", creation(identifier), happen(id));
    expect(answer.status).toBe(status);
    expect(await exists(identifier)).toBe(false);
  });

  test("is not committed when its key or that key's policy is removed meanwhile", async () => {
    const policies = [{ payload_types: ["*"], actions: ["create"] }];
    for (const [statement, status] of [
      ["DELETE FROM api_keys WHERE 'apk:' || id = ?", 401],
      ["DELETE FROM policy_subjects WHERE subject = ?", 403],
    ] as const) {
      const credentials = await createKey(admin, policies);
      const { access_token: token } = await signIn(credentials);
      const identifier = uniquePrefix("keyed").slice(0, -1);
      const happen = () => env.DB.prepare(statement).bind(`apk:${credentials.key}`).run();
      const answer = await overtaken(token, "/resources/create", creation(identifier), happen);
      expect(answer.status, statement).toBe(status);
      expect(await exists(identifier)).toBe(false);
    }
  });

  test("is committed at the first try when other accounts change meanwhile", async () => {
    const { token } = await editor("steady");
    const other = await editor("other");
    const identifier = uniquePrefix("steady").slice(0, -1);
    let batches = 0;
    const DB = aroundDatabase(
      interleavedDatabase(env.DB, patch(other.id, { role: "user" })),
      (sent, call) => {
        if (sent.statements.some(({ text }) => text.includes("INSERT INTO transactions"))) {
          batches += 1;
        }
        return call();
      },
    );
    const client = clientOf(appOver(DB), token);
    expect((await client.post("/resources/create", creation(identifier))).status).toBe(200);
    expect(batches).toBe(1);
  });

  test("of an admin changes no account after a demotion meanwhile", async () => {
    const { id, token } = await editor("deputy");
    await patch(id, { role: "admin" })();
    const target = await editor("target");
    let isDone = false;
    const DB = aroundDatabase(env.DB, async (sent, call) => {
      if (!isDone && sent.statements.some(({ text }) => text.includes(`update "users"`))) {
        isDone = true;
        await patch(id, { role: "user" })();
      }
      return call();
    });
    const deputy = clientOf(appOver(DB), token);
    const answer = await deputy.send("PATCH", `/admin/users/${target.id}`, { role: "admin" });
    expect(answer.status).toBe(503);
    const role = await env.DB.prepare("SELECT role FROM users WHERE id = ?")
      .bind(target.id)
      .first<string>("role");
    expect(role).toBe("editor");
    const again = await deputy.send("PATCH", `/admin/users/${target.id}`, { role: "admin" });
    expect(again.status).toBe(403);
  });

  test("orders no export, and promises no upload, for an account that is removed meanwhile", async () => {
    const upload = { direction: "upload", filename: "a.bin", group: "g" };
    for (const [path, body, table] of [
      ["/exports", { query: { payload_type: "dataset" }, format: "csv" }, "exports"],
      ["/s3/presign", upload, "uploads"],
    ] as const) {
      const { id, token } = await editor("ordering");
      const answer = await overtaken(token, path, body, remove(id));
      expect([path, answer.status]).toEqual([path, 401]);
      const held = await env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE principal = ?`)
        .bind(`user:${id}`)
        .first<number>("n");
      expect(held).toBe(0);
    }
  });
});
