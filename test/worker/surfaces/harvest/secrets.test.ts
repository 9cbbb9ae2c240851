import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { decryptSecret, parseEncryptionKeys } from "../../../../src/identity/encryption.ts";
import type { JsonObject } from "../../../../src/model/json.ts";
import { adminClient } from "../../../support/fixtures/callers.ts";
import { appOver } from "../../../support/servers/app.ts";
import { adminToken } from "../../../support/fixtures/callers.ts";
import { clientOf } from "../../../support/clients/http.ts";
import { done, idOf } from "../../../support/fixtures/harvest.ts";
import { logged } from "../../../support/checks/log.ts";

/** Words that occur nowhere else. */
const SECRETS = ["first", "second", "bucket", "share", "hook", "deep"].map(
  (word) => `unspeakable-${word}-0d9f`,
);
const [FIRST = "", SECOND = "", BUCKET = "", SHARE = "", HOOK = "", DEEP = ""] = SECRETS;

/** Every value of every table, as text. */
const everything = async (): Promise<string> => {
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%'",
  ).all<{ name: string }>();
  const tables = await env.DB.batch(
    results.map(({ name }) => env.DB.prepare(`SELECT * FROM "${name}"`)),
  );
  return JSON.stringify(tables.map((table) => table.results));
};

test("no secret is in any response, version, export, log line or row", async () => {
  const admin = await adminClient();
  const texts: string[] = [];
  const send = async (method: string, path: string, body?: JsonObject): Promise<JsonObject> => {
    const answer = await admin.send(method, path, body);
    expect(answer.status, `${path} ${answer.text}`).toBeLessThan(300);
    texts.push(answer.text, JSON.stringify([...answer.headers]));
    return answer.body as JsonObject;
  };
  const account = idOf(
    await send("POST", "/api/service-accounts", { name: "a", username: "u", password: FIRST }),
  );
  await send("PATCH", `/api/service-accounts/${account}`, { password: SECOND });
  const s3 = { bucket: "b", region: "r", access_key_id: "k", secret_access_key: BUCKET };
  const cifs = { host: "h", share: "s", username: "u", password: SHARE };
  const odd = { note: "x", nested: { token: DEEP } };
  const ids = [account];
  for (const [type, connection_config] of [
    ["s3", s3],
    ["cifs", cifs],
    ["posix", odd],
  ] as const) {
    const body = { name: type, type, base_path: "/x", connection_config };
    ids.push(idOf(await send("POST", "/api/storage-locations", body)));
  }
  const hook = {
    name: "h",
    trigger: "post_transfer",
    implementation: "http_webhook",
    webhook_url: "https://hooks.example.org/",
    config: { secret: HOOK, note: "x" },
    enabled: false,
  };
  ids.push(idOf(await send("POST", "/api/hooks", hook)));
  const paths = [
    "service-accounts",
    "storage-locations",
    "storage-locations",
    "storage-locations",
    "hooks",
  ];
  for (const [at, id] of ids.entries()) {
    const path = `/api/${paths[at] ?? ""}/${id}`;
    await send("PATCH", path, { name: "renamed" });
    await send("DELETE", path);
    await send("GET", `/api/${paths[at] ?? ""}?include_deleted=true`);
    await send("POST", `${path}/restore`);
    await send("GET", path);
    await send("POST", "/resources/history", { identifier: id });
    await send("POST", "/resources/read", { identifiers: [id] });
    await send("POST", "/resources/diff", { identifier: id, from: 1, to: 2 });
  }
  for (const payload_type of ["service_account", "storage_location", "hook"]) {
    await send("POST", "/query", { payload_type });
    const { id } = await send("POST", "/exports", { query: { payload_type }, format: "ndjson" });
    await expect
      .poll(async () => (await send("GET", `/exports/${String(id)}`))["state"], { timeout: 10_000 })
      .toBe("succeeded");
  }
  await send("GET", "/changes");
  const objects = await env.BUCKET.list();
  for (const { key } of objects.objects) {
    texts.push((await (await env.BUCKET.get(key))?.text()) ?? "");
  }
  const refused = await admin.post("/api/service-accounts", { name: 1, password: FIRST });
  texts.push(refused.text, await everything(), logged.join("\n"));
  for (const secret of SECRETS) {
    for (const text of texts) expect(text.includes(secret), text.slice(0, 200)).toBe(false);
  }
  // Outside the harvest surface, secrets are absent, not even replaced by `****`.
  const history = await admin.post("/resources/history", { identifier: ids[1] ?? "" });
  expect(history.text).not.toContain("****");
  expect(history.text).not.toContain('secret_access_key":');
});

test("stored secrets are decrypted with the key, only at their place, and survive a deletion", async () => {
  const admin = await adminClient();
  const body = { name: "kept", username: "u", password: FIRST };
  const id = idOf(await done(admin, "POST", "/api/service-accounts", body));
  const kept = async (): Promise<string> => {
    const row = await env.DB.prepare("SELECT ciphertext FROM secrets WHERE resource = ?")
      .bind(id)
      .first<{ ciphertext: string }>();
    const keys = parseEncryptionKeys(env.ENCRYPTION_KEYS);
    return decryptSecret(keys, `${id}/password`, row?.ciphertext ?? "");
  };
  expect(await kept()).toBe(FIRST);
  await done(admin, "DELETE", `/api/service-accounts/${id}`);
  await done(admin, "POST", `/api/service-accounts/${id}/restore`);
  expect(await kept()).toBe(FIRST);
  const before = await admin.post("/resources/history", { identifier: id });
  await done(admin, "PATCH", `/api/service-accounts/${id}`, { password: SECOND });
  expect(await kept()).toBe(SECOND);
  const after = await admin.post("/resources/history", { identifier: id });
  expect((after.body as unknown as readonly unknown[]).length).toBe(
    (before.body as unknown as readonly unknown[]).length + 1,
  );
  await done(admin, "PATCH", `/api/service-accounts/${id}`, { username: "v" });
  expect(await kept()).toBe(SECOND);
});

test("the server does not start without encryption keys", () => {
  expect(() => appOver(env.DB, { ENCRYPTION_KEYS: "" })).toThrow("ENCRYPTION_KEYS is missing");
});

test("an external bucket is tested with the stored key; an unreachable one gets 502", async () => {
  const fetch = appOver(env.DB, { ALLOW_PRIVATE_WEBHOOKS: "true" });
  const admin = clientOf(fetch, await adminToken(fetch));
  const make = async (connection_config: JsonObject, type = "s3") => {
    const body = { name: "probed", type, base_path: "/x", connection_config };
    return idOf(await done(admin, "POST", "/api/storage-locations", body));
  };
  const own = await make({
    bucket: "vxdata",
    region: "r",
    access_key_id: "k",
    secret_access_key: BUCKET,
  });
  expect(await done(admin, "GET", `/api/storage-locations/${own}/test`)).toEqual({
    status: "ok",
    type: "s3",
    name: "probed",
  });
  const away = await make({
    bucket: "b",
    region: "r",
    access_key_id: "k",
    secret_access_key: BUCKET,
    endpoint_url: "http://127.0.0.1:9",
  });
  const failed = await admin.get(`/api/storage-locations/${away}/test`);
  expect(failed.status).toBe(502);
  expect(failed.text).not.toContain(BUCKET);
  await done(admin, "PATCH", `/api/storage-locations/${own}`, { enabled: false });
  const disabled = await admin.get(`/api/storage-locations/${own}/test`);
  expect([disabled.status, disabled.text]).toEqual([
    409,
    '{"detail":"Storage location is disabled"}',
  ]);
  const folder = await make({}, "posix");
  expect((await admin.get(`/api/storage-locations/${folder}/test`)).status).toBe(502);
});
