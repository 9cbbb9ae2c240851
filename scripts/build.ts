import { spawnSync } from "node:child_process";
import { buildSync } from "esbuild";
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageFile, projectRoot } from "./support/project.ts";

const at = (path: string): string => join(projectRoot, path);

/** The client: one file of JavaScript and one of types for each of ours, and no dependency. */
const buildClient = (): void => {
  const words = ["--project", at("scripts/build/client.tsconfig.json")];
  const { status } = spawnSync(packageFile(".bin/tsc"), words, { stdio: "inherit" });
  if (status !== 0) throw new Error("the client does not compile");
  // The compiler renames what JavaScript imports, but not what declarations do.
  for (const name of readdirSync(at("dist/client")).filter((one) => one.endsWith(".d.ts"))) {
    const path = at(`dist/client/${name}`);
    writeFileSync(
      path,
      readFileSync(path, "utf8").replaceAll(/(from "\.\/[\w-]+)\.ts"/g, '$1.js"'),
    );
  }
};

/** The command line: one file with all that it needs. */
const buildCommandLine = (): void => {
  buildSync({
    entryPoints: [at("scripts/vxdata.ts")],
    outfile: at("dist/cli/vxdata.js"),
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    minifySyntax: true,
    legalComments: "inline",
    // Bundled CommonJS asks for `require`.
    banner: {
      js:
        "#!/usr/bin/env node\n" +
        'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    logLevel: "warning",
  });
  chmodSync(at("dist/cli/vxdata.js"), 0o755);
};

if (process.argv.includes("--help")) {
  console.log(
    "npm run build: makes dist/, which is what the package holds: the client and the command line",
  );
} else {
  rmSync(at("dist"), { recursive: true, force: true });
  buildClient();
  buildCommandLine();
}
