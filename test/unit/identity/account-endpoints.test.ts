import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { freshSecrets } from "../../../src/server/secrets.ts";
import { readConfig } from "../../../src/config.ts";
import { createApi, type Api } from "../../../src/http/api.ts";
import { addressParts } from "../../../src/http/address.ts";
import type { Services } from "../../../src/http/env.ts";
import { createAccounts } from "../../../src/identity/accounts.ts";
import { ANONYMOUS } from "../../../src/identity/principal.ts";
import { createTokens } from "../../../src/identity/token.ts";
import { AppError } from "../../../src/model/error.ts";
import { LIMITS } from "../../../src/model/limits.ts";
import { userDirectory, type UserSession } from "../../../src/store/accounts/users.ts";
import { accountsRoutes } from "../../../src/surfaces/accounts/accounts.ts";
import { openDirectory, accountContextOf, UNLIMITED } from "./directory.ts";

const work = vi.hoisted((): { costs: string[] } => ({ costs: [] }));

// The files of a run share their modules; this file mocks one, so it resets them.
vi.hoisted(() => void vi.resetModules());
afterAll(() => void vi.resetModules());
vi.mock("node:crypto", async (original) => {
  const crypto = await original<typeof import("node:crypto")>();
  const cheap: typeof crypto.scryptSync = (password, salt, length, options) => {
    work.costs.push(JSON.stringify([length, options]));
    return crypto.scryptSync(password, salt, length, { N: 16, r: 1, p: 1 });
  };
  return { ...crypto, scryptSync: cheap };
});

const config = readConfig({ ...freshSecrets(), ENVIRONMENT: "development" });
const tokens = createTokens(config.signingKeys);
const ADA = { email: "Ada@clinic.org", password: "ada's own phrase" };

const endpointsOver = (session: UserSession, registration: "open" | "closed" = "open"): Api => {
  const app = createApi();
  app.use("*", async (c, next) => {
    c.set("principal", ANONYMOUS);
    c.set("address", addressParts(c.req.url));
    c.set("services", { config, authenticate: tokens.authenticate, limit: null } as Services);
    await next();
  });
  const admin = { email: config.adminEmail, password: config.adminPassword };
  const users = userDirectory(accountContextOf(session));
  app.onError(() => new Response("the app's own answer", { status: 500 }));
  const accounts = () => createAccounts({ ...UNLIMITED, users, tokens, admin, registration });
  const none = () => expect.unreachable();
  app.route("/", accountsRoutes({ accounts, tokens, project: none, administration: none }));
  return app;
};

let endpoints: Api;

beforeAll(() => {
  endpoints = endpointsOver(openDirectory().session);
});

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

const answerOf = async (answer: Response | Promise<Response>): Promise<Answer> => {
  const response = await answer;
  const { status, headers } = response;
  return { status, headers, body: JSON.parse(await response.text()) as unknown };
};

const register = (body: unknown, headers: Record<string, string> = {}, api = endpoints) =>
  answerOf(
    api.request("/auth/register", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    }),
  );

const login = (username: string, password: string, api = endpoints) =>
  answerOf(
    api.request("/auth/jwt/login", {
      method: "POST",
      body: new URLSearchParams({ username, password }),
    }),
  );

const self = (authorization?: string, api = endpoints) =>
  answerOf(
    api.request("/users/me", {
      headers: authorization === undefined ? {} : { authorization },
    }),
  );

const missing = (name: string) => ({ type: "missing", loc: ["body", name], msg: "Field required" });

describe("the account endpoints", () => {
  test("a registered user logs in and reads its own account, in the form of fastapi-users", async () => {
    const created = await register({ ...ADA, role: "admin", is_superuser: true });
    expect(created).toMatchObject({ status: 201, body: { email: ADA.email, role: "user" } });
    expect(Object.keys(created.body as object).toSorted()).toEqual([
      "email",
      "id",
      "is_active",
      "is_superuser",
      "is_verified",
      "role",
    ]);
    const token = await login("ADA@clinic.org", ADA.password);
    expect(token.status).toBe(200);
    expect(token.headers.get("cache-control")).toBe("no-store");
    expect(token.body).toEqual({ access_token: expect.any(String), token_type: "bearer" });
    const { access_token } = token.body as { readonly access_token: string };
    const read = await self(`Bearer ${access_token}`);
    expect(read).toMatchObject({ status: 200, body: created.body as object });
    expect(JSON.stringify([created.body, read.body])).not.toContain("scrypt");
  });

  test("the configured admin can log in from the start", async () => {
    const token = await login(config.adminEmail, config.adminPassword);
    const { access_token } = token.body as { readonly access_token: string };
    const read = await self(`Bearer ${access_token}`);
    expect(read.body).toMatchObject({ role: "admin", is_superuser: true, is_active: true });
  });

  test("a taken address and wrong credentials get 400 with the codes of fastapi-users", async () => {
    await register({ email: "eve@clinic.org", password: "eve's own phrase" });
    const taken = await register({ email: "EVE@clinic.org", password: "another phrase" });
    expect(taken).toMatchObject({ status: 400, body: { detail: "REGISTER_USER_ALREADY_EXISTS" } });
    const answers = await Promise.all([
      login("eve@clinic.org", "not her phrase"),
      login("nobody@clinic.org", "not a phrase"),
      login(config.adminEmail, "not the phrase"),
      login("", ""),
    ]);
    for (const { status, body } of answers) {
      expect({ status, body }).toEqual({ status: 400, body: { detail: "LOGIN_BAD_CREDENTIALS" } });
    }
  });

  test("a failed login does the same work and has the same response, whether the account is known or not", async () => {
    const directory = openDirectory();
    const api = endpointsOver(directory.session);
    await register({ email: "known@clinic.org", password: "a known phrase" }, {}, api);
    await register({ email: "closed@clinic.org", password: "a closed phrase" }, {}, api);
    directory.execute("UPDATE users SET is_active = 0 WHERE email_folded = 'closed@clinic.org'");
    const outcomes = new Set<string>();
    for (const [email, password] of [
      ["known@clinic.org", "a wrong phrase"],
      ["unknown@clinic.org", "a wrong phrase"],
      ["closed@clinic.org", "a wrong phrase"],
      ["closed@clinic.org", "a closed phrase"],
      [config.adminEmail, "a wrong phrase"],
    ] as const) {
      work.costs = [];
      const before = directory.calls();
      const { status, body } = await login(email, password, api);
      outcomes.add(JSON.stringify([status, body, work.costs, directory.calls() - before]));
    }
    expect([...outcomes]).toEqual([
      JSON.stringify([
        400,
        { detail: "LOGIN_BAD_CREDENTIALS" },
        [JSON.stringify([32, { N: 2 ** 14, r: 8, p: 5, maxmem: 48 * 1024 * 1024 }])],
        1,
      ]),
    ]);
  });

  test("a body without members, or none at all, gets 422 and is not repeated", async () => {
    const absent = await register({});
    expect(absent.body).toEqual({ detail: [missing("email"), missing("password")] });
    const secret = "pass7wd";
    const short = await register({ email: "nobody", password: secret });
    expect(short.status).toBe(422);
    expect(short.body).toMatchObject({
      detail: [{ loc: ["body", "email"] }, { loc: ["body", "password"] }],
    });
    expect(JSON.stringify(short.body)).not.toContain(secret);
    const strange = ["", "{", "null", "[]", '"text"', "1", '{"email":1,"password":{}}'];
    for (const body of strange) expect(await register(body)).toMatchObject({ status: 422 });
    const untyped = await register(ADA, { "content-type": "text/plain" });
    expect(untyped.status).toBe(422);
  });

  test("a login that is not a form, or lacks a member, gets 422", async () => {
    const send = (body: RequestInit["body"], type?: string) =>
      answerOf(
        endpoints.request("/auth/jwt/login", {
          method: "POST",
          body: body ?? null,
          headers: type === undefined ? {} : { "content-type": type },
        }),
      );
    const both = { status: 422, body: { detail: [missing("username"), missing("password")] } };
    const json = JSON.stringify({ username: "a", password: "b" });
    expect(await send(json, "application/json")).toMatchObject(both);
    expect(await send(null)).toMatchObject(both);
    expect(await send("", "application/x-www-form-urlencoded")).toMatchObject(both);
    expect(await send("x", "multipart/form-data")).toMatchObject(both);
    const half = await send(new URLSearchParams({ username: "a@clinic.org" }));
    expect(half).toMatchObject({ status: 422, body: { detail: [missing("password")] } });
    const file = new FormData();
    file.set("username", "a@clinic.org");
    file.set("password", new Blob(["secret"]), "password.txt");
    expect(await send(file)).toMatchObject({ status: 422 });
  });

  test("one's own account gets 401 without a valid token", async () => {
    for (const header of [undefined, "", "Bearer x.y.z", `Basic ${btoa("a:b")}`]) {
      const { status, body, headers } = await self(header);
      expect({ status, body }).toEqual({ status: 401, body: { detail: "Unauthorized" } });
      expect(headers.get("www-authenticate")).toBe("Bearer");
    }
  });

  test("an unknown query parameter gets 422 and is named", async () => {
    const { status, body } = await answerOf(endpoints.request("/.well-known/jwks.json?debug=1"));
    expect(status).toBe(422);
    expect(body).toMatchObject({ detail: [{ loc: ["query", "debug"] }] });
  });

  test("a body over the limit gets 413", async () => {
    const declared = { "content-length": String(LIMITS.bodyBytesMax + 1) };
    expect(await register(ADA, declared)).toMatchObject({ status: 413 });
  });

  test("closed registration gets 403", async () => {
    const closed = endpointsOver(openDirectory().session, "closed");
    const answer = await register(ADA, {}, closed);
    expect(answer).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining("closed") },
    });
  });

  test("the key set is public and contains no private member", async () => {
    const { status, body } = await answerOf(endpoints.request("/.well-known/jwks.json"));
    expect(status).toBe(200);
    expect(body).toEqual({ keys: config.signingKeys.map(({ publicKey }) => publicKey) });
    expect(Object.keys((body as { keys: object[] }).keys[0] ?? {})).not.toContain("d");
  });

  test("a busy database gets 503 with Retry-After, and a defect is left to the app", async () => {
    const failing = (error: Error): Api =>
      endpointsOver({ batch: vi.fn<() => Promise<never>>().mockRejectedValue(error) });
    const busy = failing(new AppError("unavailable", "Try again.", { retryAfterSeconds: 2 }));
    const answer = await login(ADA.email, ADA.password, busy);
    expect(answer).toMatchObject({ status: 503, body: { detail: "Try again." } });
    expect(answer.headers.get("retry-after")).toBe("2");
    const broken = await failing(new Error("a secret of the inside")).request("/auth/jwt/login", {
      method: "POST",
      body: new URLSearchParams({ username: ADA.email, password: ADA.password }),
    });
    expect(broken.status).toBe(500);
    expect(await broken.text()).toBe("the app's own answer");
  });
});
