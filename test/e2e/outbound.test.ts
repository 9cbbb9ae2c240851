// A self-hosted server sends no requests into private networks.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { adminToken, openTestServer } from "../support/servers/server.ts";

let inside: Server;
let address = "";
let heard: string[] = [];

beforeAll(async () => {
  inside = createServer((request, response) => {
    heard.push(`${request.method} ${request.url}`);
    response.writeHead(request.url?.startsWith("/api/csrf-token") === true ? 404 : 201, {
      "content-type": "application/json",
    });
    response.end('{"id":"6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de00a"}');
  });
  await new Promise<void>((resolve) => inside.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(inside.address() as AddressInfo).port}/api`;
});
afterAll(() => {
  inside.close();
});

/** Creates a schedule, which is sent to Prefect; returns its deployment. */
const schedule = async (url: string): Promise<unknown> => {
  const authorization = `Bearer ${await adminToken(url)}`;
  const made = async (path: string, body: object): Promise<Record<string, unknown>> => {
    const response = await fetch(`${url}/api/${path}`, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(response.ok, path).toBe(true);
    const answer: unknown = await response.json();
    return answer as Record<string, unknown>;
  };
  const instrument = await made("instruments", { name: "i", cifs_host: "h", cifs_share: "s" });
  const place = await made("storage-locations", { name: "p", type: "posix", base_path: "/a" });
  const answer = await made("schedules", {
    instrument_id: instrument["id"],
    default_storage_location_id: place["id"],
    cron_expression: "0 0 1 1 *",
  });
  return answer["prefect_deployment_id"];
};

test(
  "no connection is made to a private address, also after redirects and DNS changes",
  { timeout: 300_000 },
  async () => {
    // The address of Prefect is configured, and not checked.
    const settings = { SCHEDULER: "prefect", PREFECT_API_URL: address };
    const closed = await openTestServer(settings);
    try {
      expect(await schedule(closed.url)).toBeNull();
      expect(heard).toEqual([]);
    } finally {
      await closed.close();
    }
    const open = await openTestServer({ ...settings, ALLOW_PRIVATE_SOURCES: "true" });
    try {
      expect(await schedule(open.url)).toBe("6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de00a");
      expect(heard).toContain("POST /api/deployments/");
    } finally {
      await open.close();
      heard = [];
    }
  },
);
