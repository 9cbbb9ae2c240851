import { scryptSync } from "node:crypto";
import { afterAll, describe, expect, test, vi } from "vitest";
import { AppError } from "../../../src/model/error.ts";
import { createAccounts, type Accounts } from "../../../src/identity/accounts.ts";
import { parseEmail } from "../../../src/identity/email.ts";
import { ANONYMOUS, type Principal } from "../../../src/identity/principal.ts";
import { createTokens } from "../../../src/identity/token.ts";
import type { User } from "../../../src/identity/user.ts";
import { ensureAdmin, findByEmail, findById } from "../../../src/store/accounts/users.ts";
import { userDirectory } from "../../../src/store/accounts/users.ts";
import { freshKey } from "./craft.ts";
import { openDirectory, type TestDirectory, accountContextOf, UNLIMITED } from "./directory.ts";

// A cheap hash instead of the real one: this file tests authentication, not hashing.
// The files of a run share their modules; this file mocks one, so it resets them.
vi.hoisted(() => void vi.resetModules());
afterAll(() => void vi.resetModules());
vi.mock("node:crypto", async (original) => {
  const crypto = await original<typeof import("node:crypto")>();
  const cheap: typeof crypto.scryptSync = (password, salt, length) =>
    crypto.scryptSync(password, salt, length, { N: 16, r: 1, p: 1 });
  return { ...crypto, scryptSync: cheap };
});

const tokens = createTokens([freshKey()]);
const ADMIN = { email: "Root@Clinic.org", password: "a configured phrase" };
const ADA = { email: "Ada@Clinic.org", password: "ada's own phrase" };

const accountsOver = (
  directory: TestDirectory,
  options: { readonly password?: string; readonly registration?: "open" | "closed" } = {},
): Accounts =>
  createAccounts({
    ...UNLIMITED,
    users: userDirectory(accountContextOf(directory.session)),
    tokens,
    admin: { ...ADMIN, password: options.password ?? ADMIN.password },
    registration: options.registration ?? "open",
  });

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );

const principalOf = async (token: string | undefined): Promise<Principal> =>
  tokens.verify(token ?? "");

describe("registration", () => {
  test("a new account is an active user without special rights, and can log in", async () => {
    const directory = openDirectory();
    const accounts = accountsOver(directory);
    const forged = { ...ADA, role: "admin", is_superuser: true };
    const user = await accounts.register(undefined, forged);
    expect(user).toMatchObject({ email: "Ada@clinic.org", role: "user", isActive: true });
    expect(await findById(directory.session, user.id)).toEqual(user);
    const principal = await principalOf(await accounts.login(ADA));
    expect(principal).toEqual({
      kind: "user",
      id: `user:${user.id}`,
      role: "user",
      tokenVersion: 1,
    });
    expect((await accounts.self(principal)).lastLoginAt).toBeGreaterThan(user.createdAt);
  });

  test("of several concurrent registrations of one address, in any case, exactly one wins", async () => {
    const accounts = accountsOver(openDirectory());
    const addresses = ["ada@clinic.org", "ADA@clinic.org", "Ada@Clinic.Org", "ada@CLINIC.ORG"];
    const codes = await Promise.all(
      addresses.map(async (email) => codeOf(accounts.register(undefined, { ...ADA, email }))),
    );
    expect(codes.toSorted()).toEqual([
      "already_exists",
      "already_exists",
      "already_exists",
      "done",
    ]);
  });

  test("the configured admin's address is taken from the start", async () => {
    const accounts = accountsOver(openDirectory());
    const taken = { email: "ROOT@clinic.org", password: "a phrase of mine" };
    expect(await codeOf(accounts.register(undefined, taken))).toBe("already_exists");
  });

  test("every invalid member is named, and nothing is stored", async () => {
    const directory = openDirectory();
    const error = await accountsOver(directory)
      .register(undefined, { email: "nobody", password: "short" })
      .catch((each: unknown) => each);
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).details.map(({ path }) => path)).toEqual(["email", "password"]);
    expect(directory.calls()).toBe(0);
  });

  test("closed, it requires the token of a present admin", async () => {
    const directory = openDirectory();
    await accountsOver(directory).register(undefined, ADA);
    const accounts = accountsOver(directory, { registration: "closed" });
    const [user, admin] = [await accounts.login(ADA), await accounts.login(ADMIN)];
    const register = async (authorization: string | undefined, email: string): Promise<string> =>
      codeOf(accounts.register(authorization, { email, password: "some long phrase" }));
    expect(await register(undefined, "a@clinic.org")).toBe("forbidden");
    expect(await register(`Bearer ${user}`, "a@clinic.org")).toBe("forbidden");
    expect(await register("Bearer x.y.z", "a@clinic.org")).toBe("unauthenticated");
    expect(await register(`Bearer ${admin}`, "a@clinic.org")).toBe("done");
    directory.execute("UPDATE users SET role = 'editor' WHERE email_folded = 'root@clinic.org'");
    expect(await register(`Bearer ${admin}`, "b@clinic.org")).toBe("forbidden");
  });
});

describe("login", () => {
  test("an unknown address, a wrong password and an inactive user get the same response", async () => {
    const directory = openDirectory();
    const accounts = accountsOver(directory);
    await accounts.register(undefined, ADA);
    expect(await accounts.login({ ...ADA, email: "bob@clinic.org" })).toBeUndefined();
    expect(await accounts.login({ ...ADA, password: "not her phrase" })).toBeUndefined();
    expect(await accounts.login({ ...ADA, email: "" })).toBeUndefined();
    directory.execute("UPDATE users SET is_active = 0");
    expect(await accounts.login(ADA)).toBeUndefined();
  });

  test("costs one read and, when it succeeds, one write", async () => {
    const directory = openDirectory();
    const accounts = accountsOver(directory);
    await accounts.register(undefined, ADA);
    await accounts.login(ADMIN);
    for (const [credentials, cost] of [
      [ADA, 2],
      [ADMIN, 2],
      [{ ...ADA, password: "not her phrase" }, 1],
      [{ ...ADMIN, password: "not her phrase" }, 1],
    ] as const) {
      const before = directory.calls();
      await accounts.login(credentials);
      expect(directory.calls() - before).toBe(cost);
    }
  });

  test("replaces the hash when the cost has changed, and only then", async () => {
    const directory = openDirectory();
    const accounts = accountsOver(directory);
    const user = await accounts.register(undefined, ADA);
    const salt = Buffer.alloc(16, "salt");
    const digest = scryptSync(ADA.password, salt, 32, { N: 1_024, r: 8, p: 1 });
    const [saltText, digestText] = [salt, digest].map((each) =>
      each.toString("base64").replaceAll("=", ""),
    );
    const old = `$scrypt$ln=10,r=8,p=1$${saltText}$${digestText}`;
    directory.execute("UPDATE users SET password_hash = ?", old);
    expect(await accounts.login(ADA)).toBeDefined();
    const better = (await findById(directory.session, user.id))?.passwordHash;
    expect(better).toMatch(/^\$scrypt\$ln=14,r=8,p=5\$/);
    expect(await accounts.login(ADA)).toBeDefined();
    expect((await findById(directory.session, user.id))?.passwordHash).toBe(better);
  });

  test("a hash that was changed in between is not overwritten", async () => {
    const directory = openDirectory();
    const user = await accountsOver(directory).register(undefined, ADA);
    const users = userDirectory(accountContextOf(directory.session));
    await users.touchLogin({ id: user.id, at: 7, verifiedHash: "an older hash", newHash: "mine" });
    const now = await findById(directory.session, user.id);
    expect(now).toEqual({ ...user, lastLoginAt: 7 });
  });
});

describe("the first admin", () => {
  test("is created at its first login, once, whatever else happens at the same time", async () => {
    const directory = openDirectory();
    const accounts = accountsOver(directory);
    expect(await accounts.login({ ...ADMIN, password: "not the phrase" })).toBeUndefined();
    expect(await findByEmail(directory.session, "root@clinic.org")).toBeUndefined();
    const logins = await Promise.all([1, 2, 3].map(async () => accounts.login(ADMIN)));
    const principals = await Promise.all(logins.map(principalOf));
    expect(new Set(principals.map(({ id }) => id)).size).toBe(1);
    expect(principals[0]).toMatchObject({ role: "admin", tokenVersion: 1 });
  });

  test("with a new configured password: revokes the old one at once, and older tokens at its first login", async () => {
    const directory = openDirectory();
    const before = await principalOf(await accountsOver(directory).login(ADMIN));
    const accounts = accountsOver(directory, { password: "a second phrase" });
    expect(await accounts.login(ADMIN)).toBeUndefined();
    expect((await accounts.self(before)).role).toBe("admin");
    const after = await principalOf(
      await accounts.login({ ...ADMIN, password: "a second phrase" }),
    );
    expect(after).toEqual({ ...before, tokenVersion: 2 });
    expect(await codeOf(accounts.self(before))).toBe("unauthenticated");
    expect((await accounts.self(after)).email).toBe("Root@clinic.org");
    const again = await principalOf(
      await accounts.login({ ...ADMIN, password: "a second phrase" }),
    );
    expect(again.tokenVersion).toBe(2);
  });

  test("takes over an account that was registered with its address", async () => {
    const directory = openDirectory();
    const squatter = { email: "root@clinic.org", password: "a squatter's phrase" };
    const elsewhere = createAccounts({
      ...UNLIMITED,
      users: userDirectory(accountContextOf(directory.session)),
      tokens,
      admin: { email: "other@clinic.org", password: "another phrase" },
      registration: "open",
    });
    await elsewhere.register(undefined, squatter);
    const stolen = await principalOf(await elsewhere.login(squatter));
    const accounts = accountsOver(directory);
    expect(await accounts.login(squatter)).toBeUndefined();
    expect(await principalOf(await accounts.login(ADMIN))).toMatchObject({ role: "admin" });
    expect(await codeOf(accounts.self(stolen))).toBe("unauthenticated");
  });

  test("of several concurrent changes exactly one takes effect", async () => {
    const directory = openDirectory();
    const first = await accountsOver(directory).register(undefined, ADA);
    const wanted = (passwordHash: string): User => ({ ...first, role: "admin", passwordHash });
    const results = await Promise.all(
      ["one", "two", "three"].map(async (hash) =>
        ensureAdmin(directory.session, wanted(hash), first.passwordHash),
      ),
    );
    expect(results.filter((each) => each !== undefined)).toHaveLength(1);
    const now = await findById(directory.session, first.id);
    expect(now).toMatchObject({ role: "admin", tokenVersion: 2, passwordHash: "one" });
    expect(await ensureAdmin(directory.session, wanted("four"), null)).toBeUndefined();
  });
});

describe("one's own account", () => {
  test("is for users that exist, are active and have a token of the present version", async () => {
    const directory = openDirectory();
    const accounts = accountsOver(directory);
    const user = await accounts.register(undefined, ADA);
    const self: Principal = { kind: "user", id: `user:${user.id}`, role: "user", tokenVersion: 1 };
    expect(await accounts.self(self)).toEqual(user);
    const others: readonly Principal[] = [
      ANONYMOUS,
      { ...self, kind: "system" },
      { ...self, id: "user:0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10" },
      { ...self, tokenVersion: 2 },
    ];
    for (const other of others) expect(await codeOf(accounts.self(other))).toBe("unauthenticated");
    directory.execute("UPDATE users SET is_active = 0");
    expect(await codeOf(accounts.self(self))).toBe("unauthenticated");
  });
});

describe("addresses", () => {
  test("are parsed, their domain in lower case, and folded for comparison", () => {
    expect(parseEmail("Ada.Lovelace+x@Clinic.ORG")).toEqual({
      email: "Ada.Lovelace+x@clinic.org",
      folded: "ada.lovelace+x@clinic.org",
    });
    expect(parseEmail("o'neil@mail.example.co.uk")?.folded).toBe("o'neil@mail.example.co.uk");
    expect(parseEmail("jürgen@bücher.de")?.folded).toBe("jürgen@bücher.de");
    expect(parseEmail("root@localhost")?.folded).toBe("root@localhost");
    expect(parseEmail("a\u0301@clinic.org")?.folded).toBe("á@clinic.org");
  });

  test("anything else is refused, quickly", () => {
    const texts = [
      "",
      "@",
      "a",
      "a@",
      "@b.org",
      "a@b",
      "a@b@c.org",
      ".a@b.org",
      "a.@b.org",
      "a..b@c.org",
      "a b@c.org",
      " a@b.org",
      "a@b.org ",
      "a@b.org\n",
      "a@b..org",
      "a@.org",
      "a@b.",
      "a@[127.0.0.1]",
      '"a"@b.org',
      "a@b_c.org",
      "a,b@c.org",
      "<a@b.org>",
      "a\0@b.org",
      "a\u200b@b.org",
      `${"a".repeat(65)}@b.org`,
      `a@${"b".repeat(250)}.org`,
      `${".a".repeat(10_000)}@b.org`,
    ];
    const started = performance.now();
    for (const text of texts) expect({ text, read: parseEmail(text) }).toEqual({ text });
    expect(performance.now() - started).toBeLessThan(200);
  });
});
