/** Discovery: what a worker found becomes files, each with what is to be done with it. */
import { AppError } from "../model/error.ts";
import type { JsonObject } from "../model/json.ts";
import type { Change } from "../model/transaction.ts";
import type { Decided, Decision, Known } from "../store/write/decision.ts";
import { arkOf, type ArkPlace } from "./ark.ts";
import { destinationOf } from "./destination.ts";
import type { HookResult } from "./hook.ts";
import { fileId, transferId } from "./names.ts";
import {
  fileOf,
  isFinal,
  liveOf,
  payloadOf,
  withoutNulls,
  type FileRecord,
  type Run,
} from "./records.ts";
import { creation, heartbeat, requireRun } from "./runs.ts";

/** A file as a worker found it. */
export interface Entry {
  readonly sourcePath: string;
  readonly filename: string;
  readonly sizeBytes: number;
  readonly modTime: string | null;
}

/** What discoveries of a run have in common. */
export interface Surroundings {
  readonly runId: string;
  readonly instrument: {
    readonly id: string;
    readonly name: string;
    readonly transferAdapter: string;
  };
  readonly location: { readonly id: string; readonly basePath: string };
  readonly ark: ArkPlace;
}

/** What a worker is told about a file. */
export interface Item {
  readonly file_id: string;
  readonly source_path: string;
  readonly persistent_id: string;
  readonly decision: "proceed" | "skip" | "redirect";
  readonly message: string | null;
  readonly destination_path: string | null;
}

const itemOf = (file: FileRecord): Item => ({
  file_id: file.id,
  source_path: file.sourcePath,
  persistent_id: file.persistentId,
  decision: file.decision,
  message: file.message,
  destination_path: file.destinationPath,
});

const destination = (
  { instrument, location }: Surroundings,
  result: HookResult,
  sourcePath: string,
): string =>
  destinationOf(
    result.action === "redirect" ? (result.redirectPath ?? "") : location.basePath,
    instrument.name,
    sourcePath,
  );

/** Where a file would go if no hook said otherwise. */
export const plainDestination = (around: Surroundings, sourcePath: string): string =>
  destinationOf(around.location.basePath, around.instrument.name, sourcePath);

/** Another file of the location lies, or will lie, at the very same path. */
const TAKEN = "Another file has this destination";

/** What is decided about one file, in the words of its record. */
const verdict = (
  around: Surroundings,
  result: HookResult,
  sourcePath: string,
  isTaken: boolean,
): JsonObject => {
  if (isTaken) return { decision: "skip", decision_message: TAKEN };
  const message: JsonObject = result.message === null ? {} : { decision_message: result.message };
  if (result.action === "skip") return { decision: "skip", ...message };
  return {
    decision: result.action,
    ...message,
    storage_location_id: around.location.id,
    destination_path: destination(around, result, sourcePath),
  };
};

/** The members that a new verdict does not have are gone. */
const CLEARED: JsonObject = {
  decision_message: null,
  storage_location_id: null,
  destination_path: null,
};

const leftOut = (
  around: Surroundings,
  file: string,
  payload: JsonObject,
  known: Known,
): readonly Change[] => {
  const id = transferId(file);
  const members: JsonObject = {
    file_id: file,
    storage_location_id: around.location.id,
    transfer_adapter: around.instrument.transferAdapter,
    status: payload["decision_message"] === TAKEN ? "failed" : "skipped",
    error_message: payload["decision_message"] ?? null,
    harvest_run_id: around.runId,
  };
  return known.rows.has(id)
    ? [{ kind: "update", identifier: id, isDeleted: false, payload: members }]
    : [creation(id, "transfer", withoutNulls(members), file)];
};

interface Drawn {
  readonly item: Item;
  readonly changes: readonly Change[];
}

const discovered = (
  around: Surroundings,
  entry: Entry,
  result: HookResult,
  known: Known,
): Drawn => {
  const id = fileId(around.instrument.id, entry.sourcePath);
  const said = verdict(around, result, entry.sourcePath, known.refused.has(id));
  const payload: JsonObject = withoutNulls({
    instrument_id: around.instrument.id,
    persistent_id: arkOf(around.ark, known.source.uuid()),
    persistent_id_type: "ark",
    source_path: entry.sourcePath,
    filename: entry.filename,
    size_bytes: entry.sizeBytes,
    source_mtime: entry.modTime,
    metadata: {},
    ...said,
  });
  const skipped = said["decision"] === "skip" ? leftOut(around, id, payload, known) : [];
  return {
    item: itemOf(fileOf(id, payload)),
    changes: [creation(id, "file", payload, around.instrument.id), ...skipped],
  };
};

/** A file that is known and still to be copied: as it was said before, unless it goes elsewhere now. */
const again = (around: Surroundings, file: FileRecord, result: HookResult, known: Known): Drawn => {
  const stays = file.storageLocationId === around.location.id && !known.refused.has(file.id);
  if (stays) return { item: itemOf(file), changes: [] };
  const said = verdict(around, result, file.sourcePath, known.refused.has(file.id));
  const payload = { ...CLEARED, ...said };
  const skipped = said["decision"] === "skip" ? leftOut(around, file.id, payload, known) : [];
  const stored = known.rows.get(file.id);
  const merged = { ...(stored === undefined ? {} : payloadOf(stored)), ...payload };
  return {
    item: itemOf(fileOf(file.id, merged)),
    changes: [{ kind: "update", identifier: file.id, payload }, ...skipped],
  };
};

const decideOne = (
  around: Surroundings,
  entry: Entry,
  result: HookResult,
  known: Known,
): Drawn | undefined => {
  const id = fileId(around.instrument.id, entry.sourcePath);
  const row = known.rows.get(id);
  if (row === undefined) return discovered(around, entry, result, known);
  // Whoever deleted the file does not want it back with the next harvest.
  if (row.is_deleted === 1) return undefined;
  const file = fileOf(id, payloadOf(row));
  const transfer = known.rows.get(transferId(id));
  if (transfer === undefined || !isFinal(transfer)) return again(around, file, result, known);
  // What this very run left out is told again, should the first answer have been lost.
  const isRepeated =
    file.decision === "skip" && payloadOf(transfer)["harvest_run_id"] === around.runId;
  return isRepeated ? { item: itemOf(file), changes: [] } : undefined;
};

const requireInstrument = (known: Known, { instrument }: Surroundings): void => {
  if (liveOf(known.rows.get(instrument.id), "instrument") === undefined) {
    throw new AppError("conflict", "The instrument is gone");
  }
};

/**
 * Records what a worker found. Answers an item for each file that is new or still to be copied; a
 * file that is known and done is no part of the answer.
 *
 * @param resultOf what the hooks before the transfer say about an entry.
 */
export const discover = (
  around: Surroundings,
  entries: readonly Entry[],
  resultOf: (entry: Entry) => HookResult,
): Decision => {
  const ids = entries.map(({ sourcePath }) => fileId(around.instrument.id, sourcePath));
  return {
    actions: ["harvest"],
    entrusted: true,
    subject: () => ({
      payloadType: "file",
      identifiers: [around.runId, around.instrument.id, ...ids, ...ids.map(transferId)],
      parents: [around.instrument.id, ...ids],
      condition: null,
      sequences: [],
    }),
    decide: (known): Decided => {
      const run: Run = requireRun(known.rows.get(around.runId));
      requireInstrument(known, around);
      const drawn = entries.flatMap((entry) => {
        const one = decideOne(around, entry, resultOf(entry), known);
        return one === undefined ? [] : [one];
      });
      const changes = drawn.flatMap((each) => each.changes);
      return {
        changes: [...changes, ...heartbeat(run, known.source.now)],
        answer: drawn.map(({ item }) => ({ ...item })),
      };
    },
  };
};
