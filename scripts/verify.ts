import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { devNull, tmpdir } from "node:os";
import { join } from "node:path";
import { makeDocs } from "./docs.ts";
import { bundleWorker, sizeOf, toText } from "./support/bundle.ts";
import { packageFile, projectRoot } from "./support/project.ts";
import { wranglerEnvironment } from "./support/wrangler.ts";

const HELP = `npm run verify

Checks everything: generated types, format, lint with the import layers, types, dead code, tests.
Ends with a line "N passed, N failed" over the tests; a check that fails counts as one failure.`;

interface Check {
  readonly name: string;
  readonly command: readonly string[];
}

const CHECKS: readonly Check[] = [
  {
    name: "generated types",
    // Without its own .dev.vars, so that the types are the same on every machine.
    command: ["wrangler", "types", "--strict-vars=false", "--env-file", devNull],
  },
  { name: "format", command: ["oxfmt", "--check"] },
  { name: "lint", command: ["oxlint"] },
  { name: "types", command: ["tsc"] },
  { name: "types of the scripts", command: ["tsc", "--project", "scripts"] },
  { name: "dead code", command: ["knip"] },
];

interface Totals {
  readonly passed: number;
  readonly failed: number;
}

const run = (command: readonly string[], stdio: "pipe" | "inherit") => {
  const [tool = "", ...args] = command;
  return spawnSync(packageFile(`.bin/${tool}`), args, {
    cwd: projectRoot,
    encoding: "utf8",
    // The tests of `npm run test:all`.
    env: { ...wranglerEnvironment(), SIZE: "all" },
    shell: process.platform === "win32",
    stdio,
  });
};

const passes = ({ name, command }: Check): boolean => {
  const started = performance.now();
  const { status, stdout, stderr } = run(command, "pipe");
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const isFine = status === 0;
  console.log(`${isFine ? "ok    " : "FAILED"}  ${name} (${command.join(" ")}), ${seconds} s`);
  if (!isFine) console.log(`${stdout}${stderr}`);
  return isFine;
};

/** The parts of vitest's JSON report that are used here. */
interface TestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

// A file that cannot be loaded has no failed test, but is a failure nevertheless.
const failedFiles = ({ testResults }: TestReport): number =>
  testResults.filter(
    (file) =>
      file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  ).length;

const runTests = (): Totals => {
  const folder = mkdtempSync(join(tmpdir(), "vxdata-"));
  const file = join(folder, "report.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  try {
    const { status } = run(["vitest", "run", ...reporters], "inherit");
    const report = existsSync(file) && (JSON.parse(readFileSync(file, "utf8")) as TestReport);
    const passed = report ? report.numPassedTests : 0;
    const failed = report ? report.numFailedTests + failedFiles(report) : 0;
    // Any other error of vitest (an unhandled rejection, no test at all) counts as one.
    return { passed, failed: status !== 0 && failed === 0 ? 1 : failed };
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** `test/tools/scripts/bundle.test.ts` bounds it. */
const printSize = async (): Promise<void> => {
  const bundle = await bundleWorker({ place: "platform", minify: true, prebuilt: true });
  console.log(`        the Worker: ${toText(sizeOf(bundle))}`);
};

const verify = async (): Promise<void> => {
  makeDocs();
  await printSize();
  const failedChecks = CHECKS.filter((check) => !passes(check)).length;
  const tests = runTests();
  const failed = tests.failed + failedChecks;
  console.log(`${tests.passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
};

if (process.argv.includes("--help")) console.log(HELP);
else await verify();
