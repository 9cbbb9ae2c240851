import { beforeAll, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { adminClient } from "../../../support/fixtures/callers.ts";
import type { Client } from "../../../support/clients/http.ts";
import { done, idOf, scene } from "../../../support/fixtures/harvest.ts";

const NOWHERE = "00000000-0000-4000-8000-000000000001";

let admin: Client;

beforeAll(async () => {
  admin = await adminClient();
});

const detailOf = async (
  client: Client,
  method: string,
  path: string,
  body?: Json,
): Promise<readonly [number, Json | undefined]> => {
  const answer = await client.send(method, path, body);
  return [answer.status, (answer.body as JsonObject)["detail"]];
};

test.each([
  ["s3", { bucket: "b", region: "r", access_key_id: "k" }, "secret_access_key"],
  ["s3", { region: "r", access_key_id: "k", secret_access_key: "s" }, "bucket"],
  ["cifs", { host: "h", share: "s", username: "u" }, "password"],
  ["nfs", { host: "h" }, "export_path"],
])(
  "a location of type %s needs its complete configuration",
  async (type, connection_config, lacking) => {
    const body = { name: "x", type, base_path: "/x", connection_config };
    const answer = await admin.post("/api/storage-locations", body);
    expect(answer.status).toBe(422);
    expect(answer.text).toContain(JSON.stringify(["body", "connection_config", lacking]));
  },
);

test("a location returns its secrets as ****, and a change keeps what it does not name", async () => {
  const config = { bucket: "b", region: "r", access_key_id: "k", secret_access_key: "s", odd: 1 };
  const made = await done(admin, "POST", "/api/storage-locations", {
    name: "x",
    type: "s3",
    base_path: "/x",
    connection_config: config,
  });
  const shown = {
    bucket: "b",
    region: "r",
    endpoint_url: null,
    access_key_id: "k",
    secret_access_key: "****",
  };
  expect(made["connection_config"]).toEqual(shown);
  const path = `/api/storage-locations/${idOf(made)}`;
  for (const change of [{ region: "eu" }, { region: "eu", secret_access_key: "****" }]) {
    const changed = await done(admin, "PATCH", path, { connection_config: change });
    expect(changed["connection_config"]).toEqual({ ...shown, region: "eu" });
  }
  const foreign = {
    name: "y",
    type: "posix",
    base_path: "/y",
    connection_config: { secret: "****" },
  };
  expect((await admin.post("/api/storage-locations", foreign)).status).toBe(422);
});

test("a schedule needs a valid expression and existing resources, and returns when it is due", async () => {
  const { instrument, location } = await scene(admin, "due");
  const body = {
    instrument_id: instrument,
    default_storage_location_id: location,
    cron_expression: "0 12 * * *",
    timezone: "Europe/Berlin",
  };
  const made = await done(admin, "POST", "/api/schedules", body);
  expect(made["next_runs"]).toHaveLength(3);
  expect(made["prefect_deployment_id"]).toMatch(/^[0-9a-f-]{36}$/);
  const path = `/api/schedules/${idOf(made)}`;
  expect((await done(admin, "PATCH", path, { enabled: false }))["next_runs"]).toEqual([]);
  expect(
    await detailOf(admin, "POST", "/api/schedules", { ...body, instrument_id: NOWHERE }),
  ).toEqual([404, "Instrument not found"]);
  for (const change of [{ cron_expression: "never" }, { timezone: "Mars/Olympus" }]) {
    expect((await admin.post("/api/schedules", { ...body, ...change })).status).toBe(422);
    expect((await admin.send("PATCH", path, change)).status).toBe(422);
  }
  // Two schedules of one instrument are independent.
  const other = await done(admin, "POST", "/api/schedules", body);
  expect(other["prefect_deployment_id"]).not.toBe(made["prefect_deployment_id"]);
});

test("scripts are refused as hooks, and so are webhooks at private addresses", async () => {
  const hook = { name: "x", trigger: "pre_transfer" };
  const script = await admin.post("/api/hooks", { ...hook, implementation: "python_script" });
  expect([script.status, script.text]).toEqual([422, expect.stringContaining("not supported")]);
  for (const webhook_url of [
    undefined,
    "http://hooks.example.org/",
    "https://127.0.0.1/",
    "https://10.1.2.3/",
    "https://[::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://169.254.169.254/latest",
    "https://2130706433/",
    "https://localhost:8443/",
    "https://intranet/",
    "https://me@hooks.example.org/",
  ]) {
    const body = { ...hook, implementation: "http_webhook", webhook_url };
    const sent = JSON.parse(JSON.stringify(body)) as Json;
    expect((await admin.post("/api/hooks", sent)).status, webhook_url).toBe(422);
  }
  const good = {
    ...hook,
    implementation: "http_webhook",
    webhook_url: "https://hooks.example.org/a",
  };
  expect((await admin.post("/api/hooks", good)).status).toBe(201);
  expect(
    (await admin.post("/api/hooks", { ...hook, implementation: "builtin", builtin_name: "?" }))
      .status,
  ).toBe(201);
});
