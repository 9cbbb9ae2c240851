import manifest from "../../package.json" with { type: "json" };
import type { Product } from "../../src/server/production.ts";
import { main } from "../cli/main.ts";
import { adminCommand, backupCommand, checkCommand, restoreCommand } from "./keeping.ts";
import { serveCommand } from "./serve.ts";

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
  });
};
