import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Json } from "../../model/json.ts";
import { compileMapping, MappingError, type MappingPlan } from "../import/compile.ts";
import { dryRun } from "../import/dry-run.ts";
import { fetchSchemas } from "../import/prepare.ts";
import { createProgress, type Progress } from "../import/progress.ts";
import { rowsPerBatch, runImport } from "../import/run.ts";
import type { Schemas } from "../import/schemas.ts";
import type { RowSource } from "../import/source.ts";
import { defaultStatePath, jobName } from "../import/state.ts";
import { summarizeDryRun, summarizeImport } from "../import/summary.ts";
import { type ApiClient, createApiClient } from "../support/api-client.ts";
import {
  type Command,
  type Context,
  EXIT,
  type Given,
  UsageError,
  wholeNumber,
} from "../command.ts";
import { patienceOf, tokenFor } from "../connect.ts";
import { type MappingName, SHIPPED } from "../mappings.ts";
import { sessionsPath } from "../sessions.ts";
import { openSource } from "../sources.ts";

const { MAX_SAFE_INTEGER } = Number;

const number = (
  given: Given,
  name: string,
  low: number,
  high: number,
  fallback: number,
): number => {
  const text = given.text(name);
  return text === undefined ? fallback : wholeNumber(name, text, low, high);
};

const existingOf = (given: Given): "verify" | "skip" => {
  const mode = given.text("existing") ?? "verify";
  if (mode === "verify" || mode === "skip") return mode;
  throw new UsageError("--existing takes verify or skip");
};

const readJson = (path: string): unknown => {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MappingError([`${path} cannot be read as JSON: ${reason}`]);
  }
};

/** The named mapping: a built-in one by its name, any other by its file. */
const mappingOf = (given: Given, source: string): unknown => {
  const named = given.text("mapping");
  if (named !== undefined) {
    return Object.hasOwn(SHIPPED, named) ? SHIPPED[named as MappingName] : readJson(named);
  }
  if (!statSync(source).isDirectory()) throw new UsageError("--mapping is needed");
  const isBids = statSync(join(source, "dataset_description.json"), { throwIfNoEntry: false });
  return isBids === undefined ? SHIPPED.dicom : SHIPPED.bids;
};

/** The mapping with the datasource of the options instead of its own. */
const placed = (mapping: unknown, datasource: string | undefined): unknown => {
  if (datasource === undefined || typeof mapping !== "object" || mapping === null) return mapping;
  const own = "datasource" in mapping ? (mapping.datasource as object | undefined) : undefined;
  const payload = own !== undefined && "payload" in own ? (own.payload as object) : {};
  return {
    ...mapping,
    datasource: { ...own, identifier: datasource, payload: { ...payload, name: datasource } },
  };
};

const planOf = (given: Given, source: string): MappingPlan => {
  const datasource = given.text("datasource");
  const mapping = mappingOf(given, source);
  if (datasource === undefined && (mapping === SHIPPED.dicom || mapping === SHIPPED.bids)) {
    throw new UsageError("--datasource is needed: where the folder's patients belong");
  }
  return compileMapping(placed(mapping, datasource));
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
const schemasIfThere = async (
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

interface Job {
  readonly plan: MappingPlan;
  readonly source: RowSource;
  readonly progress: Progress;
  readonly limit: number;
  readonly rejects: string | undefined;
}

const check = async (context: Context, job: Job): Promise<number> => {
  const { limit, plan, progress, rejects, source } = job;
  const schemas = await schemasIfThere(context, progress);
  const run = await dryRun({ source, plan, schemas, limit, rejectsPath: rejects });
  const { example, resources, firstRejections, ...figures } = run;
  if (context.json) {
    for (const line of firstRejections) progress.say(line);
    const summary = { ...figures, resources: Object.fromEntries(resources), example };
    context.print(JSON.stringify(summary));
  } else for (const line of summarizeDryRun(run, rejects)) context.print(line);
  return run.rejected === 0 ? EXIT.done : EXIT.partly;
};

const load = async (context: Context, job: Job): Promise<number> => {
  const { given, json, print, url } = context;
  const { limit, plan, progress, rejects, source } = job;
  const batch = number(given, "batch", 1, 10_000, 2_500);
  const perBatch = rowsPerBatch(plan, batch);
  const reason = given.text("reason");
  const name = jobName({
    fileHash: await source.fingerprint(),
    mapping: plan.mapping as Json,
    url: new URL(url()).origin,
    rowsPerBatch: perBatch,
    limit: Number.isFinite(limit) ? limit : null,
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
    rejectsPath: rejects,
    progress,
  });
  const seconds = (performance.now() - startedAt) / 1000;
  if (json) for (const line of result.firstRejections) progress.say(line);
  if (json) print(JSON.stringify({ ...result.counts, seconds: Math.round(seconds * 10) / 10 }));
  else for (const line of summarizeImport(result, seconds, rejects)) print(line);
  return result.counts.rejected === 0 ? EXIT.done : EXIT.partly;
};

/** `vxdata import` */
export const importSource: Command = {
  name: "import",
  summary: "Import a table, a DICOM folder or a BIDS dataset",
  usage: "[options] SOURCE",
  about: [
    "SOURCE is a table (.csv, .tsv, .ndjson, plain or gzip), a folder of DICOM files, or a BIDS dataset. The mapping says what a row, or a file, becomes; nothing that it does not map is sent.",
    "An import that was stopped goes on when it is run again, and one that is complete adds nothing: what is there already is compared. What is refused is told, and stops nothing else.",
  ],
  options: {
    mapping: {
      value: "FILE",
      about: `a mapping file, or one that is shipped: ${Object.keys(SHIPPED).join(", ")} (default for folders: bids or dicom)`,
    },
    datasource: { value: "ID", about: "where patients belong, instead of the mapping's own" },
    "dry-run": { about: "check everything, send nothing, say what would be made" },
    limit: { value: "N", about: "the first N rows only" },
    rejects: {
      value: "FILE",
      about: "write what was refused as NDJSON (else the first 20 are told)",
    },
    existing: {
      value: "verify|skip",
      about: "identifiers that are taken: compare their content (default), or leave it at that",
    },
    batch: { value: "N", about: "elements of one call, 1 to 10000 (default 2500)" },
    concurrency: { value: "N", about: "batches under way at once, 1 to 16 (default 3)" },
    state: {
      value: "FILE",
      about: "where an unfinished import is remembered (default: beside the kept logins)",
    },
    restart: { about: "forget an unfinished import and begin anew" },
  },
  shared: "write",
  examples: [
    "vxdata import --mapping nih-chestxray14 Data_Entry_2017_v2020.csv.gz",
    "vxdata import --mapping generic --dry-run images.csv",
    "vxdata import --datasource ward-3 /media/cd",
    "vxdata import --datasource ds004504 ds004504/",
  ],
  run: async (context) => {
    const { aside, given } = context;
    const [path, ...surplus] = given.words;
    if (path === undefined || surplus.length > 0)
      throw new UsageError("exactly one SOURCE is needed");
    const limit = number(given, "limit", 1, MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY);
    existingOf(given);
    const plan = planOf(given, path);
    const progress = createProgress(aside, () => performance.now());
    const source = await openSource(path, plan, progress.say);
    const job = { plan, source, progress, limit, rejects: given.text("rejects") };
    try {
      return await (given.flag("dry-run") ? check(context, job) : load(context, job));
    } finally {
      progress.end();
    }
  },
};
