import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { runScheduled } from "../../../src/jobs/scheduled.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { adminClient, callerOf, workerFetch } from "../../support/fixtures/callers.ts";
import { BASE, clientOf, login, type Client } from "../../support/clients/http.ts";
import { turnClock, type TurnedClock } from "../../support/run/clock.ts";
import { createKey, signIn, type KeyCredentials, type Tokens } from "../../support/clients/keys.ts";

const PASSWORD = "correct horse battery";
const HOUR_MILLIS = 3_600_000;

let admin: Client;
let key: KeyCredentials;
let clock: TurnedClock | undefined;

beforeAll(async () => {
  admin = await adminClient();
  key = await createKey(admin, [{ payload_types: ["*"], actions: ["read"] }]);
});

afterEach(() => {
  clock?.restore();
  clock = undefined;
});

const nobody = clientOf(workerFetch);

const refresh = (refresh_token: string) => nobody.post("/auth/refresh", { refresh_token });

const next = async (tokens: Tokens): Promise<Tokens> => {
  const answer = await refresh(tokens.refresh_token);
  expect(answer.status, answer.text).toBe(200);
  return answer.body as unknown as Tokens;
};

const reads = async ({ access_token }: Tokens): Promise<number> =>
  (await clientOf(workerFetch, access_token).post("/query", { limit: 1 })).status;

const claimsOf = (token: string): JsonObject =>
  JSON.parse(
    atob((token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/")),
  ) as JsonObject;

describe("a session", () => {
  test("issues tokens in the form of the original service, to keys and to users", async () => {
    const ofKey = claimsOf((await signIn(key)).access_token);
    expect(ofKey["sub"]).toBe(`apk:${key.key}`);
    expect(Number(ofKey["exp"]) - Number(ofKey["iat"])).toBe(7_200);
    const caller = await callerOf("project@example.org", "editor");
    const body = { method: "ums", email: "Project@example.org", password: PASSWORD, more: 1 };
    const answer = await nobody.post("/auth", body);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const tokens = answer.body as unknown as Tokens;
    expect(Object.keys(tokens).toSorted()).toEqual(["access_token", "refresh_token"]);
    expect(tokens.refresh_token).toMatch(/^[0-9a-f]{64}$/);
    expect(claimsOf(tokens.access_token)["sub"]).toBe(caller.actor.id.replace("user:", "ums:"));
    const me = await clientOf(workerFetch, tokens.access_token).get("/users/me");
    expect((me.body as JsonObject)["role"]).toBe("editor");
  });

  test("accepts a body of any content type, since the original client sends text/plain", async () => {
    for (const type of ["text/plain;charset=UTF-8", "application/json"]) {
      const response = await workerFetch(
        new Request(`${BASE}/auth`, {
          method: "POST",
          headers: { "content-type": type },
          body: JSON.stringify({ method: "apk", ...key }),
        }),
      );
      expect(response.status).toBe(200);
      await response.text();
    }
  });

  test("accepts a trailing slash", async () => {
    const started = await nobody.post("/auth/", { method: "apk", ...key });
    expect(started.status, started.text).toBe(200);
    const { refresh_token } = started.body as unknown as Tokens;
    expect((await nobody.post("/auth/refresh/", { refresh_token })).status).toBe(200);
    expect((await nobody.post("/query/", {})).status).toBe(404);
  });

  test("is refused with errors in the form of the original service, without repeating a secret", async () => {
    const secret = "a secret that is not the right one";
    for (const [status, body] of [
      [401, { method: "apk", key: key.key, secret }],
      [401, { method: "apk", key: crypto.randomUUID(), secret }],
      [401, { method: "ums", email: "nobody@example.org", password: secret }],
      [400, { method: "apk", key: key.key }],
      [400, { method: "apk", key: key.key, secret: { secret } }],
      [400, { method: "magic", secret }],
      [400, {}],
      [400, []],
    ] as const) {
      const answer = await nobody.post("/auth", body);
      expect([answer.status, body]).toEqual([status, body]);
      expect(answer.body).toEqual([
        {
          request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          message: expect.stringMatching(/./),
        },
      ]);
      expect(answer.text).not.toContain(secret);
    }
    for (const token of ["", "x", "f".repeat(64), "F".repeat(64), "0".repeat(65)]) {
      expect((await refresh(token)).status).toBe(401);
    }
    expect((await nobody.post("/auth/refresh", {})).status).toBe(400);
  });

  test("continues with each new refresh token, and its older access tokens stay valid", async () => {
    const first = await signIn(key);
    const second = await next(first);
    const third = await next(second);
    expect(new Set([first, second, third].map((each) => each.refresh_token)).size).toBe(3);
    expect(await Promise.all([first, second, third].map(reads))).toEqual([200, 200, 200]);
  });

  test("ends when a refresh token is used twice, with its access tokens", async () => {
    const other = await signIn(key);
    const stolen = await signIn(key);
    const second = await next(stolen);
    expect((await refresh(stolen.refresh_token)).status).toBe(401);
    expect((await refresh(second.refresh_token)).status).toBe(401);
    expect([await reads(stolen), await reads(second)]).toEqual([401, 401]);
    expect(await reads(other)).toBe(200);
  });

  test("issues at most one new pair when the same token is sent several times at once", async () => {
    const tokens = await signIn(key);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => refresh(tokens.refresh_token)),
    );
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    expect(await reads(tokens)).toBe(401);
  });

  test("ends after two hours without a refresh, and after thirty days in any case", async () => {
    const start = Date.now();
    clock = turnClock(start);
    const idle = await signIn(key);
    clock.turn(2 * HOUR_MILLIS + 1);
    expect((await refresh(idle.refresh_token)).status).toBe(401);
    let tokens = await signIn(key);
    let hours = 2;
    for (; hours < 30 * 24; hours += 1.9) {
      clock.turn(hours * HOUR_MILLIS + 1);
      const answer = await refresh(tokens.refresh_token);
      if (answer.status !== 200) break;
      tokens = answer.body as unknown as Tokens;
    }
    clock.turn(30 * 24 * HOUR_MILLIS + 2 * HOUR_MILLIS + 2);
    expect(hours).toBeGreaterThan(29 * 24);
    expect((await refresh(tokens.refresh_token)).status).toBe(401);
  });

  test("that ended a day ago is removed by the job, and no other", async () => {
    const start = Date.now();
    clock = turnClock(start - 27 * HOUR_MILLIS);
    const old = await signIn(key);
    clock.turn(27 * HOUR_MILLIS);
    const young = await signIn(key);
    const count = async (): Promise<unknown> =>
      (await env.DB.prepare("SELECT count(*) AS count FROM sessions").first())?.["count"];
    const before = Number(await count());
    await runScheduled(env);
    expect(await count()).toBeLessThan(before);
    expect((await refresh(old.refresh_token)).status).toBe(401);
    expect((await refresh(young.refresh_token)).status).toBe(200);
  });

  test("leaves no refresh token in the database", async () => {
    const { refresh_token: token } = await signIn(key);
    const { results } = await env.DB.prepare("SELECT * FROM sessions").all();
    expect(results.length).toBeGreaterThan(0);
    expect(JSON.stringify(results)).not.toContain(token.slice(0, 32));
    expect(JSON.stringify(results)).not.toContain(token.slice(32));
  });
});

describe("the tokens of an account", () => {
  const enter = async (email: string) => {
    const caller = await callerOf(email, "user");
    const body = { method: "ums", email, password: PASSWORD };
    const session = (await nobody.post("/auth", body)).body as unknown as Tokens;
    const second = clientOf(workerFetch, await login(workerFetch, email, PASSWORD));
    return { caller, session, second };
  };

  test("are revoked by a logout, on all devices, and a new login works again", async () => {
    const { caller, session, second } = await enter("leaver@example.org");
    expect((await caller.client.send("POST", "/auth/jwt/logout")).status).toBe(204);
    expect((await caller.client.post("/query", {})).status).toBe(401);
    expect((await second.get("/users/me")).status).toBe(401);
    expect(await reads(session)).toBe(401);
    expect((await refresh(session.refresh_token)).status).toBe(401);
    expect((await caller.client.send("POST", "/auth/jwt/logout")).status).toBe(401);
    const again = clientOf(workerFetch, await login(workerFetch, "leaver@example.org", PASSWORD));
    expect((await again.get("/users/me")).status).toBe(200);
  });

  test("are revoked by a change of the password, which works from then on", async () => {
    const { caller, session, second } = await enter("changer@example.org");
    const password = "another phrase of mine";
    const changed = await caller.client.send("PATCH", "/users/me", { password });
    expect(changed.status, changed.text).toBe(200);
    expect((await caller.client.post("/query", {})).status).toBe(401);
    expect((await second.post("/query", {})).status).toBe(401);
    expect(await reads(session)).toBe(401);
    expect((await refresh(session.refresh_token)).status).toBe(401);
    await expect(login(workerFetch, "changer@example.org", PASSWORD)).rejects.toThrow("400");
    await login(workerFetch, "changer@example.org", password);
  });

  test("stay valid after a change of the address, which is used for logins from then on", async () => {
    const { caller } = await enter("mover@example.org");
    const email = "Moved@example.org";
    const changed = await caller.client.send("PATCH", "/users/me", { email });
    expect((changed.body as JsonObject)["email"]).toBe(email);
    expect((await caller.client.get("/users/me")).status).toBe(200);
    await login(workerFetch, "moved@example.org", PASSWORD);
    await callerOf("taken@example.org", "user");
    const taken = await caller.client.send("PATCH", "/users/me", { email: "TAKEN@example.org" });
    expect([taken.status, taken.body]).toEqual([
      400,
      { detail: "UPDATE_USER_EMAIL_ALREADY_EXISTS" },
    ]);
    for (const bad of [{ email: "x" }, { password: "short" }, { email: 1 }, { password: null }]) {
      expect((await caller.client.send("PATCH", "/users/me", bad)).status).toBe(422);
    }
    expect((await caller.client.send("PATCH", "/users/me", {})).status).toBe(200);
  });

  test("of the first admin do not change its address and password, which are settings", async () => {
    const email = String(((await admin.get("/users/me")).body as JsonObject)["email"]);
    for (const change of [{ email: "other@example.org" }, { password: "another phrase" }]) {
      expect((await admin.send("PATCH", "/users/me", change)).status).toBe(403);
    }
    const reader = await callerOf("would-be@example.org", "user");
    const squat = await reader.client.send("PATCH", "/users/me", { email });
    expect(squat.status).toBe(400);
  });
});
