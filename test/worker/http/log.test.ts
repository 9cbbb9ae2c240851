import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { appOver } from "../../support/servers/app.ts";
import { adminClient, callerOf, workerFetch } from "../../support/fixtures/callers.ts";
import { BASE, clientOf, type Client } from "../../support/clients/http.ts";
import { aroundDatabase } from "../../support/databases/database.ts";
import {
  operationsOf,
  type OpenApiDocument,
  type Operation,
} from "../../support/checks/openapi-document.ts";
import { createKey, signIn } from "../../support/clients/keys.ts";
import { CANARY, faultOf, logged } from "../../support/checks/log.ts";

let operations: readonly Operation[];
let admin: Client;
let token: string;

beforeAll(async () => {
  const response = await workerFetch(new Request(`${BASE}/openapi.json`));
  operations = operationsOf(await response.json<OpenApiDocument>());
  admin = await adminClient();
  const everything = { payload_types: ["*"], actions: ["create", "read", "update", "delete"] };
  token = (await signIn(await createKey(admin, [everything]))).access_token;
});

const planted = (suffix: string): string => `${CANARY}-${suffix}`;

/** Valid and invalid bodies that name people, identifiers and secrets. */
const bodies: readonly Json[] = [
  {
    resources: [{ identifier: planted("id"), payload_type: "dataset", name: planted("name") }],
    identifiers: [planted("id")],
    identifier: planted("id"),
    email: `${CANARY}@example.org`,
    password: planted("password"),
    username: planted("user"),
    refresh_token: planted("token"),
  },
  { resources: [{ identifier: planted("id"), payload_type: "dataset", name: planted("name") }] },
  { updates: { [planted("id")]: { name: planted("name") } } },
  { payload_type: "dataset", filters: { name: planted("value") } },
  { filters: { [planted("field")]: planted("value") } },
  { datasource_id: planted("id"), external_uid: planted("hospital number") },
  { method: "ums", email: `${CANARY}@example.org`, password: planted("password") },
  { method: "apk", key: planted("key"), secret: planted("secret") },
  planted("text"),
];

const pathOf = ({ path }: Operation): string =>
  `${path.replaceAll(/\{\w+\}/g, planted("path"))}?${planted("name")}=${planted("value")}&X-Amz-Signature=${planted("signature")}`;

const send = async (operation: Operation, headers: Record<string, string>, body?: Json) => {
  const hasBody = operation.method !== "GET" && body !== undefined;
  const response = await workerFetch(
    new Request(`${BASE}${pathOf(operation)}`, {
      method: operation.method,
      headers: {
        "user-agent": planted("agent"),
        "idempotency-key": planted("key"),
        "x-reason": planted("reason"),
        "x-d1-bookmark": planted("bookmark"),
        ...(hasBody ? { "content-type": "application/json" } : {}),
        ...headers,
      },
      ...(hasBody ? { body: JSON.stringify(body) } : {}),
    }),
  );
  await response.text();
};

test("the log repeats nothing that is sent to any route, at any place, by any caller", async () => {
  const before = logged.length;
  const good = { authorization: `Bearer ${token}` };
  let sent = 0;
  for (const operation of operations) {
    for (const headers of [{}, good, { authorization: `Bearer ${planted("token")}.a.b` }]) {
      const tried = operation.method === "GET" ? [undefined] : bodies;
      for (const body of tried) {
        await send(operation, headers, body);
        sent += 1;
      }
    }
  }
  for (const path of [`/${CANARY}`, `/docs/${CANARY}`, `/resources/${CANARY}/../read`]) {
    await (await workerFetch(new Request(`${BASE}${path}`, { method: "PROPFIND" }))).text();
    sent += 1;
  }
  const lines = logged.slice(before);
  expect(lines.length).toBe(sent);
  expect(lines.map(faultOf).filter((fault) => fault !== undefined)).toEqual([]);
  expect(lines.filter((line) => line.includes(token))).toEqual([]);
  const routes = new Set(lines.map((line) => (JSON.parse(line) as JsonObject)["route"]));
  expect(routes.size).toBeGreaterThan(40);
  expect(lines.some((line) => (JSON.parse(line) as JsonObject)["method"] === "OTHER")).toBe(true);
});

test("a successful request is one line: caller, route, status and cost", async () => {
  const { client, actor } = await callerOf("logged@example.org", "user");
  const answer = await client.post("/query", { payload_type: "image" });
  expect(JSON.parse(logged.at(-1) ?? "")).toEqual({
    level: "info",
    request_id: answer.headers.get("x-request-id"),
    method: "POST",
    route: "/query",
    status: 200,
    ms: expect.any(Number),
    principal: actor.id,
    d1_calls: 1,
    rows_read: expect.any(Number),
    rows_written: 0,
  });
});

test("the log has the cost of an account endpoint, and the bookmark after it", async () => {
  await callerOf("costs@example.org", "user");
  const body = new URLSearchParams({
    username: "costs@example.org",
    password: "no phrase of mine",
  });
  const response = await workerFetch(
    new Request(`${BASE}/auth/jwt/login`, { method: "POST", body }),
  );
  await response.text();
  const line = JSON.parse(logged.at(-1) ?? "") as JsonObject;
  expect([line["route"], line["status"], line["d1_calls"]]).toEqual(["/auth/jwt/login", 400, 1]);
  expect(line["rows_read"]).toBeGreaterThan(0);
  expect(response.headers.get("x-d1-bookmark")).toMatch(/^[0-9a-f-]+$/);
});

test("a defect is logged with its place, and without its message", async () => {
  const message = `near "${planted("value")}": syntax error\n    at "${planted("value")}"\n${planted("more")}`;
  const broken = aroundDatabase(env.DB, () => Promise.reject(new TypeError(message)));
  const before = logged.length;
  const client = clientOf(appOver(broken), token);
  const answer = await client.post("/query", { filters: { name: planted("value") } });
  expect(answer.status).toBe(500);
  expect(answer.text).not.toContain(CANARY);
  const [defect = "", line = ""] = logged.slice(before);
  expect([faultOf(defect), faultOf(line)]).toEqual([undefined, undefined]);
  expect(JSON.parse(defect)).toMatchObject({
    level: "error",
    request_id: answer.headers.get("x-request-id"),
    name: "TypeError",
  });
  expect(((JSON.parse(defect) as JsonObject)["stack"] as readonly Json[]).length).toBeGreaterThan(
    0,
  );
});

test("the log watch finds planted personal data", () => {
  const line = { level: "info", request_id: crypto.randomUUID(), route: "/query", status: 200 };
  expect(faultOf(JSON.stringify(line))).toBeUndefined();
  for (const bad of [
    { ...line, path: "/query" },
    { ...line, route: "/parents/a b" },
    { ...line, principal: "ada" },
    { ...line, name: planted("name") },
    { ...line, request_id: token },
  ]) {
    expect(faultOf(JSON.stringify(bad)), JSON.stringify(bad)).toBeDefined();
  }
  for (const text of [CANARY, token, "ada@clinic.org", "?X-Amz-Signature=0"]) {
    expect(faultOf(`something ${text}`)).toBeDefined();
  }
});
