/**
 * Serves the Worker as `wrangler dev` does. That one lets it send requests into private networks, as
 * long as nobody says otherwise by a program: this is the program.
 *
 * Arguments: one JSON object, a `DevWorker`.
 */
import type { Request } from "miniflare";
import { unstable_startWorker } from "wrangler";
import { sendPublicly } from "./outbound.ts";

/** What is served, and how. */
export interface DevWorker {
  readonly hostname: string;
  readonly port: number;
  readonly inspectorPort: number | null;
  /** Folder of the data. */
  readonly persistTo: string;
  readonly settingsFile: string;
  readonly logLevel: "log" | "error";
  /** True: requests may go to private addresses. */
  readonly mayBePrivate: boolean;
}

const { hostname, port, inspectorPort, persistTo, settingsFile, logLevel, mayBePrivate } =
  JSON.parse(process.argv[2] ?? "{}") as DevWorker;

const worker = await unstable_startWorker({
  config: "wrangler.toml",
  envFiles: [settingsFile],
  dev: {
    remote: false,
    server: { hostname, port },
    inspector: inspectorPort === null ? {} : { port: inspectorPort },
    persist: persistTo,
    logLevel,
    ...(mayBePrivate ? {} : { outboundService: (request: Request) => sendPublicly(request) }),
  },
});

const stop = async (): Promise<void> => {
  await worker.dispose();
  process.exit(0);
};

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => void stop());
