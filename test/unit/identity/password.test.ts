import fc from "fast-check";
import { randomBytes, scryptSync } from "node:crypto";
import { afterAll, describe, expect, test, vi } from "vitest";
import {
  hashPassword,
  needsRehash,
  passwordError,
  samePassword,
  verifyPassword,
} from "../../../src/identity/password.ts";
import { LIMITS } from "../../../src/model/limits.ts";

type Costs = typeof import("../../../src/identity/password-cost.ts");

// The files of a run share their modules; this file mocks one, so it resets them.
vi.hoisted(() => void vi.resetModules());
afterAll(() => void vi.resetModules());
// The real function, with its calls and costs recorded.
vi.mock("node:crypto", async (original) => {
  const crypto = await original<typeof import("node:crypto")>();
  return { ...crypto, scryptSync: vi.fn<typeof crypto.scryptSync>(crypto.scryptSync) };
});
vi.mock("../../../src/identity/password-cost.ts", () => ({ COST: { ln: 4, r: 8, p: 2 } }));

const unpadded = (bytes: Uint8Array): string =>
  Buffer.from(bytes).toString("base64").replaceAll("=", "");

/** A PHC string with any cost, independent of the code under test. */
const phc = (password: string, ln: number, r: number, p: number, saltBytes = 16): string => {
  const salt = randomBytes(saltBytes);
  const digest = scryptSync(password, salt, 32, { N: 2 ** ln, r, p, maxmem: 2 ** 27 });
  return `$scrypt$ln=${ln},r=${r},p=${p}$${unpadded(salt)}$${unpadded(digest)}`;
};

describe("hashing", () => {
  test("a password verifies against its own hash, and no other password does", () => {
    const hash = hashPassword("correct horse battery");
    expect(hash).toMatch(/^\$scrypt\$ln=4,r=8,p=2\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(verifyPassword("correct horse battery", hash)).toBe(true);
    for (const wrong of [
      "",
      "correct horse batter",
      "correct horse battery ",
      "Correct horse battery",
    ]) {
      expect(verifyPassword(wrong, hash)).toBe(false);
    }
  });

  test("the cost is 16 MiB, five times over", async () => {
    const { COST } = await vi.importActual<Costs>("../../../src/identity/password-cost.ts");
    expect(COST).toEqual({ ln: 14, r: 8, p: 5 });
    const { ln, r, p } = COST;
    expect(verifyPassword("correct horse", phc("correct horse", ln, r, p))).toBe(true);
  });

  test("two hashes of one password differ", () => {
    expect(hashPassword("correct horse battery")).not.toBe(hashPassword("correct horse battery"));
  });

  test("a hash made elsewhere with another cost verifies, and is to be replaced", () => {
    for (const [ln, r, p] of [
      [10, 8, 1],
      [4, 8, 1],
      [12, 4, 3],
    ] as const) {
      const hash = phc("correct horse battery", ln, r, p);
      expect(verifyPassword("correct horse battery", hash)).toBe(true);
      expect(verifyPassword("correct horse", hash)).toBe(false);
      expect(needsRehash(hash)).toBe(true);
    }
    expect(needsRehash(phc("x", 4, 8, 2, 8))).toBe(true);
    expect(needsRehash(phc("x", 4, 8, 2))).toBe(false);
    expect(needsRehash(hashPassword("correct horse battery"))).toBe(false);
  });

  test("the same letters in another Unicode form are the same password", () => {
    const hash = hashPassword("pa\u0301ssword");
    expect(verifyPassword("p\u00e1ssword", hash)).toBe(true);
    expect(samePassword("pa\u0301ssword", "p\u00e1ssword")).toBe(true);
  });

  test("an unreadable hash, or one that would cost too much memory, verifies nothing", () => {
    const good = phc("correct horse battery", 10, 8, 1);
    const broken = [
      "correct horse battery",
      "$2b$12$abcdefghijklmnopqrstuv",
      good.replace("ln=10", "ln=0"),
      good.replace("ln=10", "ln=30"),
      good.replace("p=1", "p=0"),
      good.replace("p=1", "p=17"),
      good.replace("r=8", "r=0"),
      good.slice(0, good.lastIndexOf("$")),
    ];
    for (const hash of broken) expect(verifyPassword("correct horse battery", hash)).toBe(false);
  }, 30_000);

  test("a password over the limit is refused at once, with and without an account", () => {
    const long = "a".repeat(LIMITS.passwordBytesMax + 1);
    const started = performance.now();
    for (let round = 0; round < 100; round += 1)
      expect(verifyPassword(long, undefined)).toBe(false);
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  test("an unknown user, or one with a broken hash, costs the same hash as a known one", () => {
    const work = (known: string | undefined): readonly unknown[] => {
      vi.mocked(scryptSync).mockClear();
      verifyPassword("wrong password", known);
      return vi
        .mocked(scryptSync)
        .mock.calls.map(([text, salt, length, cost]) => [
          text,
          (salt as Uint8Array).length,
          length,
          cost,
        ]);
    };
    const known = work(hashPassword("correct horse battery"));
    expect(known).toHaveLength(1);
    expect(work(undefined)).toEqual(known);
    expect(work("not a hash")).toEqual(known);
  });
});

describe("rules", () => {
  test("eight characters are sufficient, seven are not, whatever their bytes", () => {
    expect(passwordError("abcdefgh")).toBeUndefined();
    expect(passwordError("🔑🔑🔑🔑🔑🔑🔑🔑")).toBeUndefined();
    expect(passwordError("abcdefg")).toContain("8");
    expect(passwordError("🔑🔑🔑🔑🔑🔑🔑")).toContain("8");
    expect(passwordError("")).toContain("8");
  });

  test("bytes are bounded, and lone surrogates refused", () => {
    expect(passwordError("é".repeat(LIMITS.passwordBytesMax / 2))).toBeUndefined();
    expect(passwordError("é".repeat(LIMITS.passwordBytesMax / 2 + 1))).toContain("bytes");
    expect(passwordError("\ud800abcdefgh")).toContain("Unicode");
  });

  test("constant-time comparison is equality", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme" }),
        fc.string({ unit: "grapheme" }),
        (left, right) => {
          expect(samePassword(left, right)).toBe(
            left.normalize("NFKC") === right.normalize("NFKC"),
          );
          expect(samePassword(left, left)).toBe(true);
        },
      ),
      { seed: Number(process.env["FC_SEED"] ?? Date.now()) },
    );
  });
});
