import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, test } from "vitest";
import { homeOf } from "../../../src/server/layout.ts";
import {
  newRecord,
  readRecord,
  storeIn,
  storeOf,
  writeRecord,
} from "../../../src/server/s3-store.ts";
import { givenSettings, ownSettings } from "../../../src/server/settings-file.ts";

const folder = mkdtempSync(join(tmpdir(), "vxdata-store-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SETTINGS = {
  S3_ENDPOINT: "https://objects.example.org/",
  S3_BUCKET: "images",
  S3_ACCESS_KEY_ID: "a-key",
  S3_SECRET_ACCESS_KEY: "a-long-secret",
};

const ACCESS = {
  endpoint: "https://objects.example.org",
  bucket: "images",
  accessKeyId: "a-key",
  secretAccessKey: "a-long-secret",
  region: "auto",
};

describe("the store that settings choose", () => {
  it("is none when they name no endpoint", () => {
    expect(storeIn({})).toBeUndefined();
    expect(storeIn({ S3_ENDPOINT: "", S3_ACCESS_KEY_ID: "k", S3_REGION: "auto" })).toBeUndefined();
  });

  it("is the one at the endpoint, in its region", () => {
    expect(storeIn(SETTINGS)).toEqual(ACCESS);
    expect(storeIn({ ...SETTINGS, S3_REGION: "eu-north-1" })?.region).toBe("eu-north-1");
    expect(storeIn({ ...SETTINGS, S3_ENDPOINT: "http://127.0.0.1:9000" })).toBeDefined();
  });

  test.for<readonly [string, Readonly<Record<string, string | undefined>>]>([
    ["S3_ENDPOINT is missing", { S3_ENDPOINT: undefined }],
    ["S3_BUCKET is missing", { S3_BUCKET: undefined }],
    ["S3_ACCESS_KEY_ID is missing", { S3_ACCESS_KEY_ID: "" }],
    ["S3_SECRET_ACCESS_KEY is missing", { S3_SECRET_ACCESS_KEY: undefined }],
    ["S3_ENDPOINT must be an https address", { S3_ENDPOINT: "http://objects.example.org" }],
    ["S3_ENDPOINT must be an address without", { S3_ENDPOINT: "https://k:s@objects.example.org" }],
    ["S3_BUCKET must be", { S3_BUCKET: "with/slash" }],
    ["S3_SECRET_ACCESS_KEY must be", { S3_SECRET_ACCESS_KEY: "short" }],
    ["S3_REGION must be", { S3_REGION: "eu north" }],
  ])("%s, and the error quotes no value", ([reason, change]) => {
    const given = Object.entries({ ...SETTINGS, ...change }).filter(
      ([, text]) => text !== undefined,
    );
    const choose = () => storeIn(Object.fromEntries(given) as Record<string, string>);
    expect(choose).toThrow(reason);
    expect(choose).not.toThrow(/a-long-secret|short|k:s/);
  });
});

describe("the store of a folder", () => {
  const home = homeOf(folder);

  it("is recorded readable only by its owner, and removed", () => {
    expect(readRecord(home)).toBeUndefined();
    const record = newRecord(ACCESS);
    writeRecord(home, record);
    expect(readRecord(home)).toEqual(record);
    expect(statSync(home.store).mode & 0o777).toBe(0o600);
    expect(readFileSync(home.store, "utf8")).not.toMatch(/a-key|a-long-secret/);
    expect(newRecord(ACCESS).owner).not.toBe(record.owner);
    writeRecord(home, undefined);
    expect(readRecord(home)).toBeUndefined();
    writeFileSync(home.store, "{");
    expect(() => readRecord(home)).toThrow(home.store);
    writeRecord(home, undefined);
  });

  it("is looked up in the settings only when there is one, and has to be the same", () => {
    const unasked = (): never => {
      throw new Error("the settings were read");
    };
    expect(storeOf(home, unasked)).toBeUndefined();
    writeRecord(home, newRecord(ACCESS));
    expect(storeOf(home, () => SETTINGS)).toEqual(ACCESS);
    expect(() => storeOf(home, () => ({}))).toThrow(/objects.example.org\/images, .* no S3 store/);
    expect(() => storeOf(home, () => ({ ...SETTINGS, S3_BUCKET: "other" }))).toThrow(/\/other\.$/);
    writeRecord(home, undefined);
  });
});

describe("settings with a store", () => {
  it("get no key of a local bucket", () => {
    const file = join(folder, "settings.env");
    const environment = { S3_ENDPOINT: SETTINGS.S3_ENDPOINT };
    const names = Object.keys(SETTINGS);
    const { settings } = ownSettings(file, environment, names);
    expect(settings["S3_ACCESS_KEY_ID"]).toBeUndefined();
    expect(ownSettings(file, environment, names).settings["S3_ACCESS_KEY_ID"]).toBeUndefined();
  });

  it("are read for a command that serves nothing, also without a file", () => {
    const file = join(folder, "given.env");
    const names = Object.keys(SETTINGS);
    expect(givenSettings(file, { ...SETTINGS, HOME: "/" }, names)).toEqual(SETTINGS);
    writeFileSync(file, "S3_BUCKET=of-the-file\nS3_ENDPOINT=of-the-file\n", { mode: 0o600 });
    expect(givenSettings(file, { S3_BUCKET: "of-the-environment" }, names)).toEqual({
      S3_BUCKET: "of-the-environment",
      S3_ENDPOINT: "of-the-file",
    });
  });
});
