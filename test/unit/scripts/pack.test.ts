import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { packServer } from "../../../scripts/build/server.ts";

it("packs into a folder that is named from where the caller is", () => {
  const folder = mkdtempSync(join(tmpdir(), "vxdata-pack-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const made = mkdtempSync(join(folder, "made-"));
  writeFileSync(join(made, "package.json"), '{"name":"made","version":"1.0.0"}');
  const file = packServer(made, relative(process.cwd(), folder));
  expect(file).toBe(join(folder, "made-1.0.0.tgz"));
  expect(existsSync(file)).toBe(true);
});
