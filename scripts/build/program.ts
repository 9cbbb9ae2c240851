import { chmodSync } from "node:fs";
import { join } from "node:path";
import { buildSync, type BuildOptions } from "esbuild";
import { projectRoot } from "../support/project.ts";

/** Bundles a script into one executable file of JavaScript. */
export const buildProgram = (
  script: string,
  outfile: string,
  options: Pick<BuildOptions, "target" | "external">,
): void => {
  buildSync({
    entryPoints: [join(projectRoot, script)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    minifySyntax: true,
    legalComments: "inline",
    // Bundled CommonJS calls `require`.
    banner: {
      js:
        "#!/usr/bin/env node\n" +
        'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
    },
    logLevel: "warning",
    ...options,
  });
  chmodSync(outfile, 0o755);
};
