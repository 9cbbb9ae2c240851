import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ONLY_ALL } from "../../support/run/only-all.ts";

const ROOT = join(import.meta.dirname, "../../..");

test.each(Object.entries(ONLY_ALL))("%s, which npm test leaves out, exists", (path, reason) => {
  expect(existsSync(join(ROOT, path))).toBe(true);
  expect(reason).not.toBe("");
});
