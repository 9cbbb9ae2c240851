import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { unstable_getVarsForDev } from "wrangler";
import {
  ensureDevVars,
  readDevVars,
  settingsOf,
  writeSettings,
} from "../../../scripts/support/dev-vars.ts";
import { renderSettings } from "../../../scripts/support/dotenv.ts";

const folder = mkdtempSync(join(tmpdir(), "vxdata-"));
const config = join(folder, "wrangler.toml");
const devVars = join(folder, ".dev.vars");

afterAll(() => rmSync(folder, { recursive: true }));

/** What the Worker would see: with no file named, wrangler reads `.dev.vars`. */
const seenByWorker = (files: string[] = []) =>
  Object.fromEntries(
    Object.entries(unstable_getVarsForDev(config, files, {}, undefined, true)).map(
      ([name, binding]) => [name, "value" in binding ? binding.value : undefined],
    ),
  );

const quotable = fc.string({
  unit: fc.constantFrom("a", "é", "$", "\\", "#", "'", '"', " ", "=", "{}", "\n", "${A}", "\\n"),
});

test("the Worker sees fresh secrets as they were made, and they are made once", () => {
  expect(ensureDevVars(devVars)).toBe(true);
  const made = readDevVars(devVars);
  expect(statSync(devVars).mode & 0o777).toBe(0o600);
  expect(seenByWorker()).toEqual(made);
  expect(JSON.parse(made["SIGNING_KEYS"] ?? "")).toMatchObject([{ kty: "RSA", alg: "RS256" }]);
  expect(Buffer.from(made["CURSOR_SECRET"] ?? "", "base64")).toHaveLength(32);
  expect(ensureDevVars(devVars)).toBe(false);
  expect(readDevVars(devVars)).toEqual(made);
});

test("a setting of the environment reaches the Worker unchanged, whatever it holds", () => {
  fc.assert(
    fc.property(quotable, quotable, (password, token) => {
      writeFileSync(devVars, renderSettings({ ADMIN_PASSWORD: "from file", RATE_LIMIT: "7" }));
      const settings = settingsOf({
        ADMIN_PASSWORD: password,
        PIPELINES_TOKEN: token,
        HOME: "/nowhere",
      });
      const file = writeSettings(devVars, folder, settings);
      expect(seenByWorker([file.path])).toEqual({ RATE_LIMIT: "7", ...settings });
    }),
  );
});
