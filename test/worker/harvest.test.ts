import { beforeAll, expect, test } from "vitest";
import { adminClient } from "../support/cast.ts";
import type { Client } from "../support/client.ts";
let admin: Client;
beforeAll(async () => {
  admin = await adminClient();
});
test("smoke", async () => {
  const send = async (m: string, p: string, b?: any) => {
    const a = await admin.send(m, p, b);
    console.log(m, p, a.status, a.text.slice(0, 600));
    return a.body as any;
  };
  const acc = await send("POST", "/api/service-accounts", {
    name: "a",
    username: "u",
    password: "hunter22",
  });
  const ins = await send("POST", "/api/instruments", {
    name: "MR 3",
    cifs_host: "h",
    cifs_share: "s",
    service_account_id: acc.id,
  });
  const loc = await send("POST", "/api/storage-locations", {
    name: "L",
    type: "s3",
    base_path: "/arch",
    connection_config: {
      bucket: "vxdata",
      region: "auto",
      access_key_id: "k",
      secret_access_key: "supersecret",
      junk: 1,
    },
  });
  await send("PATCH", "/api/storage-locations/" + loc.id, { connection_config: { region: "eu" } });
  const sch = await send("POST", "/api/schedules", {
    instrument_id: ins.id,
    default_storage_location_id: loc.id,
    cron_expression: "*/5 * * * *",
  });
  await send("POST", "/api/schedules", { instrument_id: ins.id });
  await send("GET", "/api/instruments");
  await send("GET", "/api/instruments?limit=5");
  await send("POST", "/api/hooks", {
    name: "f",
    trigger: "pre_transfer",
    implementation: "builtin",
    builtin_name: "file_filter",
    config: {
      exclude_patterns: ["*.tmp"],
      redirect_rules: [{ pattern: "*.raw", destination: "/raw" }],
    },
  });
  await send("POST", "/api/hooks", {
    name: "m",
    trigger: "post_transfer",
    implementation: "builtin",
    builtin_name: "metadata_enrichment",
    config: { rules: [{ pattern: "^(?P<date>\\d{8})_(?P<compound>[^_/]+)_(?P<nucleus>[^/]+)/" }] },
  });
  await send("GET", "/api/hooks/builtins");
  const run = await send("POST", `/api/schedules/${sch.id}/trigger`);
  const claimed = await send("POST", "/api/harvest/runs/claim", { worker: "w" });
  await send("POST", "/api/harvest/runs/claim", { worker: "x" });
  const found = await send("POST", `/api/harvest/runs/${run.flow_run_id}/discovered`, {
    entries: [
      {
        source_path: "20260115_glucose_1H/acqus",
        size_bytes: 5,
        mod_time: "2026-01-15T09:00:00.123456789Z",
      },
      { source_path: "a.tmp", size_bytes: 1 },
      { source_path: "b/c.raw", size_bytes: 1 },
    ],
  });
  await send("POST", `/api/harvest/runs/${run.flow_run_id}/discovered`, {
    entries: [
      { source_path: "a.tmp", size_bytes: 1 },
      { source_path: "../x", size_bytes: 1 },
    ],
  });
  await send("POST", `/api/harvest/runs/${run.flow_run_id}/transfers`, {
    items: [{ file_id: found.items[0].file_id, status: "completed", bytes_transferred: 5 }],
  });
  await send("POST", `/api/harvest/runs/${run.flow_run_id}/finish`, { summary: { a: 1 } });
  await send("GET", "/api/files");
  await send("GET", "/api/transfers");
  await send("DELETE", "/api/instruments/" + ins.id);
  await send("GET", "/api/instruments?include_deleted=true");
  await send("POST", `/api/instruments/${ins.id}/restore`);
  expect(claimed.id).toBe(run.flow_run_id);
});
