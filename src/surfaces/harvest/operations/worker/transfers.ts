/** Handles the reports about files, and stores them. */
import { payloadOf } from "../../../../model/resource.ts";
import { inTurns } from "../../../../model/in-turns.ts";
import { foldEmail } from "../../../../identity/email.ts";
import { LIMITS } from "../../../../model/limits.ts";
import type { Json } from "../../../../model/json.ts";
import { isKey } from "../../../../model/object-key.ts";
import { renderCopy, type Copy } from "../copy.ts";
import { hooksFor, runAfter, textIn, type HookResult, type WantedGrant } from "../hook.ts";
import { transferId } from "../names.ts";
import { isFinal, type FileRecord } from "../records.ts";
import {
  recordReports,
  reportedFile,
  type Aftermath,
  type Report,
  type SeenCopy,
} from "../report.ts";
import type { ElevatedRead } from "../../../../store/index.ts";
import { decide, type HarvestContext } from "../context.ts";
import type { TransferBody } from "../../wire/worker.ts";
import { requireAtMost } from "./discovered.ts";
import {
  contextOf,
  hookRunner,
  isOurBucket,
  noteWebhooks,
  objectKey,
  readFor,
  readClaimed,
  type Setting,
} from "./setting.ts";

const AT_ONCE = 20;

const reportOf = (body: TransferBody): Report => ({
  fileId: body.file_id,
  status: body.status,
  bytesTransferred: body.bytes_transferred ?? null,
  sourceChecksum: body.source_checksum ?? null,
  destChecksum: body.dest_checksum ?? null,
  errorMessage: body.error_message ?? null,
});

/** A `completed` report about a file that is not finished yet. */
interface Completion {
  readonly report: Report;
  readonly file: FileRecord;
}

/**
 * Checks that every report is about a file of the run before anything is read, or sent to others,
 * for one.
 */
const completionsOf = ({ rows, run }: Setting, reports: readonly Report[]): readonly Completion[] =>
  reports
    .map((report) => ({ report, file: reportedFile(rows, report.fileId, run.instrumentId) }))
    .filter(
      ({ report }) =>
        report.status === "completed" && !isFinal(rows.get(transferId(report.fileId))),
    );

/** What the server finds at a destination in its bucket. */
const copyOf = async (
  context: HarvestContext,
  { report, file }: Completion,
  isRead: (sizeBytes: number) => boolean,
): Promise<Copy> => {
  const key = objectKey(file.destinationPath);
  const expected = report.bytesTransferred ?? file.sizeBytes ?? 0;
  const found = isKey(key) ? await context.objects.read(key, { expected, isRead }) : undefined;
  if (found === undefined) return { kind: "absent" };
  const { sizeBytes, xxhash, sha256 } = found;
  if (sizeBytes !== (report.bytesTransferred ?? sizeBytes)) return { kind: "cut", sizeBytes };
  return xxhash === null || sha256 === null
    ? { kind: "unread", sizeBytes }
    : { kind: "read", key, sizeBytes, xxhash, sha256 };
};

/** The copies of completed transfers whose destination is our bucket. */
const seenCopies = async (
  context: HarvestContext,
  { location, rows }: Setting,
  completions: readonly Completion[],
): Promise<ReadonlyMap<string, SeenCopy>> => {
  if (location === undefined || !isOurBucket(context, location)) return new Map();
  let left: number = LIMITS.harvestCheckedBytesMax;
  const isRead = (sizeBytes: number): boolean => {
    if (sizeBytes > left) return false;
    left -= sizeBytes;
    return true;
  };
  const seen = await inTurns(completions, AT_ONCE, async (completion) => {
    const { fileId } = completion.report;
    const version = rows.get(transferId(fileId))?.version ?? null;
    return [fileId, { copy: await copyOf(context, completion, isRead), version }] as const;
  });
  return new Map(seen);
};

const NAMELESS: Pick<ElevatedRead, "users" | "named"> = { users: new Map(), named: [] };

/** Resolves the names that hooks returned. */
const resolve = (context: HarvestContext, wanted: readonly WantedGrant[]) => {
  const named = wanted.filter(({ by }) => by === "name");
  if (named.length === 0) return NAMELESS;
  const of = (isUser: boolean) =>
    named
      .filter(({ granteeType }) => (granteeType === "user") === isUser)
      .map(({ value }) => value);
  const people = { emails: [...new Set(of(true).map(foldEmail))], names: [...new Set(of(false))] };
  return readFor(context, { identifiers: [], people });
};

const granteeOf = (
  { granteeType, by, value }: WantedGrant,
  { users, named }: Pick<ElevatedRead, "users" | "named">,
): string | undefined => {
  if (by === "id") return value;
  if (granteeType === "user") return users.get(foldEmail(value));
  return named.find((row) => row.payload_type === granteeType && payloadOf(row)["name"] === value)
    ?.identifier;
};

/** True for a copy that is as reported, as far as the server has read it. */
const isGood = (seen: SeenCopy | undefined, { sourceChecksum }: Report): boolean =>
  seen === undefined || renderCopy(seen.copy, sourceChecksum).transfer["status"] !== "failed";

/** XXH64 of a copy; for one in our bucket as the server has read it. */
const checksumOf = (seen: SeenCopy | undefined, { destChecksum }: Report): string | null => {
  if (seen === undefined) return destChecksum;
  return seen.copy.kind === "read" ? seen.copy.xxhash : null;
};

const aftermathsOf = async (
  context: HarvestContext,
  setting: Setting,
  completions: readonly Completion[],
  copies: ReadonlyMap<string, SeenCopy>,
): Promise<ReadonlyMap<string, Aftermath>> => {
  const { run, instrument } = setting;
  const hooks = hooksFor(setting.hooks, "post_transfer", run.instrumentId);
  if (hooks.length === 0 || completions.length === 0) return new Map();
  const about = instrument === undefined ? {} : payloadOf(instrument);
  const named = { id: run.instrumentId, name: textIn(about["name"]) ?? "" };
  const ids = completions.map(({ file }) => file.id);
  await noteWebhooks(context, hooks, ids);
  const runHook = hookRunner(context, setting);
  const results = await inTurns(completions, AT_ONCE, async ({ file, report }) => {
    const destination = file.destinationPath ?? "";
    const checksum = checksumOf(copies.get(file.id), report);
    const subject = contextOf(file, named, destination, checksum);
    return [file.id, await runAfter(hooks, subject, runHook)] as const;
  });
  const people = await resolve(
    context,
    results.flatMap(([, { grants }]) => grants),
  );
  const aftermath = ({ metadata, grants }: HookResult): Aftermath => ({
    metadata,
    grants: grants.flatMap((wanted) => {
      const granteeId = granteeOf(wanted, people);
      return granteeId === undefined ? [] : [{ granteeType: wanted.granteeType, granteeId }];
    }),
  });
  return new Map(results.map(([id, result]) => [id, aftermath(result)]));
};

/** Records reports about files; returns what is known about each. */
export async function transferred(
  context: HarvestContext,
  runId: string,
  bodies: readonly TransferBody[],
): Promise<Json> {
  requireAtMost(bodies, LIMITS.harvestReportMax, "items");
  // The last report about a file counts.
  const reports = [...new Map(bodies.map((body) => [body.file_id, reportOf(body)])).values()];
  const ids = reports.map(({ fileId }) => fileId);
  const setting = await readClaimed(context, runId, [...ids, ...ids.map(transferId)]);
  const completions = completionsOf(setting, reports);
  const copies = await seenCopies(context, setting, completions);
  const good = completions.filter(({ file, report }) => isGood(copies.get(file.id), report));
  const aftermaths = await aftermathsOf(context, setting, good, copies);
  const about = setting.instrument === undefined ? {} : payloadOf(setting.instrument);
  const reporting = {
    runId,
    instrumentId: setting.run.instrumentId,
    locationId: setting.run.storageLocationId,
    transferAdapter: textIn(about["transfer_adapter"]) ?? "rclone",
    copies,
  };
  const decision = recordReports(reporting, reports, aftermaths);
  const { answer = "[]" } = await decide(context, "transfer", decision);
  return JSON.parse(answer) as Json;
}
