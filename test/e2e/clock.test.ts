// The Cron Trigger of a local server runs due work.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../src/model/json.ts";
import { send } from "../support/servers/http.ts";
import { adminToken, openTestServer, type TestServer } from "../support/servers/server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await openTestServer({}, { cronSeconds: 1 });
});

afterAll(() => server.close());

test("the Cron Trigger turns a due schedule into a run", async () => {
  const authorized = { authorization: `Bearer ${await adminToken(server.url)}` };
  const make = async (path: string, body: JsonObject): Promise<string> => {
    const made = await send(server.url + path, body, authorized);
    expect(made.status, JSON.stringify(made.body)).toBeLessThan(300);
    return String(made.body["id"]);
  };
  const schedule = await make("/api/schedules", {
    instrument_id: await make("/api/instruments", { name: "i", cifs_host: "h", cifs_share: "s" }),
    default_storage_location_id: await make("/api/storage-locations", {
      name: "l",
      type: "posix",
      base_path: "/archive",
    }),
    cron_expression: "* * * * *",
  });
  const query = { payload_type: "harvest_run", filters: { schedule_id: schedule } };
  for (const deadline = Date.now() + 90_000; ;) {
    const { body } = await send(`${server.url}/query/count`, query, authorized);
    if (Number(body["count"]) > 0) break;
    expect(Date.now(), JSON.stringify(body)).toBeLessThan(deadline);
    await sleep(500);
  }
});
