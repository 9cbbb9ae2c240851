import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { appOver } from "../../support/servers/app.ts";
import { adminClient, callerOf, workerFetch } from "../../support/fixtures/callers.ts";
import { BASE, clientOf, login, type Answer, type Fetch } from "../../support/clients/http.ts";
import { turnClock, type TurnedClock } from "../../support/run/clock.ts";
import { keyClient } from "../../support/clients/keys.ts";

const PASSWORD = "correct horse battery";

let clock: TurnedClock | undefined;

afterEach(() => {
  clock?.restore();
  clock = undefined;
});

interface Attempt {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | null;
}

const attempt = async (
  username: string,
  password: string,
  address?: string,
  fetch: Fetch = workerFetch,
): Promise<Attempt> => {
  const response = await fetch(
    new Request(`${BASE}/auth/jwt/login`, {
      method: "POST",
      headers: address === undefined ? {} : { "cf-connecting-ip": address },
      body: new URLSearchParams({ username, password }),
    }),
  );
  const retryAfter = response.headers.get("retry-after");
  return { status: response.status, text: await response.text(), retryAfter };
};

const wrong = (email: string, count: number, address?: string): Promise<readonly Attempt[]> =>
  Promise.all(Array.from({ length: count }, (_, at) => attempt(email, `wrong ${at}`, address)));

/** The name of a bucket's object: a keyed digest, so that its holder cannot be guessed. */
const nameOf = async (holder: string): Promise<string> => {
  const secret = Uint8Array.from(atob(env.CURSOR_SECRET), (each) => each.charCodeAt(0));
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", secret, algorithm, false, ["sign"]);
  const text = new TextEncoder().encode(`throttle ${holder}`);
  const bytes = new Uint8Array(await crypto.subtle.sign("HMAC", key, text));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
};

const counted = (attempts: readonly Attempt[]): Readonly<Record<number, number>> => {
  const statuses: Record<number, number> = {};
  for (const { status } of attempts) statuses[status] = (statuses[status] ?? 0) + 1;
  return statuses;
};

describe("logins", () => {
  beforeAll(async () => {
    await callerOf("known@example.org", "user");
  });

  test("on one account: ten of 100 concurrent wrong passwords are checked, for known and unknown accounts", async () => {
    clock = turnClock(Date.now());
    const known = await wrong("known@example.org", 100);
    expect(counted(known)).toEqual({ 400: 10, 429: 90 });
    const unknown = await wrong("unknown@example.org", 100);
    expect(counted(unknown)).toEqual({ 400: 10, 429: 90 });
    const texts = (attempts: readonly Attempt[]) => new Set(attempts.map(({ text }) => text));
    expect(texts(unknown)).toEqual(texts(known));
    const refused = known.find(({ status }) => status === 429);
    expect(Number(refused?.retryAfter)).toBeGreaterThan(0);
    expect(Number(refused?.retryAfter)).toBeLessThanOrEqual(30);
    expect((await attempt("KNOWN@example.org", PASSWORD)).status).toBe(429);
  });

  test("are permitted again after the time in Retry-After, one by one", async () => {
    await callerOf("patient@example.org", "user");
    const start = Date.now();
    clock = turnClock(start);
    await wrong("patient@example.org", 10);
    const refused = await attempt("patient@example.org", PASSWORD);
    expect(refused.status).toBe(429);
    clock.turn(Number(refused.retryAfter) * 1_000);
    expect((await attempt("patient@example.org", PASSWORD)).status).toBe(200);
    expect((await attempt("patient@example.org", "wrong")).status).toBe(400);
    expect((await attempt("patient@example.org", "wrong")).status).toBe(429);
  });

  test("that succeed are not counted", async () => {
    clock = turnClock(Date.now());
    await callerOf("diligent@example.org", "user");
    await wrong("diligent@example.org", 9);
    for (let count = 0; count < 3; count += 1) {
      expect((await attempt("diligent@example.org", PASSWORD)).status).toBe(200);
    }
  });

  test("stay counted when the Durable Object is evicted", async () => {
    clock = turnClock(Date.now());
    await wrong("evicted@example.org", 10);
    await evictDurableObject(env.THROTTLE.getByName(await nameOf("account evicted@example.org")));
    expect((await attempt("evicted@example.org", "wrong")).status).toBe(429);
  });

  test("from one address on many accounts or keys end too, and another address still works", async () => {
    const tryKey = (address: string) =>
      workerFetch(
        new Request(`${BASE}/auth`, {
          method: "POST",
          headers: { "cf-connecting-ip": address },
          body: JSON.stringify({ method: "apk", key: crypto.randomUUID(), secret: "wrong" }),
        }),
      );
    // With a running clock, one more request per second would pass.
    clock = turnClock(Date.now());
    const answers = await Promise.all(Array.from({ length: 150 }, () => tryKey("192.0.2.1")));
    expect(answers.filter(({ status }) => status === 401).length).toBe(100);
    expect(answers.filter(({ status }) => status === 429).length).toBe(50);
    expect((await attempt("victim@example.org", "wrong", "192.0.2.1")).status).toBe(429);
    expect((await attempt("victim@example.org", "wrong", "192.0.2.2")).status).toBe(400);
  });

  test.each([
    // Entries that the caller sent before the proxy's own entry are ignored.
    ["proxy", { "x-forwarded-for": "203.0.113.9, 192.0.2.7" }, "address 192.0.2.7"],
    ["proxy", { "cf-connecting-ip": "192.0.2.8" }, undefined],
    ["none", { "cf-connecting-ip": "192.0.2.9", "x-forwarded-for": "192.0.2.9" }, undefined],
    ["platform", { "x-forwarded-for": "192.0.2.10" }, undefined],
  ])("with CLIENT_ADDRESS %s and %j are counted for %s", async (who, headers, holder) => {
    const names: string[] = [];
    const spy = {
      getByName: (name: string) => {
        names.push(name);
        return env.THROTTLE.getByName(name);
      },
    };
    const fetch = appOver(env.DB, { CLIENT_ADDRESS: who, THROTTLE: spy });
    const body = new URLSearchParams({ username: `${who}@example.org`, password: "wrong" });
    await fetch(new Request(`${BASE}/auth/jwt/login`, { method: "POST", headers, body }));
    const address = holder === undefined ? [] : [await nameOf(holder)];
    expect(names).toEqual([await nameOf(`account ${who}@example.org`), ...address]);
  });

  test("of keys are counted as well, through the other endpoint", async () => {
    clock = turnClock(Date.now());
    const body = { method: "apk", key: crypto.randomUUID(), secret: "wrong" };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => clientOf(workerFetch).post("/auth", body)),
    );
    expect(answers.filter(({ status }) => status === 401).length).toBe(10);
    expect(answers.filter(({ status }) => status === 429).length).toBe(10);
  });

  test("get 503 while they cannot be counted", async () => {
    const broken = { getByName: () => ({ take: () => Promise.reject(new Error("gone")) }) };
    const fetch = appOver(env.DB, { THROTTLE: broken });
    const answer = await attempt("known@example.org", PASSWORD, undefined, fetch);
    expect([answer.status, answer.retryAfter]).toEqual([503, "1"]);
  });
});

describe("requests", () => {
  test("are limited per principal, and every response has the remaining number", async () => {
    clock = turnClock(Date.now());
    const limited = appOver(env.DB, { RATE_LIMIT: "5" });
    const admin = await adminClient();
    const policies = [{ payload_types: ["*"], actions: ["read"] }];
    const { client } = await keyClient(admin, policies);
    await callerOf("known2@example.org", "user");
    const token = await login(workerFetch, "known2@example.org", PASSWORD);
    const reader = clientOf(limited, token);
    const statuses: number[] = [];
    const left: (string | null)[] = [];
    let last: Answer | undefined;
    for (let count = 0; count < 7; count += 1) {
      const answer = await reader.post("/query/count", {});
      statuses.push(answer.status);
      left.push(answer.headers.get("ratelimit"));
      expect(answer.headers.get("ratelimit-policy")).toBe('"default";q=5;w=60');
      last = answer;
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
    expect(Number(last?.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(last?.body).toMatchObject({ code: "too_many_requests" });
    expect(left[0]).toMatch(/^"default";r=4;t=\d+$/);
    expect(left[6]).toMatch(/^"default";r=0;t=\d+$/);
    // Another principal, and a server without a limit, are not affected.
    const other = clientOf(limited, await login(workerFetch, "known2@example.org", PASSWORD));
    expect((await other.get("/schemas")).status).toBe(429);
    expect((await client.post("/query/count", {})).status).toBe(200);
    const unlimited = await clientOf(workerFetch, token).post("/query/count", {});
    expect([unlimited.status, unlimited.headers.get("ratelimit")]).toEqual([200, null]);
  });

  test("of several isolates add up", async () => {
    await callerOf("spread@example.org", "user");
    const token = await login(workerFetch, "spread@example.org", PASSWORD);
    clock = turnClock(Date.now());
    const isolates = [1, 2, 3].map(() => clientOf(appOver(env.DB, { RATE_LIMIT: "200" }), token));
    let allowed = 0;
    for (let count = 0; count < 240; count += 1) {
      const answer = await isolates[count % 3]?.post("/resources/read", { identifiers: [] });
      if (answer?.status === 200) allowed += 1;
    }
    expect(allowed).toBe(200);
  });

  test("without a token are counted for their address", async () => {
    clock = turnClock(Date.now());
    const limited = appOver(env.DB, { RATE_LIMIT: "3" });
    const send = async (address: string): Promise<number> => {
      const headers = { "cf-connecting-ip": address, "content-type": "application/json" };
      const request = new Request(`${BASE}/auth/refresh`, { method: "POST", headers, body: "{}" });
      return (await limited(request)).status;
    };
    const statuses: number[] = [];
    for (let count = 0; count < 5; count += 1) statuses.push(await send("198.51.100.1"));
    expect(statuses).toEqual([400, 400, 400, 429, 429]);
    expect(await send("198.51.100.2")).toBe(400);
  });

  test("pass while they cannot be counted", async () => {
    const broken = { getByName: () => ({ take: () => Promise.reject(new Error("gone")) }) };
    const variables = { RATE_LIMIT: "5", THROTTLE: broken };
    const token = await login(workerFetch, "spread@example.org", PASSWORD);
    const client = clientOf(appOver(env.DB, variables), token);
    expect((await client.post("/query/count", {})).status).toBe(200);
  });
});
