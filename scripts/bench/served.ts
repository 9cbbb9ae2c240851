/** `vxdata serve` over a copy of the data, as an operator would run it. */
import { copyFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { databaseFile, homeOf } from "../../src/server/layout.ts";
import { processTree } from "../support/process-tree.ts";
import { projectRoot } from "../support/project.ts";
import { freePort, startServer } from "../support/server-process.ts";

/** The parameters. */
export interface ServedOptions {
  /** The data; its database begins as a copy of it. */
  readonly seedFile: string;
  /** An empty folder, or one that does not exist. */
  readonly folder: string;
  /** Settings, secrets among them. */
  readonly settings: Readonly<Record<string, string>>;
  /** The program; undefined for that of this clone. */
  readonly program?: string;
}

/** A running server. */
export interface Served {
  readonly url: URL;
  /** All processes of it. */
  readonly pids: readonly number[];
  readonly stop: () => Promise<void>;
}

/** Starts it, and waits until it serves. */
export const startServed = async (options: ServedOptions): Promise<Served> => {
  const { folder, seedFile, settings, program } = options;
  const file = databaseFile(homeOf(folder).data);
  mkdirSync(dirname(file), { recursive: true });
  copyFileSync(seedFile, file);
  const server = await startServer({
    port: await freePort(),
    persistTo: folder,
    program: program ?? join(projectRoot, "scripts/serve.ts"),
    environment: settings,
  });
  return { url: new URL(server.url), pids: processTree(server.pid), stop: server.stop };
};
