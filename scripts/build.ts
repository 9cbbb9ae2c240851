import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildProgram } from "./build/program.ts";
import { buildServer, bundleRuntime, packServer } from "./build/server.ts";
import { packageFile, projectRoot } from "./support/project.ts";

const HELP = `npm run build -- [options]

Makes dist/, which is what the packages hold: the client and the command line (dist/client, dist/cli),
and the server with all that it serves (dist/server).

  --pack <folder>  also packs the server into one file with the runtime of this system in it, to be
                   installed where the internet is not reached
  --help           print this`;

const at = (path: string): string => join(projectRoot, path);

/** The client: one file of JavaScript and one of types for each source file, and no dependency. */
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

/**
 * Builds everything. The client's package is packed by its manifest in the root, the server's by
 * its own.
 */
const build = async (pack: string | undefined): Promise<void> => {
  rmSync(at("dist"), { recursive: true, force: true });
  buildClient();
  buildProgram("src/cli/vxdata.ts", at("dist/cli/vxdata.js"), { target: "node20" });
  await buildServer(at("dist/server"));
  if (pack === undefined) return;
  mkdirSync(pack, { recursive: true });
  bundleRuntime(at("dist/server"));
  console.log(packServer(at("dist/server"), pack));
};

const { values } = parseArgs({
  options: { pack: { type: "string" }, help: { type: "boolean", default: false } },
});
if (values.help) console.log(HELP);
else await build(values.pack);
