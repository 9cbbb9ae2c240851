/** What the Worker never uses, and would carry. */
import { readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import type { Plugin } from "esbuild";
import { projectRoot } from "./project.ts";
import { withoutDocumentation } from "./undocumented.ts";

/** Words of 50 languages, of which the default one is used. */
const LOCALES = /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/;

/** Schemas from JSON Schema, compiled ones (by `eval`, which Workers refuse) and deeply optional ones. */
const UNUSED =
  /[\\/]zod[\\/]v4[\\/](?:core[\\/]compile|classic[\\/](?:from-json-schema|deep-partial))\.js$/;

/** The names that a module exports by declarations of its own. */
const exportsOf = (file: string): readonly string[] =>
  [
    ...readFileSync(file, "utf8").matchAll(/^export (?:const|class|(?:async )?function) (\w+)/gm),
  ].map(([, name = ""]) => name);

/** Leaves these parts out of a bundle. A call of one of them fails; `test/tools/scripts/bundle.test.ts` finds it. */
export const slim: Plugin = {
  name: "slim",
  setup: (build) => {
    build.onLoad({ filter: LOCALES }, ({ path }) => ({
      contents: 'export { default as en } from "./en.js";',
      resolveDir: dirname(path),
    }));
    build.onLoad({ filter: UNUSED }, ({ path }) => ({
      contents: exportsOf(path)
        .map((name) => `export const ${name} = undefined;`)
        .join("\n"),
    }));
  },
};

const SOURCE = join(projectRoot, "src") + sep;

/** The layers whose schemas describe the API. */
const SURFACE = [join(SOURCE, "http") + sep, join(SOURCE, "surfaces") + sep];

/**
 * Leaves the documentation of the API out of a bundle, whose Worker serves the prepared document.
 */
export const prebuilt: Plugin = {
  name: "prebuilt",
  setup: (build) => {
    build.onResolve({ filter: /\/openapi\.ts$/ }, ({ resolveDir, path }) => ({
      path: join(resolveDir, dirname(path), "openapi-prebuilt.ts"),
    }));
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      if (!path.startsWith(SOURCE)) return undefined;
      const isOfSurface = SURFACE.some((folder) => path.startsWith(folder));
      const text = readFileSync(path, "utf8");
      return { contents: withoutDocumentation(path, text, isOfSurface), loader: "ts" };
    });
  },
};
