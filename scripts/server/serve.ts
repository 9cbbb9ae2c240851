import { resolve } from "node:path";
import { SETTINGS } from "../../src/config.ts";
import { batchedLines, logLine } from "../../src/server/log.ts";
import { placeOf } from "../../src/server/place.ts";
import type { Product, ServeOptions } from "../../src/server/production.ts";
import { reasonOf } from "../../src/server/operator-error.ts";
import { onEndSignals } from "../../src/server/signals.ts";
import {
  type Command,
  type Context,
  EXIT,
  type Given,
  UsageError,
  wholeNumber,
  wordsOf,
} from "../../src/cli/command.ts";
import { DATA, folderOf } from "./options.ts";

const GRACE_SECONDS_MAX = 3_600;

const tlsOf = (given: Given): ServeOptions["tls"] => {
  const [certFile, keyFile] = [given.text("tls-cert"), given.text("tls-key")];
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined) {
    throw new UsageError("--tls-cert and --tls-key belong together");
  }
  return { certFile, keyFile };
};

const optionsOf = ({ given, environment, aside }: Context): ServeOptions => {
  wordsOf(given);
  const settingsFile = given.text("settings");
  return {
    folder: folderOf(given, environment),
    listen: given.text("listen") ?? "127.0.0.1:8787",
    settingsFile: settingsFile === undefined ? undefined : resolve(settingsFile),
    tls: tlsOf(given),
    isBehindProxy: given.flag("behind-proxy"),
    publicUrl: given.text("public-url") ?? environment["VXDATA_PUBLIC_URL"],
    environment,
    settingNames: Object.values(SETTINGS).map(({ name }) => name),
    drainMillis: wholeNumber("grace", given.text("grace") ?? "30", 0, GRACE_SECONDS_MAX) * 1000,
    write: batchedLines((text) => void aside.write(text)),
  };
};

const run = async (load: () => Promise<Product>, context: Context): Promise<number> => {
  const options = optionsOf(context);
  const { write } = options;
  // What the runtime writes must not be readable by others, whatever folder it was given.
  process.umask(0o077);
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  onEndSignals(end);
  // The runtime is large: a usage error need not wait for it.
  const place = await placeOf(options);
  const { serve } = await import("../../src/server/production.ts");
  const server = await serve(await load(), options, place);
  onEndSignals(end, () => {
    try {
      server.renew();
    } catch (error) {
      write(logLine("error", "certificate not renewed", { reason: reasonOf(error) }));
    }
  });
  write(logLine("info", "ready", { url: server.url, listen: options.listen, pid: process.pid }));
  await ended;
  await server.stop();
  return EXIT.done;
};

/** `vxdata serve` */
export const serveCommand = (load: () => Promise<Product>): Command => ({
  name: "serve",
  summary: "Serve a catalogue from this machine",
  usage: "--data DIR [options]",
  about: [
    "The first start makes the folder, and settings.env in it with fresh secrets and the first admin's password. Each start brings the tables up to date, and copies the database to backups/ before it changes them.",
    "Beyond this machine it listens with TLS, or behind a proxy that terminates TLS, alone. SIGTERM lets answers in flight be finished; SIGHUP reads the certificate anew. The log is one JSON object a line on standard error. docs/self-hosting.md tells more.",
  ],
  options: {
    ...DATA,
    listen: { value: "HOST:PORT", about: "where to listen (default 127.0.0.1:8787)" },
    settings: {
      value: "FILE",
      about:
        "settings, with the mode 0600 (default: settings.env in DIR); the environment comes before it",
    },
    "tls-cert": { value: "FILE", about: "certificate with its chain, PEM" },
    "tls-key": { value: "FILE", about: "its key, PEM" },
    "behind-proxy": {
      about: "a proxy terminates TLS, and its entry in X-Forwarded-For is who calls",
    },
    "public-url": {
      value: "URL",
      about:
        "the address that callers use (default: VXDATA_PUBLIC_URL, else where it listens); presigned URLs name it",
    },
    grace: { value: "SECONDS", about: "how long answers may go on at the end (default 30)" },
  },
  shared: "none",
  examples: [
    "vxdata serve --data /var/lib/vxdata",
    "vxdata serve --data /var/lib/vxdata --listen 0.0.0.0:443 --tls-cert fullchain.pem --tls-key privkey.pem --public-url https://data.example.org",
    "vxdata serve --data /var/lib/vxdata --behind-proxy --public-url https://data.example.org",
  ],
  run: async (context) => run(load, context),
});
