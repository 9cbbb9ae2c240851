import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { unstable_getVarsForDev } from "wrangler";
import { ensureDevVars, localSettings, readDevVars } from "../../../scripts/support/dev-vars.ts";
import { renderSettings } from "../../../src/server/dotenv.ts";

const folder = mkdtempSync(join(tmpdir(), "vxdata-"));
const config = join(folder, "wrangler.toml");
const devVars = join(folder, ".dev.vars");

afterAll(() => rmSync(folder, { recursive: true }));

/** The settings of the Worker: without a file name, wrangler reads `.dev.vars`. */
const seenByWorker = (files: string[] = []) =>
  Object.fromEntries(
    Object.entries(unstable_getVarsForDev(config, files, {}, undefined, true)).map(
      ([name, binding]) => [name, "value" in binding ? binding.value : undefined],
    ),
  );

const quotable = fc.string({
  unit: fc.constantFrom("a", "é", "$", "\\", "#", "'", '"', " ", "=", "{}", "\n", "${A}", "\\n"),
});

test("the Worker gets new secrets unchanged, and they are generated once", () => {
  expect(ensureDevVars(devVars)).toBe(true);
  const made = readDevVars(devVars);
  expect(statSync(devVars).mode & 0o777).toBe(0o600);
  expect(seenByWorker()).toEqual(made);
  expect(JSON.parse(made["SIGNING_KEYS"] ?? "")).toMatchObject([{ kty: "RSA", alg: "RS256" }]);
  expect(Buffer.from(made["CURSOR_SECRET"] ?? "", "base64")).toHaveLength(32);
  expect(ensureDevVars(devVars)).toBe(false);
  expect(readDevVars(devVars)).toEqual(made);
});

test("a setting of the environment overrides that of the file, whatever its value", () => {
  fc.assert(
    fc.property(quotable, quotable, (password, token) => {
      writeFileSync(devVars, renderSettings({ ADMIN_PASSWORD: "from file", RATE_LIMIT: "7" }));
      const environment = { ADMIN_PASSWORD: password, PIPELINES_TOKEN: token, HOME: "/nowhere" };
      const { HOME: _, ...given } = environment;
      expect(localSettings(devVars, environment)).toEqual({ RATE_LIMIT: "7", ...given });
    }),
  );
});

test("npm start and wrangler dev parse the same values from the file", () => {
  // wrangler expands names after `$`, and reads a backslash before a quotation mark as an escape.
  const plain = quotable.filter((text) => !/[$\\]/.test(text));
  fc.assert(
    fc.property(plain, plain, (password, token) => {
      const settings = { ADMIN_PASSWORD: password, PIPELINES_TOKEN: token };
      writeFileSync(devVars, renderSettings(settings));
      expect(readDevVars(devVars)).toEqual(settings);
      expect(seenByWorker()).toEqual(settings);
    }),
  );
});
