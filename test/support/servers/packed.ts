import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../../..");

/** The package as a user has it: packed, and installed in a project of its own. */
export interface Packed {
  /** The empty project. */
  readonly folder: string;
  /** Files of the package. */
  readonly files: readonly string[];
}

const npm = (words: readonly string[], cwd: string): string =>
  execFileSync("npm", [...words], {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
  });

/** Packs the project and installs the tarball in an empty project, without any registry. */
export const installPacked = (folder: string): Packed => {
  const report = JSON.parse(
    npm(["pack", "--json", "--silent", "--pack-destination", folder], ROOT),
  ) as readonly { readonly files: readonly { readonly path: string }[] }[];
  const [tarball = ""] = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  const project = join(folder, "project");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), '{"private":true,"type":"module"}\n');
  npm(["install", "--offline", "--no-audit", "--no-fund", join("..", tarball)], project);
  return { folder: project, files: (report[0]?.files ?? []).map(({ path }) => path) };
};
