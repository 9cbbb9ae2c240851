import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { AppError } from "../../../src/model/error.ts";
import { ANONYMOUS, ROLES, type Principal } from "../../../src/identity/principal.ts";
import { createTokens, type Tokens } from "../../../src/identity/token.ts";
import { createTokenCache } from "../../../src/identity/token-cache.ts";
import { createUuid } from "../../../src/identity/uuid.ts";
import { asymmetric, craft, freshKey, privateKeyOf } from "./craft.ts";
import { goodClaims, tortures } from "./torture.ts";

const START_MILLIS = Date.UTC(2026, 10, 24, 8, 30);
const NOW = START_MILLIS / 1_000;

const key = freshKey();
const userId = "0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10";
const admin: Principal = { kind: "user", id: `user:${userId}`, role: "admin", tokenVersion: 3 };

let millis = START_MILLIS;
let tokens: Tokens;
let good: string;

beforeAll(async () => {
  millis = START_MILLIS;
  tokens = createTokens([key], () => millis);
  good = await tokens.issue({ userId, role: "admin", tokenVersion: 3 }, 600);
});

const errorOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

const expectRefused = async (work: Promise<unknown>, secret: string): Promise<void> => {
  const error = await errorOf(work);
  expect(error).toBeInstanceOf(AppError);
  const { code, message, cause, details } = error as AppError;
  expect(code).toBe("unauthenticated");
  expect(cause).toBeUndefined();
  expect(details).toEqual([]);
  expect(secret.length > 20 && message.includes(secret.slice(0, 20))).toBe(false);
};

describe("valid tokens", () => {
  test("contain the user, the role and the version that they were issued for", async () => {
    for (const role of ROLES) {
      const token = await tokens.issue({ userId, role, tokenVersion: 7 });
      const expected = { kind: "user", id: `user:${userId}`, role, tokenVersion: 7 };
      expect(await tokens.verify(token)).toEqual(expected);
      expect(await tokens.verify(token)).toEqual(expected);
    }
  });

  test("include the base of the crafted ones, so that each is refused for its one error", async () => {
    const header = { alg: "RS256", typ: "JWT", kid: key.kid };
    const claims = goodClaims(NOW);
    const by = asymmetric(privateKeyOf(key));
    for (const part of [{}, { nbf: NOW }, { aud: "fastapi-users:auth" }, { exp: NOW - 4 }]) {
      expect(await tokens.verify(craft(header, { ...claims, ...part }, by))).toEqual(admin);
    }
  });

  test("verify with every key of the installation; the first one signs, and a removed one is void", async () => {
    const older = freshKey();
    const clock = (): number => START_MILLIS;
    const before = await createTokens([older], clock).issue({
      userId,
      role: "user",
      tokenVersion: 1,
    });
    const rotated = createTokens([key, { ...older, privateKey: undefined }], clock);
    expect((await rotated.verify(before)).id).toBe(`user:${userId}`);
    const after = await rotated.issue({ userId, role: "user", tokenVersion: 1 });
    expect((await tokens.verify(after)).role).toBe("user");
    await expectRefused(tokens.verify(before), before);
  });

  test("have a key set with only public members", () => {
    expect(tokens.jwks().keys).toEqual([key.publicKey]);
    expect(Object.keys(tokens.jwks().keys[0] ?? {}).toSorted()).toEqual([
      "alg",
      "e",
      "kid",
      "kty",
      "n",
      "use",
    ]);
  });
});

describe("invalid tokens", () => {
  test("that are crafted are refused as unauthenticated, the first and the second time", async () => {
    const cases = tortures(key, NOW, good);
    expect(cases.length).toBeGreaterThanOrEqual(180);
    for (const [fault, token] of cases) {
      const errors = [await errorOf(tokens.verify(token)), await errorOf(tokens.verify(token))];
      const codes = errors.map((error) => (error instanceof AppError ? error.code : error));
      expect({ fault, codes }).toEqual({ fault, codes: ["unauthenticated", "unauthenticated"] });
      // White space before the token belongs to the header.
      if (token.trim() !== token) continue;
      await expectRefused(tokens.authenticate(`Bearer ${token}`), token);
    }
  });

  test("with any one character changed are refused", async () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    // The last character of a signature has four unused bits.
    const position = fc.nat(good.length - 2);
    await fc.assert(
      fc.asyncProperty(position, fc.constantFrom(...alphabet.split("")), async (at, character) => {
        fc.pre(good[at] !== character);
        const mutated = `${good.slice(0, at)}${character}${good.slice(at + 1)}`;
        await expectRefused(tokens.verify(mutated), mutated);
      }),
      { numRuns: 300, seed: Number(process.env["FC_SEED"] ?? Date.now()) },
    );
  });

  test("that were verified before are refused once they have expired", async () => {
    const token = await tokens.issue({ userId, role: "user", tokenVersion: 1 }, 60);
    await tokens.verify(token);
    try {
      millis = START_MILLIS + 64_999;
      expect((await tokens.verify(token)).role).toBe("user");
      millis = START_MILLIS + 65_000;
      await expectRefused(tokens.verify(token), token);
      await expectRefused(tokens.verify(token), token);
    } finally {
      millis = START_MILLIS;
    }
  });

  test("from a clock five seconds ahead are accepted, from six seconds ahead refused", async () => {
    const token = await tokens.issue({ userId, role: "user", tokenVersion: 1 });
    const behind = (seconds: number): Tokens =>
      createTokens([key], () => START_MILLIS - seconds * 1_000);
    expect((await behind(5).verify(token)).role).toBe("user");
    await expectRefused(behind(6).verify(token), token);
  });
});

describe("the Authorization header", () => {
  test("absent means the anonymous principal", async () => {
    expect(await tokens.authenticate(undefined)).toBe(ANONYMOUS);
  });

  test("may have the Bearer scheme in any case", async () => {
    for (const scheme of ["Bearer", "bearer", "BEARER", "Bearer "]) {
      expect(await tokens.authenticate(`${scheme} ${good}`)).toEqual(admin);
    }
  });

  test("with any other scheme or form is refused, also around a valid token", async () => {
    const headers = [
      "",
      " ",
      "Bearer",
      "Bearer ",
      good,
      `Basic ${good}`,
      `Token ${good}`,
      `JWT ${good}`,
      `Bearer${good}`,
      `Bearer:${good}`,
      `Bearer\t${good}`,
      `BearerX ${good}`,
      ` Bearer ${good}`,
      `Bearer ${good} `,
      `Bearer ${good} x`,
      `Bearer ${good}, Bearer ${good}`,
      `Bearer "${good}"`,
      `Bearer Bearer ${good}`,
      `Bearer token=${good}`,
      `Basic ${btoa("admin:password")}`,
    ];
    for (const header of headers) await expectRefused(tokens.authenticate(header), good);
  });
});

describe("the cache of verified tokens", () => {
  test("holds no more than its size, and evicts the least recently used one", () => {
    const cache = createTokenCache(3);
    for (const name of ["a", "b", "c"]) cache.set(name, admin, 100);
    cache.get("a", 0);
    cache.set("d", admin, 100);
    const found = ["a", "b", "c", "d"].filter((name) => cache.get(name, 0) !== undefined);
    expect(found).toEqual(["a", "c", "d"]);
  });

  test("evicts at the second of expiry", () => {
    const cache = createTokenCache(3);
    cache.set("a", admin, 100);
    expect(cache.get("a", 99)).toBe(admin);
    expect(cache.get("a", 100)).toBeUndefined();
    expect(cache.get("a", 99)).toBeUndefined();
  });
});

describe("identifiers", () => {
  test("are version 7, carry their millisecond, sort by time and do not repeat", () => {
    const ids = Array.from({ length: 1_000 }, (_, index) => createUuid(START_MILLIS + index));
    expect(new Set(ids).size).toBe(1_000);
    expect(ids.toSorted()).toEqual(ids);
    for (const [index, id] of ids.entries()) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      const carried = Number.parseInt(id.slice(0, 13).replace("-", ""), 16);
      expect(carried).toBe(START_MILLIS + index);
    }
  });
});
