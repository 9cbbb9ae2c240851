import { randomBytes } from "node:crypto";
import manifest from "../../package.json" with { type: "json" };
import { backUp } from "../../src/server/backup.ts";
import { check } from "../../src/server/check.ts";
import { homeOf } from "../../src/server/layout.ts";
import { restore } from "../../src/server/restore.ts";
import { changeSetting, givenSettings } from "../../src/server/settings-file.ts";
import { SETTINGS } from "../../src/config.ts";
import type { Settings } from "../../src/server/dotenv.ts";
import { type Command, type Context, EXIT, UsageError, wordsOf } from "../../src/cli/command.ts";
import { describeBytes } from "../../src/cli/meter.ts";
import { count } from "../../src/cli/print.ts";
import { DATA, folderOf } from "./options.ts";

const SETTINGS_OPTION = {
  settings: { value: "FILE", about: "the settings (default: settings.env in DIR)" },
} as const;

/** The server's settings, which are needed when its objects are in an S3 store. */
const settingsOf =
  ({ given, environment }: Context, folder: string): (() => Settings) =>
  () =>
    givenSettings(
      given.text("settings") ?? homeOf(folder).settings,
      environment,
      Object.values(SETTINGS).map(({ name }) => name),
    );

const JSON_OPTION = { json: { about: "the result as JSON" } } as const;

/** `vxdata backup` */
export const backupCommand: Command = {
  name: "backup",
  summary: "Copy a server's data into one file, while it runs",
  usage: "FILE --data DIR",
  about: [
    "The database at one transaction, and every object that it names, with their digests. FILE appears when it is whole and on the disk. Secrets are not in it: keep a copy of settings.env apart.",
  ],
  options: { ...DATA, ...SETTINGS_OPTION, ...JSON_OPTION },
  shared: "none",
  examples: ["vxdata backup /backups/monday.tar --data /var/lib/vxdata"],
  run: async (context) => {
    const { given, environment, json, print } = context;
    const [file = ""] = wordsOf(given, "FILE");
    const folder = folderOf(given, environment);
    const settings = settingsOf(context, folder);
    const report = await backUp({ folder, file, version: manifest.version, settings });
    if (json) print(JSON.stringify({ file, ...report }));
    else {
      const { files, bytes, transaction } = report;
      const state = transaction === null ? "no transaction" : `transaction ${count(transaction)}`;
      print(`${file}: ${count(files)} files, ${describeBytes(bytes)}, ${state}`);
    }
    return EXIT.done;
  },
};

/** `vxdata restore` */
export const restoreCommand: Command = {
  name: "restore",
  summary: "Make a server's folder of a backup",
  usage: "FILE --data DIR",
  about: [
    "DIR is empty or does not exist; settings.env alone may lie in it. Everything is compared with its digest first: of a backup that is cut off or damaged nothing is restored.",
  ],
  options: { ...DATA, ...SETTINGS_OPTION, ...JSON_OPTION },
  shared: "none",
  examples: ["vxdata restore /backups/monday.tar --data /var/lib/vxdata-restored"],
  run: async (context) => {
    const { given, environment, json, print } = context;
    const [file = ""] = wordsOf(given, "FILE");
    const folder = folderOf(given, environment);
    const settings = settingsOf(context, folder);
    const { created_at, files, transaction, version } = await restore(file, folder, settings);
    const report = { folder, created_at, version, transaction, files: files.length };
    if (json) print(JSON.stringify(report));
    else print(`${folder}: ${count(files.length)} files, as of ${created_at}`);
    return EXIT.done;
  },
};

const ABSENT_SHOWN = 10;

/** `vxdata check` */
export const checkCommand: Command = {
  name: "check",
  summary: "Find out whether a server's data are whole",
  usage: "--data DIR",
  about: [
    "Integrity of the database, a history without gaps, transactions that are whole; every object present with its size and digest. The server may run. Exit code 1 when something is wrong: each fault is a line.",
  ],
  options: { ...DATA, ...SETTINGS_OPTION, ...JSON_OPTION },
  shared: "none",
  examples: ["vxdata check --data /var/lib/vxdata"],
  run: async (context) => {
    const { given, environment, json, print, aside } = context;
    wordsOf(given);
    const folder = folderOf(given, environment);
    const report = await check(folder, settingsOf(context, folder));
    const { errors, ...figures } = report;
    const { absent, bytes, objects, transaction } = figures;
    if (json) print(JSON.stringify({ ...figures, faults: errors }));
    else {
      for (const error of errors) print(error);
      const read = `${count(objects)} objects, ${describeBytes(bytes)}`;
      const state = transaction === null ? "" : `, transaction ${count(transaction)}`;
      print(errors.length === 0 ? `sound: ${read}${state}` : `${count(errors.length)} faults`);
      if (absent.length > 0) {
        const some = absent.slice(0, ABSENT_SHOWN).join(", ");
        aside.write(
          `Resources name ${count(absent.length)} keys that are not in the bucket: ${some}\n`,
        );
      }
    }
    return errors.length === 0 ? EXIT.done : EXIT.partly;
  },
};

/** `vxdata admin` */
export const adminCommand: Command = {
  name: "admin",
  summary: "Give the first admin a new password",
  usage: "reset-password --data DIR",
  about: [
    "Writes a new random ADMIN_PASSWORD into settings.env and prints it. It holds from the next start of the server on, and its first login makes older tokens void.",
  ],
  options: { ...DATA, ...SETTINGS_OPTION },
  shared: "none",
  examples: ["vxdata admin reset-password --data /var/lib/vxdata"],
  run: async ({ given, environment, print, aside }) => {
    if (given.words.join(" ") !== "reset-password")
      throw new UsageError("reset-password is needed");
    if (environment["ADMIN_PASSWORD"] !== undefined) {
      throw new UsageError("ADMIN_PASSWORD stands in the environment: change it there");
    }
    const file = given.text("settings") ?? homeOf(folderOf(given, environment)).settings;
    const password = randomBytes(18).toString("base64url");
    changeSetting(file, "ADMIN_PASSWORD", password);
    print(password);
    aside.write(`Written into ${file}; restart the server.\n`);
    return EXIT.done;
  },
};
