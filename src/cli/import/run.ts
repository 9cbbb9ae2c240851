import type { ApiClient } from "../support/api-client.ts";
import { chunkRows, type Chunk } from "./chunks.ts";
import { MappingError, type MappingPlan, missingColumns } from "./compile.ts";
import { type CreateOptions, createWriter, type Writer } from "./create.ts";
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
  NO_COUNTS,
  openRejectionLog,
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
import type { RowSource } from "./source.ts";

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
  readonly rejectsPath: string | undefined;
  readonly progress: Progress;
}

/** The result of an import. */
export interface ImportResult {
  readonly counts: Counts;
  /** Resources that this run itself sent to the server, without those of a resumed state. */
  readonly ownResources: number;
  /** The first rejections, as lines for people. */
  readonly firstRejections: readonly string[];
}

/** Rows of one batch: as many as fit into one call, whatever a row becomes. */
export function rowsPerBatch(plan: MappingPlan, itemsMax: number): number {
  return Math.max(1, Math.floor(itemsMax / Math.max(1, plan.resources.length)));
}

/** Checks the table's columns against the mapping as soon as they are known. */
export const columnCheck =
  (plan: MappingPlan) =>
  (columns: readonly string[]): void => {
    const missing = missingColumns(plan, columns);
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

/** Keeps the state file correct: it never claims more than what is complete without a gap. */
const createLedger = (request: ImportRequest, begun: ImportState, log: RejectionLog) => {
  let state = begun;
  let counts = begun.counts;
  let held = false;
  const waiting: ChunkResult["waiting"][number][] = [];
  return {
    settle: (chunk: Chunk, result: ChunkResult): void => {
      log.add(result.rejections);
      counts = addCounts(counts, result.counts);
      waiting.push(...result.waiting);
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
      };
      saveState(request.statePath, state);
    },
    add: (more: Partial<Counts>): void => {
      counts = addCounts(counts, { ...NO_COUNTS, ...more });
    },
    counts: () => counts,
    waiting: () => waiting,
  };
};

type Ledger = ReturnType<typeof createLedger>;

/** Sends waiting resources again for as long as at least one of them succeeds. */
const settleWaiting = async (ledger: Ledger, write: Writer, log: RejectionLog): Promise<void> => {
  let waiting: ChunkResult["waiting"] = ledger.waiting();
  for (let pass = 1; waiting.length > 0; pass += 1) {
    const outcome = await write(`waiting-${pass}`, waiting);
    const { created, present, repeated, rejected } = outcome;
    log.add(rejected);
    ledger.add({ created, present, repeated, rejected: rejected.length });
    if (outcome.waiting.length === waiting.length) {
      log.add(outcome.waiting.map(({ reason }) => reason));
      ledger.add({ rejected: outcome.waiting.length });
      return;
    }
    waiting = outcome.waiting;
  }
};

const loadChunks = async (
  request: ImportRequest,
  begun: ImportState,
  loader: Loader,
  ledger: Ledger,
): Promise<void> => {
  const { plan, progress, source } = request;
  const { bytesTotal } = source;
  const parts = source.parts(columnCheck(plan));
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

/**
 * Imports rows. Killed at any point and run again, it ends with the same resources: complete
 * batches are skipped, others are sent again under the same keys.
 * @throws {TableError} {MappingError} {ProblemError} {UnreachableError}
 */
export async function runImport(request: ImportRequest): Promise<ImportResult> {
  const { client, existing, itemsMax, plan, statePath } = request;
  await ensurePayloadTypes(client, plan);
  const schemas = needsSchemas(plan) ? await fetchSchemas(client) : undefined;
  await ensureDatasource(client, plan);
  const begun = await beginState(request);
  saveState(statePath, begun);
  const log = openRejectionLog(request.rejectsPath, begun.rejectsBytes, request.source.placeOf);
  try {
    const write = createWriter({ client, run: begun.run, itemsMax, existing });
    const loader = createLoader(plan, fieldsFrom(schemas), { client, itemsMax, write });
    const ledger = createLedger(request, begun, log);
    await loadChunks(request, begun, loader, ledger);
    await settleWaiting(ledger, write, log);
    removeState(statePath);
    const counts = ledger.counts();
    const ownResources = resourcesIn(counts) - resourcesIn(begun.counts);
    return { counts, ownResources, firstRejections: log.firstRejections() };
  } finally {
    request.progress.end();
    log.close();
  }
}
