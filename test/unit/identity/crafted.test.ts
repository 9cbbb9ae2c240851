import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { freshSecrets } from "../../../src/server/secrets.ts";
import { createApp } from "../../../src/app.ts";
import { configOf } from "../../../src/config.ts";
import { createTokens } from "../../../src/identity/token.ts";
import { createUuid } from "../../../src/identity/uuid.ts";
import { faultOf } from "../../support/checks/log.ts";
import { tortures } from "./torture.ts";

// There is no database: invalid tokens are refused before it is called.
const settings = { ...freshSecrets(), ENVIRONMENT: "development", REQUEST_LOG: "true" };
const env = settings as unknown as Env;
const app = createApp(env);
const [key] = configOf(env).signingKeys;
const tokens = createTokens(key === undefined ? [] : [key]);

let good: string;

beforeAll(async () => {
  // Some of the tokens are invalid by one second, so the clock is frozen.
  vi.useFakeTimers({ toFake: ["Date"], now: Math.floor(Date.now() / 1_000) * 1_000 });
  good = await tokens.issue({ userId: createUuid(), role: "admin", tokenVersion: 3 });
});

afterAll(() => {
  vi.useRealTimers();
});

const schemes = (): readonly string[] => [
  good,
  `bearer${good}`,
  `Token ${good}`,
  `JWT ${good}`,
  `Basic ${btoa(`admin:${good}`)}`,
  `Bearer ${good}, Bearer ${good}`,
  `Bearer Bearer ${good}`,
  `Bearer\u00a0${good}`,
  "Bearer",
  "Bearer ",
  "Digest username=admin",
  "Negotiate abc",
];

/** White space around a token belongs to the header, not to the token. */
const isGood = (authorization: string): boolean =>
  /^Bearer +/.test(authorization) && authorization.replace("Bearer", "").trim() === good;

/** Headers that a client can send; HTTP itself refuses the others. */
const sendable = (authorization: string): Headers | undefined => {
  if (isGood(authorization)) return undefined;
  try {
    return new Headers({ authorization });
  } catch {
    return undefined;
  }
};

test("more than 200 crafted tokens get 401 at every kind of endpoint, and no log repeats one", async () => {
  const lines: string[] = [];
  for (const method of ["log", "error"] as const) {
    vi.spyOn(console, method).mockImplementation((text: unknown) => void lines.push(String(text)));
  }
  if (key === undefined) throw new Error("There is no signing key.");
  const crafted = tortures(key, Math.floor(Date.now() / 1_000), good).map(
    ([, token]) => `Bearer ${token}`,
  );
  const permission = await tokens.issuePermission({
    claims: { userid: "x", permissions: {}, service: "source" },
    tokenVersion: 0,
  });
  const headers = [...crafted, ...schemes(), `Bearer ${permission}`].flatMap(
    (text) => sendable(text) ?? [],
  );
  const wrong: string[] = [];
  for (const each of headers) {
    for (const [method, path] of [
      ["GET", "/schemas"],
      ["GET", "/users/me"],
      ["GET", "/admin/users"],
      ["GET", "/auth/authorize?service=source"],
      ["POST", "/resources/create"],
    ] as const) {
      const request = new Request(`http://vxdata.test${path}`, { method, headers: each });
      const response = await app.fetch(request, env);
      const challenge = response.headers.get("www-authenticate");
      if (response.status !== 401 || challenge !== "Bearer") {
        wrong.push(
          `${each.get("authorization")?.replace(good, "good")} ${path}: ${response.status}`,
        );
      }
      await response.text();
    }
  }
  vi.restoreAllMocks();
  expect(wrong).toEqual([]);
  expect(headers.length).toBeGreaterThan(200);
  expect(lines.length).toBe(headers.length * 5);
  expect(lines.map(faultOf).filter((fault) => fault !== undefined)).toEqual([]);
});

test("a crafted token is refused wherever else a token is accepted", async () => {
  if (key === undefined) throw new Error("There is no signing key.");
  const statuses = new Set<number>();
  for (const [, token] of tortures(key, Math.floor(Date.now() / 1_000), good)) {
    if (isGood(`Bearer ${token}`)) continue;
    const query = new URLSearchParams({ service: "source", jwt: token });
    const url = `http://vxdata.test/auth/authorize?${query.toString()}`;
    statuses.add((await app.fetch(new Request(url), env)).status);
  }
  expect(statuses).toEqual(new Set([401]));
});
