import { createServer, type AddressInfo } from "node:net";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Runtime } from "../src/server/runtime.ts";
import { onEndSignals } from "../src/server/signals.ts";
import { startLocally } from "./support/local.ts";

const HOST = "127.0.0.1";

const HELP = `npm start -- [options]

Serves vxdata on this machine alone (${HOST}), with its data in a directory.

  --port <number>        port to listen on, 0 for a free one (default 8787)
  --persist-to <folder>  where the data lives (default .wrangler/state)
  --log                  print a line for each request
  --inspector-port <n>   port for developer tools (none without it)
  --cron-seconds <n>     how often the Cron Trigger rings (default 60)
  --watch                take the source, the migrations, the static files and .dev.vars anew whenever
                         they are saved; \`npm run dev\` starts it so
  --help                 print this

The first run writes .dev.vars: fresh secrets and the first admin's password. Settings that stand in
the environment (ADMIN_EMAIL, ADMIN_PASSWORD, REGISTRATION, PUBLIC_READ, ...) come before it.`;

interface Options {
  readonly port: number;
  readonly state: string;
  readonly log: boolean;
  readonly inspectorPort: number | undefined;
  readonly cronSeconds: number;
  readonly watch: boolean;
}

const fail = (message: string): never => {
  console.error(message);
  process.exit(1);
};

const parsed = () => {
  try {
    return parseArgs({
      options: {
        port: { type: "string", default: "8787" },
        "persist-to": { type: "string", default: ".wrangler/state" },
        log: { type: "boolean", default: false },
        "inspector-port": { type: "string" },
        "cron-seconds": { type: "string", default: "60" },
        watch: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    return fail(`${(error as Error).message}\n\n${HELP}`);
  }
};

const readPort = (option: string, text: string): number => {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) fail(`${option} is a number up to 65535`);
  return port;
};

const readSeconds = (option: string, text: string): number => {
  const seconds = Number(text);
  return Number.isInteger(seconds) && seconds > 0
    ? seconds
    : fail(`${option} is a whole number of seconds, from 1`);
};

const readOptions = (): Options => {
  const values = parsed();
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  const inspector = values["inspector-port"];
  return {
    port: readPort("--port", values.port),
    state: resolve(values["persist-to"]),
    log: values.log,
    inspectorPort: inspector === undefined ? undefined : readPort("--inspector-port", inspector),
    cronSeconds: readSeconds("--cron-seconds", values["cron-seconds"]),
    watch: values.watch,
  };
};

/** Resolves to the port if it is free, or to a free one for 0. */
const claimPort = (port: number): Promise<number> =>
  new Promise((settle) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      const reason = error.code === "EADDRINUSE" ? "is taken by another program" : error.message;
      fail(`Port ${port} ${reason}. Choose another: npm start -- --port 8788`);
    });
    server.listen(port, HOST, () => {
      const claimed = (server.address() as AddressInfo).port;
      server.close(() => settle(claimed));
    });
  });

const serve = async (options: Options): Promise<Runtime> => {
  const port = await claimPort(options.port);
  const started = await startLocally({ ...options, host: HOST, port });
  const { url, adminEmail, passwordIn } = started;
  console.log(`
  API    ${url}
  docs   ${url}/docs/
  admin  ${adminEmail}, password: ADMIN_PASSWORD in ${passwordIn}

ready (Ctrl-C stops it)`);
  return started.runtime;
};

const starting = serve(readOptions());

let isStopping = false;

const stop = async (code: number): Promise<void> => {
  if (isStopping) return;
  isStopping = true;
  const runtime = await starting.catch(() => undefined);
  await runtime?.stop();
  process.exit(code);
};

const onSignals = (): void => onEndSignals(() => void stop(0));
onSignals();

// npm forwards a signal to the shell between it and us, which may end without telling us.
const parent = process.ppid;
if (/^(?:start|dev)$/.test(process.env["npm_lifecycle_event"] ?? "")) {
  setInterval(() => process.ppid !== parent && void stop(0), 250).unref();
}

try {
  await starting;
  onSignals();
} catch (error) {
  if (!isStopping) console.error((error as Error).message);
  await stop(1);
}
