import { setTimeout as sleep } from "node:timers/promises";
import type { JsonObject } from "../../src/model/json.ts";
import { copyToFolder, upload, type Copied } from "./copy.ts";
import type { ClaimedRun, Item, Report, Server } from "./server.ts";
import { walk, type FoundFile } from "./walk.ts";

/** Files reported at once: few enough for hooks that call another server about each. */
const BATCH = 250;
/** Files copied at once. */
const AT_ONCE = 4;
/** Results reported together: what a killed agent has to copy again. */
const REPORTED = 25;
/** A worker that is silent for a quarter of an hour loses its run. */
const SIGN_OF_LIFE_MILLIS = 4 * 60_000;
const TRIES = 3;

/** What the agent prints. */
export interface Out {
  readonly say: (line: string) => void;
  readonly progress: (line: string) => void;
}

interface Tally {
  total_discovered: number;
  new_files: number;
  transferred: number;
  skipped: number;
  failed: number;
  bytes: number;
}

const entryOf = ({ sourcePath, sizeBytes, modTime }: FoundFile): JsonObject => ({
  source_path: sourcePath,
  filename: sourcePath.slice(sourcePath.lastIndexOf("/") + 1),
  size_bytes: sizeBytes,
  mod_time: modTime,
});

const copied = (file: FoundFile, item: Item, { storage_location: place }: ClaimedRun) => {
  if (item.upload_url !== undefined) {
    return upload(file, item.upload_url, item.upload_headers ?? {});
  }
  const { destination_path: destination } = item;
  if (place.type === "posix" && destination !== null) return copyToFolder(file, destination);
  throw new Error(`This agent cannot reach locations of the type ${place.type}`);
};

const tried = async (file: FoundFile, item: Item, run: ClaimedRun): Promise<Copied> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await copied(file, item, run);
    } catch (error) {
      if (attempt === TRIES) throw error;
      await sleep(500 * attempt);
    }
  }
};

const completed = (item: Item, { bytes, sourceHash, destHash }: Copied): Report => ({
  file_id: item.file_id,
  status: "completed",
  bytes_transferred: bytes,
  source_checksum: sourceHash,
  dest_checksum: destHash,
});

const MESSAGE_MAX = 1_000;

const failed = (item: Item, error: unknown): Report => ({
  file_id: item.file_id,
  status: "failed",
  error_message: (error instanceof Error ? error.message : String(error)).slice(0, MESSAGE_MAX),
});

/** Copies files, reports them as it goes on, and sends heartbeats. */
const copyAll = async (
  server: Server,
  run: ClaimedRun,
  work: readonly (readonly [FoundFile, Item])[],
  note: (report: Report, file: FoundFile) => void,
): Promise<void> => {
  const begun = (items: readonly Item[]): readonly Report[] =>
    items.map(({ file_id }) => ({ file_id, status: "in_progress" }));
  await server.transfers(run.id, begun(work.map(([, item]) => item)));
  const waiting = [...work];
  const active = new Set<Item>();
  let done: Report[] = [];
  const report = async (): Promise<void> => {
    const items = done;
    done = [];
    await server.transfers(run.id, items);
  };
  const signs = setInterval(() => {
    void server.transfers(run.id, begun([...active])).catch(() => undefined);
  }, SIGN_OF_LIFE_MILLIS);
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [file, item] = next;
      active.add(item);
      const result = await tried(file, item, run).then(
        (copy) => completed(item, copy),
        (error: unknown) => failed(item, error),
      );
      active.delete(item);
      note(result, file);
      done.push(result);
      if (done.length >= REPORTED) await report();
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    await report();
  } finally {
    clearInterval(signs);
  }
};

const summaryOf = (run: ClaimedRun, { bytes: _bytes, ...tally }: Tally): JsonObject => ({
  instrument_id: run.instrument.id,
  ...tally,
});

const lineOf = (run: ClaimedRun, tally: Tally): string =>
  `${run.instrument.name}: ${tally.total_discovered} found, ${tally.new_files} to do, ` +
  `${tally.transferred} copied (${(tally.bytes / 1e6).toFixed(1)} MB), ` +
  `${tally.skipped} left out, ${tally.failed} failed`;

/** Does one run: finds, copies, reports, ends it. */
export const doRun = async (
  server: Server,
  run: ClaimedRun,
  mount: string,
  out: Out,
): Promise<void> => {
  const tally: Tally = {
    total_discovered: 0,
    new_files: 0,
    transferred: 0,
    skipped: 0,
    failed: 0,
    bytes: 0,
  };
  const note = (report: Report, file: FoundFile): void => {
    if (report.status === "completed") {
      tally.transferred += 1;
      tally.bytes += file.sizeBytes;
    } else {
      tally.failed += 1;
      out.say(`${file.sourcePath}: ${report.error_message ?? "failed"}`);
    }
    out.progress(lineOf(run, tally));
  };
  const batch = async (files: readonly FoundFile[]): Promise<void> => {
    tally.total_discovered += files.length;
    const byPath = new Map(files.map((file) => [file.sourcePath, file]));
    const items = await server.discovered(run.id, files.map(entryOf));
    tally.new_files += items.length;
    tally.skipped += items.filter(({ decision }) => decision === "skip").length;
    const work = items.flatMap((item) => {
      const file = byPath.get(item.source_path);
      return item.decision === "skip" || file === undefined ? [] : [[file, item] as const];
    });
    out.progress(lineOf(run, tally));
    if (work.length > 0) await copyAll(server, run, work, note);
  };
  let files: FoundFile[] = [];
  for await (const file of walk(mount, (path, reason) => out.say(`${path}: ${reason}`))) {
    files.push(file);
    if (files.length < BATCH) continue;
    await batch(files);
    files = [];
  }
  if (files.length > 0) await batch(files);
  await server.finish(run.id, summaryOf(run, tally));
  out.say(lineOf(run, tally));
};
