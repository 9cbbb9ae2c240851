/** Discovery: files that a worker found become resources, each with an instruction. */
import { payloadOf } from "../../../model/resource.ts";
import { AppError } from "../../../model/error.ts";
import type { JsonObject } from "../../../model/json.ts";
import { harvestPrefix } from "../../../model/object-key.ts";
import type { Change } from "../../../model/transaction.ts";
import type { Decided, Decision, Known } from "../../../store/index.ts";
import { arkOf } from "./ark.ts";
import { heartbeat, requireRun } from "./claims.ts";
import type { HookResult } from "./hook.ts";
import { fileId, transferId } from "./names.ts";
import {
  fileOf,
  isBegun,
  isFinal,
  liveOf,
  withoutNulls,
  type FileRecord,
  type Run,
} from "./records.ts";
import { creation } from "./runs.ts";
import { CLEARED, destination, verdict, type Surroundings, type Verdict } from "./verdict.ts";

/** A file as a worker found it. */
export interface Entry {
  readonly sourcePath: string;
  readonly filename: string;
  readonly sizeBytes: number;
  readonly modTime: string | null;
}

/** The instruction for a file. */
export interface Item {
  readonly file_id: string;
  readonly source_path: string;
  readonly persistent_id: string;
  readonly decision: "proceed" | "skip" | "redirect";
  readonly message: string | null;
  readonly destination_path: string | null;
  /** What an earlier attempt may have left at the destination must be removed first. */
  readonly isRestarted?: true;
}

const itemOf = (file: FileRecord): Item => ({
  file_id: file.id,
  source_path: file.sourcePath,
  persistent_id: file.persistentId,
  decision: file.decision,
  message: file.message,
  destination_path: file.destinationPath,
});

const leftOut = (
  around: Surroundings,
  file: string,
  { members: said, isObstructed }: Verdict,
  known: Known,
): readonly Change[] => {
  if (said["decision"] !== "skip") return [];
  const id = transferId(file);
  const members: JsonObject = {
    file_id: file,
    storage_location_id: around.location.id,
    transfer_adapter: around.instrument.transferAdapter,
    status: isObstructed ? "failed" : "skipped",
    error_message: said["decision_message"] ?? null,
    harvest_run_id: around.runId,
  };
  return known.rows.has(id)
    ? [{ kind: "update", identifier: id, isDeleted: false, payload: members }]
    : [creation(id, "transfer", withoutNulls(members), file)];
};

interface Applied {
  readonly item: Item;
  readonly changes: readonly Change[];
}

const discovered = (
  around: Surroundings,
  entry: Entry,
  result: HookResult,
  known: Known,
): Applied => {
  const id = fileId(around.instrument.id, entry.sourcePath);
  const said = verdict(around, result, entry.sourcePath, known);
  const payload: JsonObject = withoutNulls({
    instrument_id: around.instrument.id,
    persistent_id: arkOf(around.ark, known.source.uuid()),
    persistent_id_type: "ark",
    source_path: entry.sourcePath,
    filename: entry.filename,
    size_bytes: entry.sizeBytes,
    source_mtime: entry.modTime,
    metadata: {},
    ...said.members,
  });
  return {
    item: itemOf(fileOf(id, payload)),
    changes: [
      creation(id, "file", payload, around.instrument.id),
      ...leftOut(around, id, said, known),
    ],
  };
};

/** A restarted transfer loses the results of its verification. */
const UNBEGUN: JsonObject = {
  status: "pending",
  started_at: null,
  completed_at: null,
  bytes_transferred: null,
  source_checksum: null,
  dest_checksum: null,
  checksum_verified: null,
  error_message: null,
};

/**
 * A file that goes to the same destination again. An object is written once, so what an attempt has
 * left in our bucket is removed before the next. The new version of the transfer reveals a late
 * report of the old attempt.
 */
const renewed = ({ location }: Surroundings, file: FileRecord, known: Known): Applied => {
  const transfer = known.rows.get(transferId(file.id));
  if (!location.isOwn || !isBegun(transfer)) return { item: itemOf(file), changes: [] };
  return {
    item: { ...itemOf(file), isRestarted: true },
    changes: [{ kind: "update", identifier: transfer.identifier, payload: UNBEGUN }],
  };
};

/**
 * A known file that is still to be copied: as decided before, unless its destination changes now.
 */
const again = (
  around: Surroundings,
  file: FileRecord,
  result: HookResult,
  known: Known,
): Applied => {
  const stays = file.storageLocationId === around.location.id && !known.refused.has(file.id);
  if (stays) return renewed(around, file, known);
  const said = verdict(around, result, file.sourcePath, known);
  const payload = { ...CLEARED, ...said.members };
  const stored = known.rows.get(file.id);
  const merged = { ...(stored === undefined ? {} : payloadOf(stored)), ...payload };
  return {
    item: itemOf(fileOf(file.id, merged)),
    changes: [
      { kind: "update", identifier: file.id, payload },
      ...leftOut(around, file.id, said, known),
    ],
  };
};

const decideOne = (
  around: Surroundings,
  entry: Entry,
  result: HookResult,
  known: Known,
): Applied | undefined => {
  const id = fileId(around.instrument.id, entry.sourcePath);
  const row = known.rows.get(id);
  if (row === undefined) return discovered(around, entry, result, known);
  // A deleted file is not brought back by the next harvest.
  if (row.is_deleted === 1) return undefined;
  const file = fileOf(id, payloadOf(row));
  const transfer = known.rows.get(transferId(id));
  if (transfer === undefined || !isFinal(transfer)) return again(around, file, result, known);
  // A file that this run skipped is reported again, in case the first response was lost.
  const isRepeated =
    file.decision === "skip" && payloadOf(transfer)["harvest_run_id"] === around.runId;
  return isRepeated ? { item: itemOf(file), changes: [] } : undefined;
};

/** First segments that are used for the first time. */
const claimed = (
  { location }: Surroundings,
  applied: readonly Applied[],
  { prefixes }: Known,
): readonly string[] => {
  if (!location.isOwn) return [];
  const stored = applied.flatMap(({ item }) =>
    item.decision === "skip" ? [] : (harvestPrefix(item.destination_path ?? "") ?? []),
  );
  return [...new Set(stored)].filter((prefix) => prefixes.get(prefix)?.harvest !== true);
};

const requireInstrument = (known: Known, { instrument }: Surroundings): void => {
  if (liveOf(known.rows.get(instrument.id), "instrument") === undefined) {
    throw new AppError("conflict", "The instrument is gone");
  }
};

/**
 * Records what a worker found. Returns an item for each file that is new or still to be copied; a
 * known, finished file is left out.
 *
 * @param resultOf the result of the hooks before the transfer of an entry.
 */
export function discover(
  around: Surroundings,
  entries: readonly Entry[],
  resultOf: (entry: Entry) => HookResult,
): Decision {
  const ids = entries.map(({ sourcePath }) => fileId(around.instrument.id, sourcePath));
  const prefixes = around.location.isOwn
    ? entries.flatMap(
        (entry) => harvestPrefix(destination(around, resultOf(entry), entry.sourcePath)) ?? [],
      )
    : [];
  return {
    actions: ["harvest"],
    elevated: true,
    subject: () => ({
      payloadType: "file",
      identifiers: [around.runId, around.instrument.id, ...ids, ...ids.map(transferId)],
      parents: [around.instrument.id, ...ids],
      condition: null,
      sequences: [],
      prefixes,
    }),
    decide: (known): Decided => {
      const { principal: caller, rows, source } = known;
      const run: Run = requireRun(rows.get(around.runId), caller, source.now);
      requireInstrument(known, around);
      const applied = entries.flatMap((entry) => {
        const one = decideOne(around, entry, resultOf(entry), known);
        return one === undefined ? [] : [one];
      });
      const changes = applied.flatMap((each) => each.changes);
      return {
        changes: [...changes, heartbeat(run, caller, source.now)],
        claims: { harvest: claimed(around, applied, known) },
        shows: applied.flatMap(({ item }) => (known.rows.has(item.file_id) ? [item.file_id] : [])),
        answer: applied.map(({ item }) => ({ ...item })),
      };
    },
  };
}
