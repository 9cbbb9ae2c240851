import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { prefectScheduler } from "../../../src/surfaces/harvest/operations/prefect.ts";

const DEPLOYMENT = "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de006";
const RUN = "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de008";
const INSTRUMENT = "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de001";
const SCHEDULE = "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de004";

interface Recorded {
  readonly call: string;
  readonly body: Json;
  readonly headers: IncomingMessage["headers"];
}

let server: Server;
let url = "";
let recorded: Recorded[] = [];
let answers: Record<string, readonly [number, Json]> = {};

/** Prefect's successful responses, without CSRF protection. */
const GOOD: Readonly<Record<string, readonly [number, Json]>> = {
  "GET /csrf-token": [422, { detail: "CSRF protection is disabled." }],
  "POST /flows/": [200, { id: "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de00f", name: "harvest-instrument" }],
  "POST /deployments/": [201, { id: DEPLOYMENT }],
  [`GET /deployments/${DEPLOYMENT}`]: [200, { id: DEPLOYMENT }],
  [`PATCH /deployments/${DEPLOYMENT}`]: [204, null],
  [`DELETE /deployments/${DEPLOYMENT}`]: [204, null],
  [`POST /deployments/${DEPLOYMENT}/create_flow_run`]: [201, { id: RUN }],
  [`GET /flow_runs/${RUN}`]: [
    200,
    { id: RUN, parameters: { instrument_id: INSTRUMENT, schedule_id: SCHEDULE } },
  ],
};

const read = async (request: IncomingMessage): Promise<Json> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  return text === "" ? null : (JSON.parse(text) as Json);
};

beforeAll(async () => {
  server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const body = await read(request);
      const path = (request.url ?? "").replace(/^\/api/, "").replace(/\?.*$/, "");
      const call = `${request.method} ${path}`;
      recorded.push({ call, body, headers: request.headers });
      const [status, said] = answers[call] ?? [404, { detail: "Not Found" }];
      const elsewhere = status === 307 ? { location: `${url}/elsewhere` } : {};
      response.writeHead(status, { "content-type": "application/json", ...elsewhere });
      response.end(status === 204 ? undefined : JSON.stringify(said));
    };
    void answer();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
});
afterAll(() => {
  server.close();
});
beforeEach(() => {
  recorded = [];
  answers = { ...GOOD };
});

const client = (key: string | null = null) => prefectScheduler({ url, key, fetch });

const SUBJECTS = { scheduleId: SCHEDULE, instrumentId: INSTRUMENT };
const SCHEDULED = {
  ...SUBJECTS,
  instrumentName: "MR 3",
  cron: "*/15 * * * *",
  timezone: null,
  enabled: false,
};

const calls = (): readonly string[] => recorded.map(({ call }) => call);
const bodyOf = (call: string): JsonObject =>
  recorded.find((each) => each.call === call)?.body as JsonObject;

test("the key is sent to no other address that Prefect redirects to", async () => {
  answers["POST /flows/"] = [307, null];
  await expect(client("a-secret-key").deploy(SCHEDULED)).rejects.toThrow("Prefect answered 307.");
  expect(calls()).toEqual(["GET /csrf-token", "POST /flows/"]);
});

test("a schedule becomes a deployment of the flow, named after the instrument and the schedule", async () => {
  expect(await client().deploy(SCHEDULED)).toBe(DEPLOYMENT);
  expect(calls()).toEqual(["GET /csrf-token", "POST /flows/", "POST /deployments/"]);
  expect(bodyOf("POST /flows/")).toEqual({ name: "harvest-instrument" });
  expect(bodyOf("POST /deployments/")).toEqual({
    name: `harvest-MR 3-${SCHEDULE}`,
    flow_id: "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de00f",
    entrypoint: "app.flows.harvest:harvest_instrument_flow",
    parameters: { instrument_id: INSTRUMENT, schedule_id: SCHEDULE },
    tags: ["instrument:MR 3"],
    schedules: [
      {
        schedule: { cron: "*/15 * * * *", timezone: null, day_or: true },
        active: false,
        max_scheduled_runs: null,
        parameters: {},
        slug: null,
        replaces: null,
      },
    ],
    work_pool_name: "streamweave-worker-pool",
    path: "/app",
    pull_steps: [],
  });
  expect(recorded[0]?.headers["user-agent"]).toMatch(/^prefect\/\S+ \(API \S+\)$/);
  expect(recorded[0]?.headers["authorization"]).toBeUndefined();
});

test("an existing deployment, returned with 200, is used; a missing work pool is a failure", async () => {
  answers["POST /deployments/"] = [200, { id: DEPLOYMENT }];
  expect(await client().deploy(SCHEDULED)).toBe(DEPLOYMENT);
  answers["POST /deployments/"] = [404, { detail: "Work pool not found." }];
  await expect(client().deploy(SCHEDULED)).rejects.toThrow("Prefect answered 404");
});

test("a change reads the deployment and sends the stored activity, even if it is off", async () => {
  await client().reschedule(DEPLOYMENT, { cron: "0 1 * * *", timezone: null, enabled: false });
  expect(calls()).toEqual([
    `GET /deployments/${DEPLOYMENT}`,
    "GET /csrf-token",
    `PATCH /deployments/${DEPLOYMENT}`,
  ]);
  expect(bodyOf(`PATCH /deployments/${DEPLOYMENT}`)).toEqual({
    schedules: [{ schedule: { cron: "0 1 * * *" }, active: false }],
  });
});

test("deleting what is gone already succeeds", async () => {
  await client().remove(DEPLOYMENT);
  answers[`DELETE /deployments/${DEPLOYMENT}`] = [404, null];
  await client().remove(DEPLOYMENT);
  answers[`DELETE /deployments/${DEPLOYMENT}`] = [500, null];
  await expect(client().remove(DEPLOYMENT)).rejects.toThrow("Prefect answered 500");
});

test("a trigger creates a run with the two ids, and a run returns them", async () => {
  expect(await client().trigger(DEPLOYMENT, SUBJECTS)).toBe(RUN);
  expect(bodyOf(`POST /deployments/${DEPLOYMENT}/create_flow_run`)).toEqual({
    state: { type: "SCHEDULED", name: "Scheduled" },
    parameters: { instrument_id: INSTRUMENT, schedule_id: SCHEDULE },
    context: {},
    tags: [],
    name: null,
  });
  expect(await client().subjects(RUN)).toEqual(SUBJECTS);
  expect(await client().subjects("6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de0ff")).toBeUndefined();
});

test("writes have the CSRF token if there is one, requested once and again when it expired", async () => {
  answers["GET /csrf-token"] = [200, { token: "word", expiration: "2099-01-01T00:00:00Z" }];
  const prefect = client("a-key-of-ours");
  await prefect.deploy(SCHEDULED);
  await prefect.remove(DEPLOYMENT);
  expect(calls().filter((call) => call === "GET /csrf-token")).toHaveLength(1);
  for (const { call, headers } of recorded) {
    expect(headers["authorization"]).toBe("Bearer a-key-of-ours");
    expect(headers["prefect-csrf-token"]).toBe(call.startsWith("GET") ? undefined : "word");
  }
  answers["POST /flows/"] = [403, { detail: "CSRF token has expired or is invalid." }];
  await expect(prefect.deploy(SCHEDULED)).rejects.toThrow("Prefect answered 403");
  expect(calls().filter((call) => call === "GET /csrf-token")).toHaveLength(2);
});

test("an unreachable server is a failure", async () => {
  const nowhere = prefectScheduler({ url: "http://127.0.0.1:9/api", key: null, fetch });
  await expect(nowhere.deploy(SCHEDULED)).rejects.toThrow("fetch failed");
});
