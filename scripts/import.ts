import { readFileSync } from "node:fs";
import type { Json } from "../src/model/json.ts";
import {
  HELP,
  type ImportArguments,
  parseImportArguments,
  UsageError,
} from "./import/arguments.ts";
import { compileMapping, MappingError, type MappingPlan } from "./import/compile.ts";
import { dryRun } from "./import/dry-run.ts";
import { fetchSchemas } from "./import/prepare.ts";
import { createProgress, type Progress } from "./import/progress.ts";
import { rowsPerBatch, runImport } from "./import/run.ts";
import type { Schemas } from "./import/schemas.ts";
import { defaultStatePath, jobName } from "./import/state.ts";
import { summarizeDryRun, summarizeImport } from "./import/summary.ts";
import { hashFile, TableError } from "./import/table.ts";
import {
  type ApiClient,
  createApiClient,
  ProblemError,
  UnreachableError,
} from "./support/api-client.ts";
import { credentialsFrom, PROJECT_ROOT } from "./support/api-options.ts";
import { CredentialsError, tokenSource } from "./support/credentials.ts";

const EXIT = { done: 0, rejected: 1, wrong: 2, server: 3, stopped: 130 } as const;

const readJson = (path: string): unknown => {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MappingError([`${path} cannot be read as JSON: ${reason}`]);
  }
};

const clientFor = (options: ImportArguments, progress: Progress, signal: AbortSignal): ApiClient =>
  createApiClient({
    url: options.url,
    token: tokenSource(options.url, credentialsFrom(options)),
    patienceSeconds: options.patience,
    signal,
    onRetry: (reason, seconds) => {
      if (seconds >= 1) progress.say(`${reason}: trying again in ${seconds.toFixed(1)} s`);
    },
  });

/** The server's schemas, or undefined with a word about why not: a dry run needs no server. */
const schemasIfThere = async (
  options: ImportArguments,
  progress: Progress,
  signal: AbortSignal,
): Promise<Schemas | undefined> => {
  try {
    return await fetchSchemas(clientFor({ ...options, patience: 0 }, progress, signal));
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    progress.say(`without the server's schemas, mapping and cells alone are checked (${reason})`);
    return undefined;
  }
};

const check = async (
  options: ImportArguments,
  plan: MappingPlan,
  progress: Progress,
  signal: AbortSignal,
): Promise<number> => {
  const { limit, rejects, table } = options;
  const schemas = await schemasIfThere(options, progress, signal);
  const run = await dryRun({ file: table, plan, schemas, limit, rejectsPath: rejects });
  console.log(summarizeDryRun(run, rejects).join("\n"));
  return run.rejected === 0 ? EXIT.done : EXIT.rejected;
};

const load = async (
  options: ImportArguments,
  plan: MappingPlan,
  progress: Progress,
  signal: AbortSignal,
): Promise<number> => {
  const perBatch = rowsPerBatch(plan, options.batch);
  const job = jobName({
    fileHash: await hashFile(options.table),
    mapping: plan.mapping as Json,
    url: new URL(options.url).origin,
    rowsPerBatch: perBatch,
    limit: Number.isFinite(options.limit) ? options.limit : null,
  });
  const startedAt = performance.now();
  const result = await runImport({
    file: options.table,
    plan,
    client: clientFor(options, progress, signal),
    job,
    statePath: options.state ?? defaultStatePath(PROJECT_ROOT, job),
    restart: options.restart,
    itemsMax: options.batch,
    rowsPerBatch: perBatch,
    concurrency: options.concurrency,
    limit: options.limit,
    existing: options.existing,
    rejectsPath: options.rejects,
    progress,
  });
  const seconds = (performance.now() - startedAt) / 1000;
  console.log(summarizeImport(result, seconds, options.rejects).join("\n"));
  return result.counts.rejected === 0 ? EXIT.done : EXIT.rejected;
};

/** What to say about an error, and the exit code it means; a defect is thrown on. */
const explain = (error: unknown): { readonly text: string; readonly code: number } => {
  if (error instanceof UsageError) {
    return { text: `${error.message}\nSee npm run import -- --help`, code: EXIT.wrong };
  }
  if (error instanceof MappingError) {
    const faults = error.faults.map((fault) => `  ${fault}`);
    return { text: ["The mapping does not fit:", ...faults].join("\n"), code: EXIT.wrong };
  }
  if (error instanceof TableError) {
    return { text: `The table cannot be read: ${error.message}`, code: EXIT.wrong };
  }
  const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
  if (missing) return { text: error.message, code: EXIT.wrong };
  const again = "Run the same command again to go on.";
  if (error instanceof UnreachableError) {
    return { text: `The server stayed away. ${error.message}\n${again}`, code: EXIT.server };
  }
  if (error instanceof ProblemError || error instanceof CredentialsError) {
    return { text: error.message, code: EXIT.server };
  }
  throw error;
};

const main = async (): Promise<number> => {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  process.once("SIGTERM", () => stop.abort());
  try {
    const options = parseImportArguments(process.argv.slice(2));
    if (options.help) {
      process.stdout.write(HELP);
      return EXIT.done;
    }
    const plan = compileMapping(readJson(options.mapping));
    const progress = createProgress(process.stderr, () => performance.now());
    const work = options.dryRun ? check : load;
    return await work(options, plan, progress, stop.signal);
  } catch (error) {
    if (stop.signal.aborted) {
      console.error("Stopped. Run the same command again to go on.");
      return EXIT.stopped;
    }
    const { text, code } = explain(error);
    console.error(text);
    return code;
  } finally {
    // After a failure, batches that are still under way must not keep the process alive.
    stop.abort();
  }
};

process.exitCode = await main();
