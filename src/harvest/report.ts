/** Reports: what became of the files that a worker copied. */
import type { Json, JsonObject } from "../model/json.ts";
import { formatInstant } from "../model/time.ts";
import type { Change, Grant } from "../model/transaction.ts";
import { grantIdentifier } from "../store/write/grant-identifier.ts";
import type { Decision, Known } from "../store/write/decision.ts";
import { transferId } from "./names.ts";
import { fileOf, isFinal, liveOf, payloadOf, withoutNulls, type FileRecord } from "./records.ts";
import { creation, heartbeat, notFound, requireRun } from "./runs.ts";

/** What a worker says about one file. */
export interface Report {
  readonly fileId: string;
  readonly status: "in_progress" | "completed" | "failed";
  readonly bytesTransferred: number | null;
  readonly sourceChecksum: string | null;
  readonly destChecksum: string | null;
  readonly errorMessage: string | null;
}

/** What the hooks after a transfer say about a file. */
export interface Aftermath {
  readonly metadata: JsonObject;
  readonly grants: readonly Pick<Grant, "granteeType" | "granteeId">[];
}

/** What reports of a run have in common. */
export interface Reporting {
  readonly runId: string;
  readonly instrumentId: string;
  readonly locationId: string;
  readonly transferAdapter: string;
}

const verified = ({ sourceChecksum, destChecksum }: Report): boolean | null =>
  sourceChecksum === null || destChecksum === null ? null : sourceChecksum === destChecksum;

/** What a report changes in the record of the transfer. */
const progress = (report: Report, startedAt: Json | undefined, at: string): JsonObject => {
  const begun: JsonObject = { status: report.status, started_at: startedAt ?? at };
  if (report.status === "in_progress") return begun;
  return {
    ...begun,
    completed_at: at,
    bytes_transferred: report.bytesTransferred,
    source_checksum: report.sourceChecksum,
    dest_checksum: report.destChecksum,
    checksum_verified: report.status === "completed" ? verified(report) : null,
    error_message: report.errorMessage,
  };
};

const fileIn = (known: Known, id: string, instrumentId: string): FileRecord => {
  const row = liveOf(known.rows.get(id), "file");
  const file = row === undefined ? undefined : fileOf(id, payloadOf(row));
  if (file === undefined || file.instrumentId !== instrumentId) throw notFound("File");
  return file;
};

const transferred = (
  reporting: Reporting,
  file: FileRecord,
  report: Report,
  known: Known,
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
  };
  if (row === undefined) return creation(id, "transfer", withoutNulls(members), file.id);
  return { kind: "update", identifier: id, isDeleted: false, payload: members };
};

const grantsOf = (file: string, aftermath: Aftermath | undefined): readonly Grant[] => {
  const grants = (aftermath?.grants ?? []).map((each) => ({ ...each, identifier: file }));
  return [...new Map(grants.map((each) => [grantIdentifier(each), each])).values()];
};

const completed = (
  file: FileRecord,
  report: Report,
  aftermath: Aftermath | undefined,
): readonly Change[] => {
  const grants = grantsOf(file.id, aftermath).map((grant): Change => ({ kind: "grant", grant }));
  const payload: JsonObject = {
    ...(report.destChecksum === null ? {} : { xxhash: report.destChecksum }),
    ...(aftermath === undefined ? {} : { metadata: { ...file.metadata, ...aftermath.metadata } }),
  };
  return [{ kind: "update", identifier: file.id, payload }, ...grants];
};

/** The transfer as it will be, or is. */
const answerOf = (report: Report, known: Known): Json => {
  const row = known.rows.get(transferId(report.fileId));
  const status = isFinal(row) && row !== undefined ? payloadOf(row)["status"] : report.status;
  return { file_id: report.fileId, transfer_id: transferId(report.fileId), status: status ?? null };
};

/**
 * Records what became of files. A file that is done stays as it is. Answers each file's status.
 *
 * @param aftermaths what hooks say about completed files, by file.
 */
export const recordReports = (
  reporting: Reporting,
  reports: readonly Report[],
  aftermaths: ReadonlyMap<string, Aftermath>,
): Decision => {
  const ids = reports.map(({ fileId }) => fileId);
  const grants = ids.flatMap((id) => grantsOf(id, aftermaths.get(id)).map(grantIdentifier));
  return {
    actions: ["harvest"],
    entrusted: true,
    subject: () => ({
      payloadType: "file",
      identifiers: [reporting.runId, ...ids, ...ids.map(transferId), ...grants],
      parents: ids,
      condition: null,
      sequences: [],
    }),
    decide: (known) => {
      const run = requireRun(known.rows.get(reporting.runId));
      const changes = reports.flatMap((report): readonly Change[] => {
        const file = fileIn(known, report.fileId, reporting.instrumentId);
        if (isFinal(known.rows.get(transferId(file.id)))) return [];
        const change = transferred(reporting, file, report, known);
        return report.status === "completed"
          ? [change, ...completed(file, report, aftermaths.get(file.id))]
          : [change];
      });
      return {
        changes: [...changes, ...heartbeat(run, known.source.now)],
        answer: reports.map((report) => answerOf(report, known)),
      };
    },
  };
};
