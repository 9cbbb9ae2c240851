/** The package of the server: its program, and everything that it serves. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { makeDocs } from "../docs.ts";
import { bundleWorker } from "../support/bundle.ts";
import { writeDocument } from "../support/document.ts";
import { packageFile, projectRoot } from "../support/project.ts";
import { buildProgram } from "./program.ts";

/** Exact versions: the runtime's files are found by the paths of this version. */
const dependencies = (): Readonly<Record<string, string>> => {
  const { miniflare } = manifest.devDependencies;
  const own = readManifest(packageFile("miniflare"));
  return { miniflare, workerd: own.dependencies?.["workerd"] ?? "" };
};

interface PackageManifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const readManifest = (folder: string): PackageManifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as PackageManifest;

/** Only for pictures, which are not used here, and larger than the rest of the runtime's code. */
const OMITTED = new Set(["sharp"]);

/**
 * The folders of the packages that a package needs and that are installed here, including itself.
 */
const closure = (name: string, from: string, found: Map<string, string>): void => {
  const nested = join(from, "node_modules", name);
  const folder = existsSync(nested) ? nested : packageFile(name);
  if (!existsSync(folder) || found.get(name) === folder) return;
  found.set(name, folder);
  const needs = readManifest(folder);
  const names = Object.keys({ ...needs.dependencies, ...needs.optionalDependencies });
  for (const each of names) if (!OMITTED.has(each)) closure(each, folder, found);
};

const changeManifest = (folder: string, change: (own: Record<string, unknown>) => void): void => {
  const file = join(folder, "package.json");
  const own = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  change(own);
  writeFileSync(file, `${JSON.stringify(own, null, 2)}\n`);
};

/** Puts the runtime into the package, so that it can be installed without a registry. */
export const bundleRuntime = (target: string): void => {
  const found = new Map<string, string>();
  for (const name of Object.keys(dependencies())) closure(name, projectRoot, found);
  for (const [name, folder] of found) {
    const place = join(target, "node_modules", name);
    mkdirSync(dirname(place), { recursive: true });
    cpSync(folder, place, { recursive: true, dereference: true });
    changeManifest(place, (own) => {
      // Missing packages, such as programs for other systems, must not be requested from a
      // registry.
      for (const kind of ["dependencies", "optionalDependencies"]) {
        const all = Object.entries(own[kind] ?? {});
        own[kind] = Object.fromEntries(all.filter(([each]) => found.has(each)));
      }
      // The runtime is started by the path of its own package; this one has only a copy for shells.
      if (name !== "workerd") return;
      delete own["bin"];
      delete own["scripts"];
      rmSync(join(place, "bin"), { recursive: true, force: true });
    });
  }
  changeManifest(target, (own) => {
    own["bundleDependencies"] = Object.keys(dependencies());
  });
};

const README = `# vxdata-server

Serves a vxdata catalogue from one machine: \`vxdata-server serve --data DIR\`. Node 22.16 or newer.
\`vxdata-server --help\` lists the commands; deploy/ holds a systemd unit, a Dockerfile and a compose file.
`;

/** Creates the package in a folder. */
export const buildServer = async (target: string): Promise<void> => {
  mkdirSync(join(target, "worker"), { recursive: true });
  buildProgram("scripts/vxdata-server.ts", join(target, "vxdata-server.js"), {
    target: "node22",
    external: ["miniflare"],
  });
  makeDocs();
  await writeDocument();
  const { modules, sourceMap } = await bundleWorker({
    place: "machine",
    minify: true,
    prebuilt: true,
  });
  for (const { path, contents } of modules) writeFileSync(join(target, "worker", path), contents);
  writeFileSync(join(target, "worker.js.map"), sourceMap);
  for (const name of ["migrations", "assets", "deploy", "LICENSE"]) {
    cpSync(join(projectRoot, name), join(target, name), { recursive: true });
  }
  cpSync(join(projectRoot, "docs/self-hosting.md"), join(target, "self-hosting.md"));
  writeFileSync(join(target, "README.md"), README);
  const { description, license, version } = manifest;
  const own = {
    name: "vxdata-server",
    version,
    description: `${description} The server for one machine.`,
    license,
    type: "module",
    bin: { "vxdata-server": "vxdata-server.js" },
    engines: { node: ">=22.16" },
    dependencies: dependencies(),
  };
  writeFileSync(join(target, "package.json"), `${JSON.stringify(own, null, 2)}\n`);
};

/** Packs it with the runtime of this system in it, and returns the path of the file. */
export const packServer = (target: string, folder: string): string => {
  // npm runs in the package's folder, and a relative path means the caller's.
  const into = resolve(folder);
  const words = ["pack", "--json", "--silent", "--ignore-scripts", "--pack-destination", into];
  const text = execFileSync("npm", words, { cwd: target, encoding: "utf8" });
  const [packed] = JSON.parse(text) as readonly { readonly filename: string }[];
  return join(into, packed?.filename ?? "");
};
