import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { pack, problemsOf } from "../../../scripts/release/packages.ts";
import {
  datedChangelog,
  requireNext,
  unreleasedVersion,
  versioned,
} from "../../../scripts/release/version.ts";

const CHANGELOG =
  "# Changelog\n\n## [1.3.0] - Unreleased\n\n- It does more.\n\n## [1.2.0] - 2026-01-02\n";

describe("the changelog of a release", () => {
  test("has its version and the day", () => {
    expect(unreleasedVersion(CHANGELOG)).toBe("1.3.0");
    expect(datedChangelog(CHANGELOG, "1.3.0", "2026-02-03")).toContain("## [1.3.0] - 2026-02-03");
    expect(unreleasedVersion(datedChangelog(CHANGELOG, "1.3.0", "2026-02-03"))).toBeUndefined();
  });

  test("is refused without an unreleased heading, and without entries", () => {
    expect(() => datedChangelog("# Changelog\n", "1.0.0", "2026-02-03")).toThrow(/no heading/);
    const empty = CHANGELOG.replace("- It does more.\n", "");
    expect(() => datedChangelog(empty, "1.3.0", "2026-02-03")).toThrow(/says nothing/);
  });
});

describe("the version of a release", () => {
  test.each([
    ["1.3.0", "1.3.0", false],
    ["1.4.0", "1.3.0", false],
    ["1.3.1", "1.3.0", true],
    ["2.0.0", "1.9.9", true],
  ])("%s may follow %s (released: %s)", (version, current, isReleased) => {
    expect(() => requireNext(version, current, isReleased)).not.toThrow();
  });

  test.each([
    ["1.3.0", "1.3.0", true],
    ["1.2.9", "1.3.0", false],
    ["1.10", "1.3.0", false],
    ["v1.4.0", "1.3.0", false],
  ])("%s may not follow %s (released: %s)", (version, current, isReleased) => {
    expect(() => requireNext(version, current, isReleased)).toThrow(version);
  });

  test("is set in manifests and lockfiles", () => {
    const lock =
      '{"version":"1.0.0","packages":{"":{"version":"1.0.0"},"node_modules/a":{"version":"1.0.0"}}}';
    expect(JSON.parse(versioned(lock, "1.1.0"))).toEqual({
      version: "1.1.0",
      packages: { "": { version: "1.1.0" }, "node_modules/a": { version: "1.0.0" } },
    });
  });
});

describe("a packed file", () => {
  const folder = mkdtempSync(join(tmpdir(), "vxdata-release-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  const packed = (name: string, manifest: object, files: Readonly<Record<string, string>>) => {
    const place = join(folder, name);
    mkdirSync(place);
    const own = { name, version: "1.0.0", license: "MIT", type: "module", ...manifest };
    writeFileSync(join(place, "package.json"), JSON.stringify(own));
    for (const [path, text] of Object.entries(files)) writeFileSync(join(place, path), text);
    return pack(place, folder);
  };

  const CODE = {
    "index.js": "export const a = 1;\n",
    "index.d.ts": "export declare const a: 1;\n",
  };

  test("is valid with code and types where the manifest says", async () => {
    const exports = { ".": { types: "./index.d.ts", default: "./index.js" } };
    expect(await problemsOf(packed("good", { exports }, CODE), true)).toEqual([]);
  });

  test("is refused when a file is missing, or when types describe CommonJS where a module runs", async () => {
    const missing = { ".": { types: "./index.d.ts", default: "./other.js" } };
    expect(await problemsOf(packed("missing", { exports: missing }, CODE), false)).not.toEqual([]);
    const wrong = { ...CODE, "index.d.cts": "export declare const a: 1;\n" };
    const exports = { ".": { types: "./index.d.cts", default: "./index.js" } };
    expect(await problemsOf(packed("wrong", { exports }, wrong), true)).not.toEqual([]);
  });
});
