/** Runs an import, or checks what it would do. */
import { existsSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import type { Json } from "../../model/json.ts";
import { type Context, EXIT, type Given, UsageError, wholeNumber } from "../command.ts";
import { patienceOf, tokenFor } from "../connect.ts";
import { MappingError, type MappingPlan } from "../import/compile.ts";
import { type DryRun, dryRun } from "../import/dry-run.ts";
import { createLinker, groupOf, type Linker } from "../import/link.ts";
import { fetchSchemas } from "../import/prepare.ts";
import type { Progress } from "../import/progress.ts";
import type { Counts, RejectionFile } from "../import/report.ts";
import { rowsPerBatch, runImport } from "../import/run.ts";
import type { Schemas } from "../import/schemas.ts";
import type { RowSource } from "../import/source.ts";
import { defaultStatePath, jobName } from "../import/state.ts";
import { summarizeDryRun, summarizeImport } from "../import/summary.ts";
import { jsonText } from "../print.ts";
import { sessionsPath } from "../sessions.ts";
import { type ApiClient, createApiClient } from "../support/api-client.ts";

/** A number of the options. */
export const number = (
  given: Given,
  name: string,
  low: number,
  high: number,
  fallback: number,
): number => {
  const text = given.text(name);
  return text === undefined ? fallback : wholeNumber(name, text, low, high);
};

/** What to do with identifiers that are taken. */
export const existingOf = (given: Given): "verify" | "skip" => {
  const mode = given.text("existing") ?? "verify";
  if (mode === "verify" || mode === "skip") return mode;
  throw new UsageError("--existing takes verify or skip");
};

const clientFor = (
  { environment, given, signal, url }: Context,
  progress: Progress,
  patience: number,
): ApiClient =>
  createApiClient({
    url: url(),
    token: tokenFor(url(), given, environment),
    patienceSeconds: patience,
    reason: given.text("reason"),
    signal,
    onRetry: (reason, seconds) => {
      if (seconds >= 1) progress.say(`${reason}: trying again in ${seconds.toFixed(1)} s`);
    },
  });

/** The server's schemas, or undefined with a remark why not: a dry run needs no server. */
export const schemasIfThere = async (
  context: Context,
  progress: Progress,
): Promise<Schemas | undefined> => {
  try {
    return await fetchSchemas(clientFor(context, progress, 0));
  } catch (error) {
    context.signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    progress.say(`without the server's schemas, mapping and cells alone are checked (${reason})`);
    return undefined;
  }
};

/** An import that is ready to run. */
export interface Job {
  readonly plan: MappingPlan;
  readonly source: RowSource;
  readonly progress: Progress;
  readonly limit: number;
  readonly rejects: RejectionFile | undefined;
}

/** The file of rejected rows: the named one, else one beside the caller with a name that is free. */
export const rejectsOf = (
  given: Given,
  path: string,
  source: RowSource,
): RejectionFile | undefined => {
  const named = given.text("rejects");
  if (named !== undefined) {
    if (resolve(named) === resolve(path)) throw new UsageError("--rejects names the input itself");
    // Lists of reasons are for programs: a line each, without the row.
    const isList = /\.(?:ndjson|jsonl)$/i.test(named) && source.rejected?.extension !== "ndjson";
    return { path: named, form: isList ? undefined : source.rejected?.form };
  }
  if (source.rejected === undefined) return undefined;
  const { extension, form } = source.rejected;
  const stem = basename(path)
    .replace(/\.gz$/i, "")
    .replace(/\.[A-Za-z0-9]+$/, "");
  for (let copy = 1; ; copy += 1) {
    const free = `${stem}.rejected${copy === 1 ? "" : `-${copy}`}.${extension}`;
    if (!existsSync(free)) return { path: free, form };
  }
};

const exitOf = ({ rejected, unreadable }: Pick<Counts, "rejected" | "unreadable">): number =>
  rejected === 0 && unreadable === 0 ? EXIT.done : EXIT.partly;

const tellRest = (
  progress: Progress,
  {
    firstRejections,
    firstRemarks,
    leftOut,
  }: Pick<DryRun, "firstRejections" | "firstRemarks" | "leftOut">,
): void => {
  for (const line of [...leftOut.slice(0, 20), ...firstRemarks, ...firstRejections]) {
    progress.say(line);
  }
};

/** Checks everything, and sends nothing. */
export const check = async (context: Context, job: Job): Promise<number> => {
  const { limit, plan, progress, source } = job;
  const schemas = await schemasIfThere(context, progress);
  // A file of rejected rows is for those who asked for it: nothing is imported.
  const rejects = context.given.text("rejects") === undefined ? undefined : job.rejects;
  const run = await dryRun({ source, plan, schemas, limit, rejects, say: progress.say });
  const { examples, resources, ...figures } = run;
  if (context.json) {
    tellRest(progress, run);
    const summary = {
      ...figures,
      resources: Object.fromEntries(resources),
      example: examples[0] ?? [],
    };
    context.print(jsonText(summary));
  } else for (const line of summarizeDryRun(run)) context.print(line);
  return exitOf(run);
};

/** How files are uploaded, when they are to be. */
const linkerOf = (context: Context, { plan, progress, source }: Job): Linker | undefined => {
  if (!context.given.flag("with-files")) return undefined;
  if (source.fileOf === undefined) {
    throw new UsageError("--with-files is for folders: a table has no files");
  }
  if (!plan.resources.some(({ file }) => file)) {
    throw new MappingError(['resources: with --with-files one of them has "file": true']);
  }
  const isDicom = source.kind === "dicom";
  let uploaded = 0;
  return createLinker({
    client: context.client(),
    group: groupOf(plan.mapping.datasource?.identifier ?? "files"),
    extension: isDicom ? ".dcm" : "",
    type: isDicom ? "application/dicom" : undefined,
    onUploaded: (files) => {
      uploaded += files;
      progress.note(`${uploaded} files uploaded`);
    },
  });
};

/** Imports. */
export const load = async (context: Context, job: Job): Promise<number> => {
  const { given, json, print, url } = context;
  const { limit, plan, progress, rejects, source } = job;
  const batch = number(given, "batch", 1, 10_000, 2_500);
  const perBatch = rowsPerBatch(plan, batch);
  const reason = given.text("reason");
  const link = linkerOf(context, job);
  const name = jobName({
    fileHash: await source.fingerprint(),
    mapping: plan.mapping as Json,
    url: new URL(url()).origin,
    rowsPerBatch: perBatch,
    limit: Number.isFinite(limit) ? limit : null,
    ...(link === undefined ? {} : { withFiles: true }),
    ...(reason === undefined ? {} : { reason }),
  });
  const startedAt = performance.now();
  const result = await runImport({
    source,
    plan,
    client: clientFor(context, progress, patienceOf(given)),
    job: name,
    statePath:
      given.text("state") ?? defaultStatePath(dirname(sessionsPath(context.environment)), name),
    restart: given.flag("restart"),
    itemsMax: batch,
    rowsPerBatch: perBatch,
    concurrency: number(given, "concurrency", 1, 16, 3),
    limit,
    existing: existingOf(given),
    rejects,
    link,
    progress,
  });
  const seconds = (performance.now() - startedAt) / 1000;
  if (json) {
    tellRest(progress, result);
    const { counts, rejectsPath, terms } = result;
    const rest = { seconds: Math.round(seconds * 10) / 10, terms, rejects: rejectsPath };
    print(jsonText({ ...counts, ...rest }));
  } else for (const line of summarizeImport(result, seconds)) print(line);
  return exitOf(result.counts);
};
