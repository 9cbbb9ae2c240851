#!/usr/bin/env node
// The command `vxdata`. The published package holds a bundle; a clone holds the sources, which need a
// newer Node than the package: `npm ci` brings that one, and this file finds it.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** True when this Node reads TypeScript. */
const readsSources = () => {
  const [major, minor] = process.versions.node.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 18);
};

/** The Node of the clone's dependencies. */
const bundledNode = () =>
  [at("node_modules/node/bin/node"), at("node_modules/node/bin/node.exe")].find(existsSync);

/** Runs the sources in a process of their own, which ends as this one would. */
const runSources = (node, script) => {
  const child = spawn(node, [script, ...process.argv.slice(2)], { stdio: "inherit" });
  // Ctrl-C reaches both processes: the other one decides when it is done.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.once("error", (error) => {
    process.stderr.write(`${node} cannot be started: ${error.message}\n`);
    process.exitCode = 2;
  });
  child.once("exit", (code) => {
    process.exitCode = code ?? 130;
  });
};

const sources = at("src/cli/vxdata.ts");
const node = bundledNode();
if (!existsSync(sources)) await import(pathToFileURL(at("dist/cli/vxdata.js")).href);
else if (readsSources()) await import(pathToFileURL(sources).href);
else if (node !== undefined) runSources(node, sources);
else {
  process.stderr.write(
    `This is Node ${process.versions.node}; in a clone the command line needs 22.18 or later.\n` +
      "`npm ci` installs one into node_modules, which this command finds.\n",
  );
  process.exitCode = 2;
}
