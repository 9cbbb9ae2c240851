/** Settings and secrets of a production server: its own file, overridden by the environment. */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual, parseEnv } from "node:util";
import { renderSettings, type Settings } from "./dotenv.ts";
import { reasonOf, OperatorError } from "./operator-error.ts";
import { freshSecrets } from "./secrets.ts";

/** Where settings come from in addition to the file. */
export type Environment = Readonly<Record<string, string | undefined>>;

const HEADER = `# Settings and secrets of this server, made by its first start. Keep a copy apart from the backups of
# the data: without ENCRYPTION_KEYS the secrets in the database cannot be read any more.
# docs/settings.md tells what can stand here. The environment comes before this file.
`;

const OTHERS = 0o077;

const requirePrivate = (path: string): void => {
  if (process.platform === "win32") return;
  const mode = statSync(path).mode & 0o777;
  if ((mode & OTHERS) === 0) return;
  const octal = mode.toString(8).padStart(4, "0");
  throw new OperatorError(
    `${path} holds secrets, and its mode ${octal} opens it to others: chmod 600.`,
  );
};

/** The content of the file. */
const readFile = (path: string): Settings => {
  try {
    requirePrivate(path);
    return parseEnv(readFileSync(path, "utf8")) as Settings;
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(`${path} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
};

const write = (path: string, text: string): void => {
  const fresh = `${path}.new`;
  try {
    writeFileSync(fresh, text, { mode: 0o600, flush: true });
    renameSync(fresh, path);
  } catch (error) {
    throw new OperatorError(`${path} cannot be written: ${reasonOf(error)}`, { cause: error });
  }
};

/** The key of the bucket in the data folder. */
const bucketKey = () => ({
  S3_ACCESS_KEY_ID: randomBytes(12).toString("hex"),
  S3_SECRET_ACCESS_KEY: randomBytes(24).toString("base64url"),
});

/** A store has keys of its own. */
const ownKey = (given: Settings): Settings =>
  given["S3_ENDPOINT"] === undefined ? bucketKey() : {};

const namedIn = (environment: Environment, names: readonly string[]): Settings =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = environment[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** Settings, and whether they were created just now. */
export interface OwnSettings {
  readonly settings: Settings;
  readonly isNew: boolean;
}

/** The content of a file. Settings of a development server lack this key, so it is added. */
const completed = (path: string, given: Settings): Settings => {
  const found = readFile(path);
  const key = ownKey({ ...found, ...given });
  if (Object.keys(key).some((name) => (given[name] ?? found[name]) !== undefined)) return found;
  for (const [name, value] of Object.entries(key)) changeSetting(path, name, value);
  return { ...found, ...key };
};

/**
 * The settings of a server: those of its file, overridden by those environment variables that
 * `names` lists. A missing file is created with new secrets, except those that the environment
 * sets. A missing key of the bucket is added: no stored data depends on it.
 *
 * @throws {OperatorError} when others may read the file, or it cannot be read or created.
 */
export function ownSettings(
  path: string,
  environment: Environment,
  names: readonly string[],
): OwnSettings {
  const given = namedIn(environment, names);
  const isNew = !existsSync(path);
  if (isNew) {
    const made = Object.entries({ ...freshSecrets(), ...ownKey(given) }).filter(
      ([name]) => given[name] === undefined,
    );
    if (made.length > 0) write(path, HEADER + renderSettings(Object.fromEntries(made)));
    return { settings: { ...Object.fromEntries(made), ...given }, isNew: made.length > 0 };
  }
  return { settings: { ...completed(path, given), ...given }, isNew: false };
}

/**
 * The settings of a command that serves nothing: those of a file, if it exists, overridden by the
 * environment.
 *
 * @throws {OperatorError} when others may read the file, or it cannot be read.
 */
export function givenSettings(
  path: string,
  environment: Environment,
  names: readonly string[],
): Settings {
  const found = existsSync(path) ? readFile(path) : {};
  return { ...found, ...namedIn(environment, names) };
}

const linesWith = (text: string, name: string, line: string): string => {
  const own = new RegExp(`^[ \\t]*(?:export[ \\t]+)?${name}[ \\t]*=.*$`, "m");
  if (own.test(text)) return text.replace(own, () => line);
  return `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${line}\n`;
};

/**
 * Writes one setting into the file, and keeps the others unchanged.
 *
 * @throws {OperatorError} when there is no file, others may read it, or it cannot be written.
 */
export function changeSetting(path: string, name: string, value: string): void {
  if (!existsSync(path))
    throw new OperatorError(`${path} does not exist: nothing was served from here.`);
  const wanted = { ...readFile(path), [name]: value };
  const text = linesWith(
    readFileSync(path, "utf8"),
    name,
    renderSettings({ [name]: value }).trimEnd(),
  );
  if (!isDeepStrictEqual({ ...parseEnv(text) }, wanted)) {
    throw new OperatorError(`${path} holds ${name} in a form that only a person can change.`);
  }
  write(path, text);
}
