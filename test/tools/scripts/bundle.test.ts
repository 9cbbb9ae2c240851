import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bundleWorker, sizeOf } from "../../../scripts/support/bundle.ts";
import { projectRoot } from "../../../scripts/support/project.ts";

/** Bound on the compressed bundle. A change that raises it explains it in the changelog. */
const GZIP_BYTES_MAX = 460_000;

test(
  "the Worker that is deployed stays below its size, compressed",
  { timeout: 60_000 },
  async () => {
    const bundle = await bundleWorker({ place: "platform", minify: true, prebuilt: true });
    expect(sizeOf(bundle).gzip).toBeLessThan(GZIP_BYTES_MAX);
    const [script] = bundle.modules;
    // The messages of zod in other languages must not be in the bundle.
    expect(String(script?.contents)).not.toContain("некорректный ввод");
    expect(JSON.parse(bundle.sourceMap)).toMatchObject({ version: 3 });
  },
);

test("nothing calls the parts of zod that the bundle leaves out", () => {
  const libraries = ["@hono/zod-openapi", "@hono/zod-validator", "@asteasolutions/zod-to-openapi"];
  const files = [
    ...globSync(join(projectRoot, "src/**/*.ts")),
    ...libraries.flatMap((name) =>
      globSync(join(projectRoot, "node_modules", name, "dist/**/*.{js,mjs}")),
    ),
  ];
  expect(files.length).toBeGreaterThan(500);
  const calls = /\b(?:z|zod)\w*\.(?:fromJSONSchema|deepPartial|compile|withParser|locales)\b/;
  const found = files.filter((file) => calls.test(readFileSync(file, "utf8")));
  expect(found).toEqual([]);
});
