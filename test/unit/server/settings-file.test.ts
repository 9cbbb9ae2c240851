import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { readConfig, SETTINGS } from "../../../src/config.ts";
import { changeSetting, ownSettings } from "../../../src/server/settings-file.ts";

const folder = mkdtempSync(join(tmpdir(), "vxdata-settings-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NAMES = Object.values(SETTINGS).map(({ name }) => name);

describe("the settings of a server", () => {
  const path = join(folder, "settings.env");

  it("are created once, readable only by their owner, and are accepted in production", () => {
    const made = ownSettings(path, {}, NAMES);
    expect(made.isNew).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(ownSettings(path, {}, NAMES)).toEqual({ settings: made.settings, isNew: false });
    const where = { S3_ENDPOINT: "https://data.example.org/s3", S3_BUCKET: "vxdata" };
    expect(readConfig({ ...made.settings, ...where, ENVIRONMENT: "production" })).toBeDefined();
  });

  it("of the environment come first, and unknown ones are ignored", () => {
    const environment = { REGISTRATION: "public", HOME: "/", ADMIN_EMAIL: "me@example.org" };
    const { settings } = ownSettings(path, environment, NAMES);
    expect(settings["REGISTRATION"]).toBe("public");
    expect(settings["ADMIN_EMAIL"]).toBe("me@example.org");
    expect(settings["HOME"]).toBeUndefined();
  });

  it("that the environment gives are not created", () => {
    const other = join(folder, "other.env");
    const { settings } = ownSettings(other, { ADMIN_PASSWORD: "a pass phrase of mine" }, NAMES);
    expect(settings["ADMIN_PASSWORD"]).toBe("a pass phrase of mine");
    expect(readFileSync(other, "utf8")).not.toContain("ADMIN_PASSWORD");
  });

  it("of a development server get a key of the bucket, once", () => {
    const moved = join(folder, "moved.env");
    ownSettings(moved, {}, NAMES);
    const text = readFileSync(moved, "utf8");
    const without = text.replaceAll(/^S3_.*\n/gm, "");
    writeFileSync(moved, without);
    const { settings, isNew } = ownSettings(moved, {}, NAMES);
    expect(isNew).toBe(false);
    expect(settings["S3_SECRET_ACCESS_KEY"]).toMatch(/^[\w-]{32}$/);
    expect(readFileSync(moved, "utf8").startsWith(without)).toBe(true);
    expect(ownSettings(moved, {}, NAMES).settings).toEqual(settings);
    expect({
      ...settings,
      ...parseEnv(text),
      S3_ACCESS_KEY_ID: "",
      S3_SECRET_ACCESS_KEY: "",
    }).toEqual({
      ...settings,
      S3_ACCESS_KEY_ID: "",
      S3_SECRET_ACCESS_KEY: "",
    });
    expect(statSync(moved).mode & 0o777).toBe(0o600);
  });

  it("with a part of the bucket's key are not changed", () => {
    const half = join(folder, "half.env");
    writeFileSync(half, "S3_ACCESS_KEY_ID='mine'\n", { mode: 0o600 });
    expect(ownSettings(half, {}, NAMES).settings).toEqual({ S3_ACCESS_KEY_ID: "mine" });
    writeFileSync(half, "A='b'\n", { mode: 0o600 });
    const environment = { S3_SECRET_ACCESS_KEY: "of the environment" };
    expect(ownSettings(half, environment, NAMES).settings).toEqual({ A: "b", ...environment });
    expect(readFileSync(half, "utf8")).toBe("A='b'\n");
  });

  it.each([0o640, 0o604, 0o660])("are refused with the mode %o", (mode) => {
    const open = join(folder, `open-${mode}.env`);
    writeFileSync(open, "A=b\n");
    chmodSync(open, mode);
    expect(() => ownSettings(open, {}, NAMES)).toThrow(open);
  });

  it.each([
    ["ADMIN_PASSWORD='old'\n", "ADMIN_PASSWORD='new one'\n"],
    [
      "# mine\nexport ADMIN_PASSWORD = old # why\nA='b'\n",
      "# mine\nADMIN_PASSWORD='new one'\nA='b'\n",
    ],
    ["A=b", "A=b\nADMIN_PASSWORD='new one'\n"],
    ["OTHER_ADMIN_PASSWORD=x\n", "OTHER_ADMIN_PASSWORD=x\nADMIN_PASSWORD='new one'\n"],
  ])("%j with one changed are %j", (before, after) => {
    const file = join(folder, "change.env");
    writeFileSync(file, before, { mode: 0o600 });
    changeSetting(file, "ADMIN_PASSWORD", "new one");
    expect(readFileSync(file, "utf8")).toBe(after);
    expect(parseEnv(after)["ADMIN_PASSWORD"]).toBe("new one");
  });

  it("in a format that cannot be changed line by line are not changed", () => {
    const file = join(folder, "lines.env");
    const text = "ADMIN_PASSWORD='first\nB=second'\nA=b\n";
    writeFileSync(file, text, { mode: 0o600 });
    expect(() => changeSetting(file, "ADMIN_PASSWORD", "new one")).toThrow(file);
    expect(readFileSync(file, "utf8")).toBe(text);
  });
});
