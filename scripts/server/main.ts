import manifest from "../../package.json" with { type: "json" };
import type { Product } from "../../src/server/production.ts";
import type { Program } from "../../src/cli/help.ts";
import { main } from "../../src/cli/main.ts";
import { adminCommand, backupCommand, checkCommand, restoreCommand } from "./keeping.ts";
import { serveCommand } from "./serve.ts";

const PROGRAM: Program = {
  name: "vxdata-server",
  title: "serves a vxdata catalogue from one machine",
  notes: [],
  exitCodes: [
    ["0", "done"],
    ["1", "check has found faults"],
    ["2", "the call is wrong, or refused: the message names the file or the option"],
  ],
  examples: [
    "vxdata-server serve --data /var/lib/vxdata",
    "vxdata-server backup /backups/monday.tar --data /var/lib/vxdata",
  ],
};

/** Runs a command of a server. */
export const serverMain = async (load: () => Promise<Product>): Promise<void> => {
  const commands = [serveCommand(load), backupCommand, restoreCommand, checkCommand, adminCommand];
  process.exitCode = await main(commands, process.argv.slice(2), {
    environment: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    signal: new AbortController().signal,
    version: manifest.version,
    program: PROGRAM,
  });
};
