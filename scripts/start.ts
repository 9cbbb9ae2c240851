import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { copyDocs } from "./docs.ts";
import { ensureDevVars, readDevVars, settingsOf, writeSettings } from "./support/dev-vars.ts";
import type { Settings } from "./support/dotenv.ts";
import { projectRoot } from "./support/project.ts";
import { runWrangler, startDevWorker, stopAll } from "./support/wrangler.ts";

const HOST = "127.0.0.1";
const READY_MS = 60_000;
const CRON = "* * * * *";
const CRON_MS = 60_000;

/** Settings with which somebody says that requests may go to private addresses. */
const OPENING = ["ALLOW_PRIVATE_SOURCES", "ALLOW_PRIVATE_WEBHOOKS"];

const HELP = `npm start -- [options]

Serves vxdata on this machine alone (${HOST}), with its data in a directory.

  --port <number>        port to listen on, 0 for a free one (default 8787)
  --persist-to <folder>  where the data lives (default .wrangler/state)
  --log                  print a line for each request (slower)
  --inspector-port <n>   port for developer tools (default 9229, or a free one)
  --help                 print this

The first run writes .dev.vars: fresh secrets and the first admin's password. Settings that stand in
the environment (ADMIN_EMAIL, ADMIN_PASSWORD, REGISTRATION, PUBLIC_READ, ...) come before it.`;

interface Options {
  readonly port: number;
  readonly state: string;
  readonly log: boolean;
  readonly inspectorPort: number | null;
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
    inspectorPort: inspector === undefined ? null : readPort("--inspector-port", inspector),
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

const isHealthy = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
};

/** Waits for the server's first healthy answer; false when it ended or took too long. */
const untilReady = async (url: string, server: ChildProcess): Promise<boolean> => {
  const deadline = Date.now() + READY_MS;
  const isRunning = () => server.exitCode === null && server.signalCode === null;
  while (isRunning() && Date.now() < deadline) {
    if (await isHealthy(url)) return true;
    await sleep(100);
  }
  return false;
};

/** Does what the platform's clock does when deployed: wrangler runs no Cron Trigger by itself. */
const keepTime = (url: string): void => {
  const trigger = `${url}/cdn-cgi/local/scheduled?cron=${encodeURIComponent(CRON)}`;
  setInterval(() => void fetch(trigger).catch(() => undefined), CRON_MS);
};

const announce = (url: string, devVars: string): void => {
  const { ADMIN_EMAIL, ADMIN_PASSWORD } = { ...readDevVars(devVars), ...settingsOf(process.env) };
  const isGiven = ADMIN_PASSWORD === process.env["ADMIN_PASSWORD"];
  console.log(`
  API    ${url}
  docs   ${url}/docs/
  admin  ${ADMIN_EMAIL}, password: ADMIN_PASSWORD in ${isGiven ? "your environment" : devVars}

ready (Ctrl-C stops it)`);
};

/**
 * Starts the server with the environment's settings over those of `.dev.vars`, and those over the
 * address of the emulator's own S3 endpoint.
 */
const launch = (options: Options, devVars: string, port: number) => {
  const local = { S3_ENDPOINT: `http://${HOST}:${port}/cdn-cgi/local/r2/s3` };
  const settings: Settings = { ...local, ...readDevVars(devVars), ...settingsOf(process.env) };
  const file = writeSettings(devVars, options.state, settings);
  const server = startDevWorker({
    hostname: HOST,
    port,
    inspectorPort: options.inspectorPort,
    persistTo: options.state,
    settingsFile: file.path,
    logLevel: options.log ? "log" : "error",
    mayBePrivate: OPENING.some((name) => settings[name] === "true"),
  });
  server.once("exit", () => file.remove());
  return server;
};

const serve = async (options: Options): Promise<never> => {
  const devVars = join(projectRoot, ".dev.vars");
  const port = await claimPort(options.port);
  const url = `http://${HOST}:${port}`;
  if (ensureDevVars(devVars)) console.log(`Made ${devVars} with fresh secrets.`);
  copyDocs();
  console.log("Applying migrations ...");
  const migrate = ["d1", "migrations", "apply", "vxdata", "--local", "--persist-to"];
  await runWrangler([...migrate, options.state]);
  console.log(`Starting on ${url} ...`);
  const server = launch(options, devVars, port);
  if (await untilReady(url, server)) announce(url, devVars);
  else throw new Error(`There is no healthy answer from ${url}/health. See more with --log.`);
  keepTime(url);
  await once(server, "exit");
  throw new Error("The server ended.");
};

let stopping = false;

const stop = async (code: number): Promise<void> => {
  if (stopping) return;
  stopping = true;
  await stopAll();
  process.exit(code);
};

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => void stop(0));
}

// npm passes a signal on to the shell between it and us, which may end without telling us.
const parent = process.ppid;
if (process.env["npm_lifecycle_event"] === "start") {
  setInterval(() => process.ppid !== parent && void stop(0), 250).unref();
}

try {
  await serve(readOptions());
} catch (error) {
  if (!stopping) console.error((error as Error).message);
  await stop(1);
}
