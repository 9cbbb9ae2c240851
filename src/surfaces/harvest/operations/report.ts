/** Reports: the results for the files that a worker copied. */
import { payloadOf } from "../../../model/resource.ts";
import type { Json, JsonObject } from "../../../model/json.ts";
import { formatInstant } from "../../../model/time.ts";
import type { Change, Grant } from "../../../model/transaction.ts";
import { type Decision, grantIdentifier, type Known } from "../../../store/index.ts";
import { heartbeat, requireRun } from "./claims.ts";
import { renderCopy, TAKEN_COPY, type Copy, type RenderedCopy } from "./copy.ts";
import { transferId } from "./names.ts";
import { fileOf, isFinal, liveOf, withoutNulls, type FileRecord, type Stored } from "./records.ts";
import { creation, notFound } from "./runs.ts";

/** A worker's report about one file. */
export interface Report {
  readonly fileId: string;
  readonly status: "in_progress" | "completed" | "failed";
  readonly bytesTransferred: number | null;
  readonly sourceChecksum: string | null;
  readonly destChecksum: string | null;
  readonly errorMessage: string | null;
}

/** The result of the hooks after the transfer of a file. */
export interface Aftermath {
  readonly metadata: JsonObject;
  readonly grants: readonly Pick<Grant, "granteeType" | "granteeId">[];
}

/** A copy in our bucket as the server found it, and the version of the transfer at that time. */
export interface SeenCopy {
  readonly copy: Copy;
  /** Null: there was no transfer yet. */
  readonly version: number | null;
}

/** What the reports of a run have in common. */
export interface Reporting {
  readonly runId: string;
  readonly instrumentId: string;
  readonly locationId: string;
  readonly transferAdapter: string;
  /** What the server found of completed copies in its bucket, by file; none of copies elsewhere. */
  readonly copies: ReadonlyMap<string, SeenCopy>;
}

const claimed = ({ sourceChecksum, destChecksum }: Report): boolean | null =>
  sourceChecksum === null || destChecksum === null ? null : sourceChecksum === destChecksum;

/** What a report changes in the record of the transfer. */
const progress = (report: Report, startedAt: Json | undefined, at: string): JsonObject => {
  const started: JsonObject = { status: report.status, started_at: startedAt ?? at };
  if (report.status === "in_progress") return started;
  return {
    ...started,
    completed_at: at,
    bytes_transferred: report.bytesTransferred,
    source_checksum: report.sourceChecksum,
    dest_checksum: report.destChecksum,
    checksum_verified: report.status === "completed" ? claimed(report) : null,
    error_message: report.errorMessage,
  };
};

/**
 * The file of a report: it must belong to the run's instrument.
 * @throws AppError `not_found`.
 */
export function reportedFile(
  rows: ReadonlyMap<string, Stored>,
  id: string,
  instrumentId: string,
): FileRecord {
  const row = liveOf(rows.get(id), "file");
  const file = row === undefined ? undefined : fileOf(id, payloadOf(row));
  if (file === undefined || file.instrumentId !== instrumentId) throw notFound("File");
  return file;
}

const transferred = (
  reporting: Reporting,
  file: FileRecord,
  report: Report,
  known: Known,
  seen: JsonObject,
): Change => {
  const id = transferId(file.id);
  const row = known.rows.get(id);
  const at = formatInstant(known.source.now);
  const before = row === undefined || row.is_deleted === 1 ? {} : payloadOf(row);
  const members: JsonObject = {
    file_id: file.id,
    storage_location_id: file.storageLocationId ?? reporting.locationId,
    destination_path: file.destinationPath,
    transfer_adapter: reporting.transferAdapter,
    harvest_run_id: reporting.runId,
    ...progress(report, before["started_at"], at),
    ...seen,
  };
  if (row === undefined) return creation(id, "transfer", withoutNulls(members), file.id);
  return { kind: "update", identifier: id, isDeleted: false, payload: members };
};

const grantsOf = (file: string, aftermath: Aftermath | undefined): readonly Grant[] => {
  const grants = (aftermath?.grants ?? []).map((each) => ({ ...each, identifier: file }));
  return [...new Map(grants.map((each) => [grantIdentifier(each), each])).values()];
};

/** The effect of a report, whether the server has read the copy or not. */
const renderReport = (
  report: Report,
  seen: SeenCopy | undefined,
  isTaken: boolean,
): RenderedCopy => {
  if (report.status !== "completed") return { transfer: {}, file: {} };
  if (seen !== undefined)
    return isTaken ? TAKEN_COPY : renderCopy(seen.copy, report.sourceChecksum);
  const { destChecksum } = report;
  return { transfer: {}, file: destChecksum === null ? {} : { xxhash: destChecksum } };
};

const completed = (
  file: FileRecord,
  about: JsonObject,
  aftermath: Aftermath | undefined,
): readonly Change[] => {
  const grants = grantsOf(file.id, aftermath).map((grant): Change => ({ kind: "grant", grant }));
  const payload: JsonObject = {
    ...about,
    ...(aftermath === undefined ? {} : { metadata: { ...file.metadata, ...aftermath.metadata } }),
  };
  return [{ kind: "update", identifier: file.id, payload }, ...grants];
};

/** What one report changes, and the status of its transfer after it. */
interface Reported {
  readonly changes: readonly Change[];
  readonly status: Json;
}

const reported = (
  reporting: Reporting,
  report: Report,
  aftermath: Aftermath | undefined,
  known: Known,
): Reported => {
  const file = reportedFile(known.rows, report.fileId, reporting.instrumentId);
  const row = liveOf(known.rows.get(transferId(file.id)), "transfer");
  const unchanged = {
    changes: [],
    status: row === undefined ? "pending" : (payloadOf(row)["status"] ?? "pending"),
  };
  if (isFinal(row)) return unchanged;
  const seen = reporting.copies.get(file.id);
  // The transfer was restarted after its copy was read: the report is outdated.
  if (seen !== undefined && (row?.version ?? null) !== seen.version) return unchanged;
  const rendered = renderReport(report, seen, known.refused.has(file.id));
  const change = transferred(reporting, file, report, known, rendered.transfer);
  const status = rendered.transfer["status"] ?? report.status;
  if (status !== "completed") return { changes: [change], status };
  return { changes: [change, ...completed(file, rendered.file, aftermath)], status };
};

/**
 * Records reports about files. A finished file is not changed. Returns each file's status.
 *
 * @param aftermaths the results of hooks for completed files, by file.
 */
export function recordReports(
  reporting: Reporting,
  reports: readonly Report[],
  aftermaths: ReadonlyMap<string, Aftermath>,
): Decision {
  const ids = reports.map(({ fileId }) => fileId);
  const grants = ids.flatMap((id) => grantsOf(id, aftermaths.get(id)).map(grantIdentifier));
  return {
    actions: ["harvest"],
    elevated: true,
    subject: () => ({
      payloadType: "file",
      identifiers: [reporting.runId, ...ids, ...ids.map(transferId), ...grants],
      parents: ids,
      condition: null,
      sequences: [],
    }),
    decide: (known) => {
      const { now } = known.source;
      const run = requireRun(known.rows.get(reporting.runId), known.principal, now);
      const outcomes = reports.map((report) => ({
        id: report.fileId,
        ...reported(reporting, report, aftermaths.get(report.fileId), known),
      }));
      const unread = outcomes.filter(
        ({ id, changes }) => changes.length > 0 && reporting.copies.get(id)?.copy.kind === "unread",
      );
      return {
        changes: [
          ...outcomes.flatMap(({ changes }) => changes),
          heartbeat(run, known.principal, now),
        ],
        checks: unread.map(({ id }) => id),
        shows: outcomes.flatMap(({ id, changes }) =>
          changes.length === 0 ? [transferId(id)] : [],
        ),
        answer: outcomes.map(({ id, status }) => ({
          file_id: id,
          transfer_id: transferId(id),
          status,
        })),
      };
    },
  };
}
