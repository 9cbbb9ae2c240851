import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderWire } from "./client/wire.ts";
import { packageFile, projectRoot } from "./support/project.ts";

const path = join(projectRoot, "src/client/wire.ts");

if (process.argv.includes("--help")) {
  console.log("npm run client:types: makes src/client/wire.ts from the schemas of the wire");
} else {
  writeFileSync(path, renderWire());
  const { status } = spawnSync(packageFile(".bin/oxfmt"), [path], { stdio: "inherit" });
  process.exitCode = status ?? 1;
}
