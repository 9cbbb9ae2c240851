import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

rmSync(at("dist"), { recursive: true, force: true });
buildClient();
