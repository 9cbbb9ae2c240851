import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageFile, projectRoot } from "../support/project.ts";

/** Builds the client: a file of JavaScript and one of types for each source file. */
export function buildClient(folder: string): void {
  const project = join(projectRoot, "scripts/build/client.tsconfig.json");
  const words = ["--project", project, "--outDir", folder];
  const { status, stdout } = spawnSync(packageFile(".bin/tsc"), words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`the client does not compile\n${stdout}`);
  // The compiler renames what JavaScript imports, but not what declarations do.
  for (const name of readdirSync(folder).filter((one) => one.endsWith(".d.ts"))) {
    const path = join(folder, name);
    writeFileSync(
      path,
      readFileSync(path, "utf8").replaceAll(/(from "\.\/[\w-]+)\.ts"/g, '$1.js"'),
    );
  }
}
