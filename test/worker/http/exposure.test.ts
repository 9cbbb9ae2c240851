import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { LIMITS } from "../../../src/model/limits.ts";
import { appOver } from "../../support/servers/app.ts";
import { adminToken, workerFetch } from "../../support/fixtures/callers.ts";
import { BASE, clientOf, type Fetch } from "../../support/clients/http.ts";
import { operationsOf, type OpenApiDocument } from "../../support/checks/openapi-document.ts";

let token: string;

beforeAll(async () => {
  token = await adminToken();
});

const send = async (
  path: string,
  init: RequestInit = {},
  fetch: Fetch = workerFetch,
): Promise<Response> => {
  const response = await fetch(new Request(path.startsWith("/") ? `${BASE}${path}` : path, init));
  return new Response(await response.text(), response);
};

const HEADERS: Readonly<Record<string, RegExp>> = {
  "content-security-policy": /default-src 'none'.*frame-ancestors 'none'/,
  "cross-origin-opener-policy": /^same-origin$/,
  "cross-origin-resource-policy": /^same-origin$/,
  "permissions-policy": /camera=\(\)/,
  "referrer-policy": /^no-referrer$/,
  "strict-transport-security": /^max-age=31536000/,
  "x-content-type-options": /^nosniff$/,
  "x-frame-options": /^DENY$/,
};

/** Responses that are the same for everybody and may be cached. */
const PUBLIC = new Set(["/openapi.json", "/.well-known/jwks.json", "/auth/public-key"]);

test("every response has the security headers, and no-store unless it is public", async () => {
  const document = await (await send("/openapi.json")).json<OpenApiDocument>();
  const paths = operationsOf(document).map(({ method, path }) => [method, path] as const);
  const others = ["/openapi.json", "/docs", "/docs/", "/docs/nowhere", "/nowhere", "/"];
  for (const [method, path] of [...paths, ...others.map((other) => ["GET", other] as const)]) {
    for (const headers of [{}, { authorization: `Bearer ${token}` }]) {
      // A logout would revoke the token of the following calls.
      if (path.endsWith("/logout")) continue;
      const response = await send(path.replaceAll(/\{\w+\}/g, "x"), {
        method,
        headers,
        redirect: "manual",
      });
      const lacking = Object.entries(HEADERS).filter(
        ([name, pattern]) => !pattern.test(response.headers.get(name) ?? ""),
      );
      expect(lacking, `${method} ${path} ${response.status}`).toEqual([]);
      const isPublic = PUBLIC.has(path) || path.startsWith("/docs");
      const kept = response.headers.get("cache-control") ?? "";
      expect(isPublic || kept === "no-store", `${method} ${path}: ${kept}`).toBe(true);
      expect(response.headers.get("set-cookie")).toBeNull();
      expect(response.headers.get("access-control-allow-origin")).toBeNull();
    }
  }
});

describe("pages of other origins", () => {
  const ORIGIN = "https://app.example.org";
  let allowing: Fetch;
  beforeAll(() => {
    allowing = appOver(env.DB, { CORS_ORIGINS: `${ORIGIN},http://127.0.0.1:3000` });
  });

  const preflight = (origin: string, fetch: Fetch): Promise<Response> =>
    send(
      "/query",
      {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers": "authorization,content-type",
        },
      },
      fetch,
    );

  test("that are listed may call, with their token and without cookies", async () => {
    const allowed = await preflight(ORIGIN, allowing);
    expect([allowed.status, allowed.headers.get("access-control-allow-origin")]).toEqual([
      204,
      ORIGIN,
    ]);
    expect(allowed.headers.get("access-control-allow-headers")).toMatch(/authorization.*x-reason/i);
    expect(allowed.headers.get("access-control-allow-methods")).toMatch(/PATCH/);
    const headers = { origin: ORIGIN, authorization: `Bearer ${token}` };
    for (const path of ["/users/me", "/schemas/nowhere", "/nowhere"]) {
      const answer = await send(path, { headers }, allowing);
      expect(answer.headers.get("access-control-allow-origin"), path).toBe(ORIGIN);
      expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
      expect(answer.headers.get("vary")).toMatch(/origin/i);
    }
  });

  test.each([
    "https://evil.example.org",
    "http://app.example.org",
    "https://app.example.org:444",
    "https://app.example.org.evil.test",
    "null",
    "*",
  ])("that are not listed get no permission: %s", async (origin) => {
    for (const answer of [
      await preflight(origin, allowing),
      await preflight(ORIGIN, workerFetch),
      await send("/health", { headers: { origin } }, allowing),
    ]) {
      expect(answer.headers.get("access-control-allow-origin")).toBeNull();
      expect(answer.headers.get("access-control-allow-methods")).toBeNull();
    }
  });
});

test("the platform's own paths get 404 in every spelling", async () => {
  const headers = { authorization: `Bearer ${token}` };
  for (const path of [
    "/cdn-cgi/trace",
    "/cdn-cgi/",
    "/cdn-cgi",
    "/CDN-CGI/local/scheduled",
    "/cdn-cgi/handler/scheduled?cron=*",
    "/cdn-cgi/mf/scheduled",
    "/cdn-cgi/local/r2/s3/vxdata/a",
    "/%63dn-cgi/trace",
    "/cdn%2Dcgi/trace",
    "//cdn-cgi/trace",
    "/docs/../cdn-cgi/trace",
    "/parents/../cdn-cgi/trace",
    "/__cf_local/x",
    "/__scheduled",
  ]) {
    for (const method of ["GET", "POST", "PUT"]) {
      const answer = await send(path, { method, headers });
      expect([path, answer.status]).toEqual([path, 404]);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
    }
  }
});

test("a development server serves only names of its own machine", async () => {
  const fetch = appOver(env.DB);
  for (const host of ["localhost", "127.0.0.1:8787", "[::1]:1", "a.localhost", "vxdata.test"]) {
    expect((await send(`http://${host}/health`, {}, fetch)).status, host).toBe(200);
  }
  for (const host of [
    "vxdata.example.workers.dev",
    "10.0.0.1",
    "data.clinic.org",
    "localhost.clinic.org",
    "127.0.0.1.clinic.org",
  ]) {
    expect((await send(`https://${host}/health`, {}, fetch)).status, host).toBe(503);
  }
  const production = appOver(env.DB, {
    ENVIRONMENT: "production",
    REGISTRATION: "closed",
    S3_ENDPOINT: "https://objects.clinic.org",
    S3_BUCKET: "clinic",
    S3_ACCESS_KEY_ID: crypto.randomUUID(),
    S3_SECRET_ACCESS_KEY: crypto.randomUUID(),
  });
  expect((await send("https://data.clinic.org/health", {}, production)).status).toBe(200);
});

test("a body over the limit is refused as soon as it exceeds it, also without Content-Length", async () => {
  let pulled = 0;
  const chunk = new Uint8Array(1024 * 1024).fill(32);
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      pulled += 1;
      controller.enqueue(chunk);
    },
  });
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const answer = await send("/query", { method: "POST", headers, body: endless });
  expect(answer.status).toBe(413);
  expect(pulled).toBeLessThan(LIMITS.bodyBytesMax / chunk.length + 20);
  for (const path of ["/auth/register", "/auth", "/auth/refresh", "/auth/jwt/login"]) {
    const body = new Uint8Array(LIMITS.bodyBytesMax + 1);
    const large = await send(path, { method: "POST", headers, body });
    expect([path, large.status]).toEqual([path, 413]);
  }
});

test("a caller without a token gets the same response whether a route is for admins or not", async () => {
  const nobody = clientOf(workerFetch);
  const answers = await Promise.all(
    ["/admin/users", "/admin/transactions", "/schemas", "/changes"].map((path) => nobody.get(path)),
  );
  const texts = answers.map(
    ({ status, text }) => `${status} ${text.replace(/"request_id":"[^"]*"/, "")}`,
  );
  expect(new Set(texts).size).toBe(1);
});
