import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import manifest from "../package.json" with { type: "json" };
import { packAll } from "./release/packages.ts";
import { datedChangelog, requireNext, unreleasedVersion, versioned } from "./release/version.ts";
import { projectRoot } from "./support/project.ts";

const HELP = `npm run release -- <version>
npm run release -- --check

Makes a release: sets the version in package.json and package-lock.json, dates the changelog, builds and
packs both packages into dist/packed, checks them with publint and Are The Types Wrong, and commits with
a tag. It publishes nothing: it prints the commands that do. The working tree must be clean.

  --check  only builds, packs and checks what is there
  --help   print this`;

const at = (path: string): string => join(projectRoot, path);

const git = (...words: readonly string[]): string =>
  execFileSync("git", words, { cwd: projectRoot, encoding: "utf8" }).trim();

function change(path: string, edit: (text: string) => string): void {
  writeFileSync(at(path), edit(readFileSync(at(path), "utf8")));
}

function build(): void {
  const words = ["--import", at("scripts/support/node.mjs"), at("scripts/build.ts")];
  const { status } = spawnSync(process.execPath, words, { cwd: projectRoot, stdio: "inherit" });
  if (status !== 0) throw new Error("the build failed");
}

/** Builds, packs and checks; the packed files. */
async function makePackages(): Promise<readonly string[]> {
  build();
  const folder = at("dist/packed");
  mkdirSync(folder, { recursive: true });
  const packed = await packAll(projectRoot, folder);
  const problems = packed.flatMap(({ file, problems: found }) =>
    found.map((problem) => `${file}: ${problem}`),
  );
  if (problems.length > 0) throw new Error(problems.join("\n"));
  for (const { file } of packed) console.log(file);
  return packed.map(({ file }) => file);
}

async function release(version: string): Promise<void> {
  if (git("status", "--porcelain") !== "") throw new Error("the working tree has changes");
  const changelog = readFileSync(at("CHANGELOG.md"), "utf8");
  requireNext(version, manifest.version, unreleasedVersion(changelog) !== manifest.version);
  const day = new Date().toISOString().slice(0, 10);
  change("CHANGELOG.md", (text) => datedChangelog(text, version, day));
  change("package.json", (text) => versioned(text, version));
  change("package-lock.json", (text) => versioned(text, version));
  const files = await makePackages();
  git("commit", "--all", "--message", `chore(release): release ${version}`);
  git("tag", "--annotate", `v${version}`, "--message", `vxdata ${version}`);
  console.log("To publish it:");
  console.log("  git push --follow-tags");
  for (const file of files) console.log(`  npm publish ${file}`);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      check: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const [version] = positionals;
  if (values.help || (version === undefined && !values.check)) {
    console.log(HELP);
    return values.help ? 0 : 2;
  }
  try {
    if (values.check || version === undefined) await makePackages();
    else await release(version);
    return 0;
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
}

process.exitCode = await main();
