import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderWire } from "./client/wire.ts";
import { packageFile, projectRoot } from "./support/project.ts";

const path = join(projectRoot, "src/client/wire.ts");
writeFileSync(path, renderWire());
const { status } = spawnSync(packageFile(".bin/oxfmt"), [path], { stdio: "inherit" });
process.exitCode = status ?? 1;
