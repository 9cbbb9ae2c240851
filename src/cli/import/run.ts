import type { ApiClient } from "../support/api-client.ts";
import { chunkRows, type Chunk } from "./chunks.ts";
import { MappingError, type MappingPlan, missingColumns } from "./compile.ts";
import { type CreateOptions, createWriter, type PendingResource, type Writer } from "./create.ts";
import type { Linker } from "./link.ts";
import { type ChunkResult, createLoader, type Loader } from "./load.ts";
import { runInOrder } from "./pipeline.ts";
import {
  allExist,
  ensureDatasource,
  ensurePayloadTypes,
  fetchSchemas,
  fieldsFrom,
  needsSchemas,
} from "./prepare.ts";
import type { Progress } from "./progress.ts";
import {
  addCounts,
  type Counts,
  openRejectionLog,
  type RejectionFile,
  type RejectionLog,
  resourcesIn,
} from "./report.ts";
import {
  freshState,
  type ImportState,
  loadState,
  removeState,
  saveState,
  WITNESSES_MAX,
} from "./state.ts";
import { show } from "../print.ts";
import type { RowSource } from "./source.ts";
import type { TableRow } from "./table.ts";
import { addTerms, type Terms } from "./terms.ts";

/** The parameters of an import. */
export interface ImportRequest {
  readonly source: RowSource;
  readonly plan: MappingPlan;
  readonly client: ApiClient;
  /** Name of the job (see `jobName`), and the file of its state. */
  readonly job: string;
  readonly statePath: string;
  /** Ignore the state of an earlier, interrupted run. */
  readonly restart: boolean;
  /** Elements of one call. */
  readonly itemsMax: number;
  readonly rowsPerBatch: number;
  readonly concurrency: number;
  readonly limit: number;
  readonly existing: CreateOptions["existing"];
  readonly rejects: RejectionFile | undefined;
  /** Uploads files of resources; absent: none. */
  readonly link?: Linker | undefined;
  readonly progress: Progress;
}

/** The result of an import. */
export interface ImportResult {
  readonly counts: Counts;
  /** Resources that this run itself sent to the server, without those of a resumed state. */
  readonly ownResources: number;
  /** The first rejections, as lines for people. */
  readonly firstRejections: readonly string[];
  /** The first values that could not be read, and files that are no data. */
  readonly firstRemarks: readonly string[];
  readonly leftOut: readonly string[];
  readonly terms: Terms;
  /** The file of rejected rows, if any was rejected. */
  readonly rejectsPath: string | undefined;
}

/** Rows of one batch: as many as fit into one call, whatever a row becomes. */
export function rowsPerBatch(plan: MappingPlan, itemsMax: number): number {
  return Math.max(1, Math.floor(itemsMax / Math.max(1, plan.resources.length)));
}

/**
 * Checks the table's columns against the mapping as soon as they are known, and says which of them
 * have no name, so that nothing can take them.
 */
export const columnCheck =
  (plan: MappingPlan, say: (line: string) => void) =>
  (columns: readonly string[]): void => {
    const missing = missingColumns(plan, columns);
    const nameless = columns.flatMap((name, index) => (name === "" ? [index + 1] : []));
    if (nameless.length > 0) {
      say(
        `columns without a name are left out: ${nameless.join(", ")} (source.columns names them)`,
      );
    }
    if (missing.length === 0) return;
    const known = columns.join(", ");
    throw new MappingError(
      missing.map((name) => `\${${name}}: the table has no such column (it has: ${known})`),
    );
  };

const beginState = async (request: ImportRequest): Promise<ImportState> => {
  const { client, job, progress, restart, statePath } = request;
  const saved = restart ? undefined : loadState(statePath, job);
  if (saved === undefined) return freshState(job);
  if (await allExist(client, saved.witnesses)) {
    progress.say(`going on after row ${saved.counts.rows} of an unfinished import`);
    return saved;
  }
  progress.say("the server lacks what an unfinished import had brought: starting over");
  return freshState(job);
};

/** Files that are named among those left out. */
const NAMED_MAX = 20;

/** Keeps the state file correct: it never claims more than what is complete without a gap. */
const createLedger = (request: ImportRequest, begun: ImportState, log: RejectionLog) => {
  let state = begun;
  let counts = begun.counts;
  let held = false;
  let terms = begun.terms ?? {};
  const leftOut = [...(begun.leftOut ?? [])];
  const rows = new Map<number, TableRow>();
  const waiting: ChunkResult["waiting"][number][] = [];
  return {
    settle: (chunk: Chunk, result: ChunkResult): void => {
      const inChunk = new Map(chunk.rows.map((row) => [row.line, row]));
      log.add(result.rejections, (line) => inChunk.get(line));
      for (const one of result.remarks) log.remark(one);
      for (const { detail, line } of result.leftOut) {
        if (leftOut.length < NAMED_MAX) {
          leftOut.push(`${show(request.source.placeOf?.(line) ?? `line ${line}`)}: ${detail}`);
        }
      }
      counts = addCounts(counts, result.counts);
      terms = addTerms(terms, result.terms);
      waiting.push(...result.waiting);
      for (const { line } of result.waiting) rows.set(line, inChunk.get(line) as TableRow);
      // Waiting resources are only in memory: a resumed run must read their rows again.
      held ||= result.waiting.length > 0;
      if (held) return;
      const witnesses = [...state.witnesses, result.witness].flatMap((name) => name ?? []);
      state = {
        ...state,
        settled: chunk.number + 1,
        counts,
        witnesses: witnesses.slice(-WITNESSES_MAX),
        rejectsBytes: log.bytes(),
        rejectsPath: log.path(),
        terms,
        leftOut,
      };
      saveState(request.statePath, state);
    },
    add: (more: Partial<Counts>): void => {
      counts = addCounts(counts, more);
    },
    rowAt: (line: number) => rows.get(line),
    terms: () => terms,
    leftOut: () => leftOut,
    counts: () => counts,
    waiting: () => waiting,
  };
};

type Ledger = ReturnType<typeof createLedger>;

/** Sends waiting resources again for as long as at least one of them succeeds. */
const settleWaiting = async (
  ledger: Ledger,
  write: Writer,
  log: RejectionLog,
  link: (resources: readonly PendingResource[]) => Promise<Partial<Counts>>,
): Promise<void> => {
  const all = ledger.waiting();
  let waiting: ChunkResult["waiting"] = all;
  for (let pass = 1; waiting.length > 0; pass += 1) {
    const outcome = await write(`waiting-${pass}`, waiting);
    const { created, present, repeated, rejected } = outcome;
    log.add(rejected, ledger.rowAt);
    ledger.add({ created, present, repeated, rejected: rejected.length });
    if (outcome.waiting.length === waiting.length) {
      log.add(
        outcome.waiting.map(({ reason }) => reason),
        ledger.rowAt,
      );
      ledger.add({ rejected: outcome.waiting.length });
      break;
    }
    waiting = outcome.waiting;
  }
  ledger.add(await link(all));
};

const loadChunks = async (
  request: ImportRequest,
  begun: ImportState,
  loader: Loader,
  ledger: Ledger,
): Promise<void> => {
  const { plan, progress, source } = request;
  const { bytesTotal } = source;
  const parts = source.parts(columnCheck(plan, progress.say));
  const chunks = chunkRows(parts, request.rowsPerBatch, request.limit);
  const left = (async function* () {
    for await (const chunk of chunks) {
      if (chunk.number < begun.settled) loader.skip(chunk);
      else yield chunk;
    }
  })();
  await runInOrder(left, request.concurrency, loader.load, (chunk, result) => {
    ledger.settle(chunk, result);
    const { rows, rejected } = ledger.counts();
    const resources = resourcesIn(ledger.counts()) - resourcesIn(begun.counts);
    progress.update({ bytesRead: chunk.bytesRead, bytesTotal, rows, resources, rejected });
  });
};

/** Uploads the files of those resources that stand for one. */
const fileLinker =
  ({ link, source }: ImportRequest) =>
  async (resources: readonly PendingResource[]): Promise<Partial<Counts>> => {
    if (link === undefined) return {};
    const files = resources.filter(({ file }) => file === true);
    const { absent, there, uploaded } = await link(
      files.map(({ body, line }) => ({
        identifier: body.identifier,
        path: source.fileOf?.(line),
      })),
    );
    return { absent, uploaded, linked: there };
  };

/**
 * Imports rows. Killed at any point and run again, it ends with the same resources: complete
 * batches are skipped, others are sent again under the same keys.
 * @throws {TableError} {MappingError} {ProblemError} {UnreachableError}
 */
export async function runImport(request: ImportRequest): Promise<ImportResult> {
  const { client, existing, itemsMax, plan, statePath } = request;
  await ensurePayloadTypes(client, plan, request.link !== undefined);
  const schemas = needsSchemas(plan) ? await fetchSchemas(client) : undefined;
  await ensureDatasource(client, plan);
  const begun = await beginState(request);
  saveState(statePath, begun);
  const { rejects } = request;
  const kept =
    rejects === undefined ? undefined : { ...rejects, path: begun.rejectsPath ?? rejects.path };
  const log = openRejectionLog(kept, begun.rejectsBytes, request.source.placeOf);
  try {
    const link = fileLinker(request);
    const write = createWriter({ client, run: begun.run, itemsMax, existing });
    const loader = createLoader(plan, fieldsFrom(schemas), { client, itemsMax, write, link });
    const ledger = createLedger(request, begun, log);
    await loadChunks(request, begun, loader, ledger);
    await settleWaiting(ledger, write, log, link);
    removeState(statePath);
    const counts = ledger.counts();
    const ownResources = resourcesIn(counts) - resourcesIn(begun.counts);
    return {
      counts,
      ownResources,
      firstRejections: log.firstRejections(),
      firstRemarks: log.firstRemarks(),
      leftOut: ledger.leftOut(),
      terms: ledger.terms(),
      rejectsPath: log.path(),
    };
  } finally {
    request.progress.end();
    log.close();
  }
}
