// Bodies with a content coding, and bodies that break off.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { appOver } from "../../support/servers/app.ts";
import { adminToken, callerOf } from "../../support/fixtures/callers.ts";
import { BASE, login, type Fetch } from "../../support/clients/http.ts";
import {
  operationsOf,
  type OpenApiDocument,
  type Operation,
} from "../../support/checks/openapi-document.ts";

const PASSWORD = "correct horse battery";

let fetch: Fetch;
let token: string;
let operations: readonly Operation[];

beforeAll(async () => {
  fetch = appOver(env.DB, { RATE_LIMIT: "none" });
  token = await adminToken(fetch);
  const document = await (await fetch(new Request(`${BASE}/openapi.json`))).json<OpenApiDocument>();
  operations = operationsOf(document).filter(({ method }) => method !== "GET");
});

const sent = async (
  { method, path }: Pick<Operation, "method" | "path">,
  body: BodyInit,
  headers: Readonly<Record<string, string>> = {},
  as = token,
) => {
  const response = await fetch(
    new Request(`${BASE}${path}`, {
      method,
      body,
      headers: { authorization: `Bearer ${as}`, "content-type": "application/json", ...headers },
    }),
  );
  return { response, text: await response.text() };
};

const COUNT = { method: "POST", path: "/query/count" };

describe("a body with Content-Encoding", () => {
  test("is refused by every operation with 415 and Accept-Encoding", async () => {
    for (const operation of operations) {
      const { response, text } = await sent(operation, "{}", { "content-encoding": "gzip" });
      expect([response.status, response.headers.get("accept-encoding")], operation.name).toEqual([
        415,
        "identity",
      ]);
      expect(text).toContain('"code":"unsupported_media_type"');
    }
  });

  test.each(["gzip", "x-gzip", "br", "zstd", "identity, gzip", "none"])(
    "%s is refused",
    async (coding) => {
      const { response } = await sent(COUNT, "{}", { "content-encoding": coding });
      expect(response.status).toBe(415);
    },
  );

  test("identity is accepted", async () => {
    const { response } = await sent(COUNT, "{}", { "content-encoding": " Identity " });
    expect(response.status).toBe(200);
  });

  test("is not reported to a caller without permission", async () => {
    await callerOf("coded@example.org", "user", fetch);
    const user = await login(fetch, "coded@example.org", PASSWORD);
    const coded = { "content-encoding": "gzip" };
    for (const path of ["/resources/create", "/api/instruments", "/admin/policies"]) {
      const { response } = await sent({ method: "POST", path }, "{}", coded, user);
      expect(response.status, path).toBe(403);
    }
  });
});

/** A body that breaks off with the platform's error for a lost connection or malformed chunks. */
const broken = (words: string): ReadableStream<Uint8Array> => {
  let chunks = 0;
  return new ReadableStream({
    pull: (controller) => {
      chunks += 1;
      if (chunks === 1) controller.enqueue(new TextEncoder().encode("{"));
      else controller.error(new Error(words));
    },
  });
};

test("a body that is cut off is the sender's error", async () => {
  const read = ["/resources/create", "/query", "/auth", "/data/find", "/ds/any", "/source/upload"];
  const worded = ["/auth/jwt/login", "/auth/register", "/api/groups"];
  for (const path of [...read, ...worded]) {
    for (const words of ["Network connection lost.", "Can't read from request stream", "odd"]) {
      const { response, text } = await sent({ method: "POST", path }, broken(words));
      expect([path, response.status], text).toEqual([path, worded.includes(path) ? 422 : 400]);
      expect(text).toContain("The body could not be read to its end.");
    }
  }
});
