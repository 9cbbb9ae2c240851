import { describe, expect, test } from "vitest";
import { freshSecrets } from "../../../src/server/secrets.ts";
import { configOf, readConfig, SETTINGS } from "../../../src/config.ts";

const good: Readonly<Record<string, unknown>> = {
  ...freshSecrets(),
  ENVIRONMENT: "development",
  S3_ENDPOINT: "https://0123456789abcdef.r2.cloudflarestorage.com/",
  S3_BUCKET: "vxdata",
  S3_ACCESS_KEY_ID: "0123456789abcdef0123456789abcdef",
  S3_SECRET_ACCESS_KEY: "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
  DB: { prepare: true },
};

const [jwk] = JSON.parse(String(good["SIGNING_KEYS"])) as [Record<string, string>];
const keys = (...values: readonly unknown[]): string => JSON.stringify(values);
const changed = (members: Record<string, unknown>): Record<string, unknown> => ({
  ...jwk,
  ...members,
});

const withText = (name: string, text: unknown): object => {
  const { [name]: _, ...others } = good;
  return text === undefined ? others : { ...others, [name]: text };
};

const messageOf = (env: object): string => {
  try {
    readConfig(env);
  } catch (error) {
    return error instanceof Error ? error.message : "no error";
  }
  return "accepted";
};

const printed = (start: string): string => start + (jwk["n"] ?? "").slice(start.length);

const REFUSED: Readonly<Record<string, readonly unknown[]>> = {
  ENVIRONMENT: ["staging", "Production", "local"],
  REGISTRATION: ["yes", "OPEN", "true"],
  CORS_ORIGINS: ["*", "https://*.example", "https://a.example/", "b.test", "null", ","],
  RATE_LIMIT: ["0", "-1", "1.5", "many", "1e9", "99999999999"],
  PROJECT_ID: ["project", "0199E0B5-5F5E-7B1C-9A39-0C5B7A1F2D10"],
  PUBLIC_READ: ["yes", "1", "TRUE"],
  ADMIN_EMAIL: [undefined, "", "admin", "admin@", "@example.org", "a b@example.org", "a@b@", 7],
  ADMIN_PASSWORD: [
    undefined,
    "",
    "short",
    "elevenchars",
    "changemechangeme",
    "Change-Me-Please",
    "replace_this_now",
    "your-admin-password",
    "example password",
    "<a long password>",
    "aaaaaaaaaaaaaaaa",
    "121212121212121212",
    "long ".repeat(250),
    `lone \ud800 surrogate`,
    { toString: () => "an object with a text" },
  ],
  S3_ENDPOINT: [
    "not an address",
    "http://r2.example.org",
    "ftp://127.0.0.1/s3",
    "https://key:secret@r2.example.org",
    "https://r2.example.org/?a=b",
    "https://r2.example.org/#a",
  ],
  S3_REGION: ["eu", "eu central", "eu/central"],
  S3_BUCKET: ["a", "with space", "with/slash", "b".repeat(600)],
  S3_ACCESS_KEY_ID: ["k", "with space", "with/slash"],
  S3_SECRET_ACCESS_KEY: ["short", "with space within it", "change-me-please"],
  AUTH_SERVER: ["http://auth.example.org", "auth.example.org/path", "https://a:b@c.org", "a b"],
  AUTH_PUBLIC_KEY: ["key", "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----"],
  AUTH_SERVICE: ["rawstore", "none"],
  DPP_URL: ["dpp:5000", "ftp://dpp/", "https://a:b@dpp/", "https://dpp/?a=b"],
  PIPELINES_TOKEN: ["short", "with space within it", "change-me-please-now"],
  PRIVATE_SPECS: ["closed", "true"],
  ALLOW_PRIVATE_SOURCES: ["yes", "1"],
  CURSOR_SECRET: [
    undefined,
    "",
    "not base64 at all, not by far !!",
    Buffer.alloc(31, "abcdefghijk").toString("base64"),
    Buffer.alloc(32).toString("base64"),
    Buffer.alloc(64, "ab").toString("base64"),
    Buffer.from("change-me-change-me-change-me-change-me").toString("base64"),
    Buffer.from("your-32-byte-secret-your-32-byte-secret").toString("base64"),
    Buffer.from(Array.from({ length: 33 }, (_, index) => 255 - index)).toString("base64url"),
  ],
  SIGNING_KEYS: [
    undefined,
    "",
    "not json",
    "null",
    "{}",
    "[]",
    "[null]",
    '["key"]',
    keys(changed({ kid: undefined })),
    keys(changed({ kid: "" })),
    keys(changed({ kid: "../etc" })),
    keys(changed({ kid: "k".repeat(65) })),
    keys(changed({ kty: "EC" })),
    keys(changed({ kty: "oct", k: "c2VjcmV0" })),
    keys(changed({ alg: "HS256" })),
    keys(changed({ alg: "none" })),
    keys(changed({ use: "enc" })),
    keys(changed({ n: undefined })),
    keys(changed({ e: 65_537 })),
    keys(changed({ q: undefined })),
    keys(changed({ d: "with spaces in it" })),
    keys(changed({ n: jwk["n"]?.slice(0, 171) })),
    keys(changed({ n: printed("ofgWCuLjybRlzo0tZWJj") })),
    keys(changed({ n: printed("0vx7agoebGcQSuuPiLJX") })),
    keys(changed({ d: undefined })),
    keys(jwk, jwk),
  ],
};

describe("settings", () => {
  test("are parsed, typed and frozen when they are valid", () => {
    const config = readConfig(good);
    expect(config.adminEmail).toBe("admin@example.org");
    expect(config.cursorSecret).toHaveLength(32);
    expect(config.signingKeys.map(({ kid }) => kid)).toEqual([jwk["kid"]]);
    expect(Object.isFrozen(config)).toBe(true);
  });

  test("have defaults that are closed in production and open in development", () => {
    const defaults = (environment: string | undefined): unknown => {
      const { registration, publicRead } = readConfig(withText("ENVIRONMENT", environment));
      return { registration, publicRead };
    };
    expect(defaults("development")).toEqual({ registration: "open", publicRead: false });
    expect(defaults("production")).toEqual({ registration: "closed", publicRead: false });
    expect(defaults(undefined)).toEqual({ registration: "closed", publicRead: false });
  });

  test("are used in every environment when they are set", () => {
    for (const ENVIRONMENT of ["development", "production"]) {
      for (const REGISTRATION of ["public", "closed"]) {
        const config = readConfig({ ...good, ENVIRONMENT, REGISTRATION, PUBLIC_READ: "true" });
        expect(config).toMatchObject({ registration: REGISTRATION, publicRead: true });
      }
    }
  });

  test("refuse open registration in production, unless it is confirmed", () => {
    const production = { ...good, ENVIRONMENT: "production" };
    expect(messageOf({ ...production, REGISTRATION: "open" })).toContain("REGISTRATION");
    expect(messageOf({ ...production, REGISTRATION: "public" })).toBe("accepted");
    expect(messageOf({ ...good, REGISTRATION: "open" })).toBe("accepted");
  });

  test("limit requests in production, and in development on request", () => {
    const limitOf = (env: object): number | null => readConfig({ ...good, ...env }).rateLimit;
    expect(limitOf({})).toBeNull();
    expect(limitOf({ ENVIRONMENT: "production" })).toBe(6_000);
    expect(limitOf({ ENVIRONMENT: "production", RATE_LIMIT: "none" })).toBeNull();
    expect(limitOf({ RATE_LIMIT: "7" })).toBe(7);
  });

  test("accept origins of other sites one by one", () => {
    const originsOf = (CORS_ORIGINS: string) => readConfig({ ...good, CORS_ORIGINS }).corsOrigins;
    expect(originsOf("none")).toEqual([]);
    expect(originsOf("https://a.example, http://127.0.0.1:3000")).toEqual([
      "https://a.example",
      "http://127.0.0.1:3000",
    ]);
  });

  test("require a secret for a pipelines service, and public sources, in production", () => {
    const production = { ...good, ENVIRONMENT: "production" };
    const DPP_URL = "https://dpp.example.org";
    const PIPELINES_TOKEN = "0f1e2d3c4b5a6978";
    expect(messageOf(production)).toBe("accepted");
    expect(messageOf({ ...production, DPP_URL })).toContain("PIPELINES_TOKEN");
    expect(messageOf({ ...production, DPP_URL, PIPELINES_TOKEN })).toBe("accepted");
    expect(messageOf({ ...good, DPP_URL })).toBe("accepted");
    expect(messageOf({ ...production, ALLOW_PRIVATE_SOURCES: "true" })).toContain("ALLOW_PRIVATE");
    expect(messageOf({ ...good, ALLOW_PRIVATE_SOURCES: "true" })).toBe("accepted");
    const read = readConfig({ ...good, DPP_URL, AUTH_SERVER: "auth.example.org" });
    expect([read.pipelinesUrl, read.authServer]).toEqual([
      "https://dpp.example.org/",
      "https://auth.example.org",
    ]);
    expect(readConfig({ ...good, AUTH_SERVER: "http://127.0.0.1:9" }).authServer).toBe(
      "http://127.0.0.1:9",
    );
  });

  test("are refused by name when they are invalid, and the value is not repeated", () => {
    for (const [name, texts] of Object.entries(REFUSED)) {
      for (const text of texts) {
        const message = messageOf(withText(name, text));
        expect({ text, message }).toEqual({ text, message: expect.stringContaining(name) });
        const secrets = [jwk["d"], text].filter((each) => String(each ?? "").length >= 8);
        for (const secret of secrets) expect(message).not.toContain(secret);
      }
    }
  });

  test("that are invalid are all named at once", () => {
    const message = messageOf({});
    for (const { name, fallback } of Object.values(SETTINGS)) {
      // Without ENVIRONMENT, settings with a default only in development are required.
      const isRequired =
        fallback === null || (typeof fallback === "object" && fallback.production === null);
      expect({ name, named: message.includes(name) }).toEqual({ name, named: isRequired });
    }
  });

  test("may contain a retired key as its public half", () => {
    const { kid, kty, n, e } = (
      JSON.parse(freshSecrets().SIGNING_KEYS) as [Record<string, string>]
    )[0];
    const config = readConfig(withText("SIGNING_KEYS", keys(jwk, { kid, kty, n, e })));
    expect(config.signingKeys.map(({ privateKey }) => privateKey !== undefined)).toEqual([
      true,
      false,
    ]);
  });

  test("of an environment are parsed once, and invalid ones again each time", () => {
    expect(configOf(good)).toBe(configOf(good));
    const bad = {};
    expect(() => configOf(bad)).toThrow("CURSOR_SECRET");
    expect(() => configOf(bad)).toThrow("CURSOR_SECRET");
  });

  test("are each named once and explained in a sentence", () => {
    const definitions = Object.values(SETTINGS);
    expect(new Set(definitions.map(({ name }) => name)).size).toBe(definitions.length);
    for (const { meaning } of definitions) expect(meaning).toMatch(/\.$/);
  });
});
