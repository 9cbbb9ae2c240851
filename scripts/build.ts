import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildClient } from "./build/client.ts";
import { buildProgram } from "./build/program.ts";
import { buildServer, bundleRuntime, packServer } from "./build/server.ts";
import { projectRoot } from "./support/project.ts";

const HELP = `npm run build -- [options]

Makes dist/, which is what the packages hold: the client and the command line (dist/client, dist/cli),
and the server with all that it serves (dist/server).

  --pack <folder>  also packs the server into one file with the runtime of this system in it, to be
                   installed where the internet is not reached
  --help           print this`;

const at = (path: string): string => join(projectRoot, path);

/**
 * Builds everything. The client's package is packed by its manifest in the root, the server's by
 * its own.
 */
const build = async (pack: string | undefined): Promise<void> => {
  rmSync(at("dist"), { recursive: true, force: true });
  buildClient(at("dist/client"));
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
