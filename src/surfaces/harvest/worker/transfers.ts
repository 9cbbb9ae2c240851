/** What became of files, on its way into the store. */
import type { Context } from "hono";
import type { AppEnv } from "../../../http/env.ts";
import { foldEmail } from "../../../identity/email.ts";
import { LIMITS } from "../../../model/limits.ts";
import type { Json } from "../../../model/json.ts";
import {
  hooksFor,
  runAfter,
  textIn,
  type HookResult,
  type WantedGrant,
} from "../../../harvest/hook.ts";
import { transferId } from "../../../harvest/names.ts";
import { fileOf, isFinal, liveOf, payloadOf, type FileRecord } from "../../../harvest/records.ts";
import { recordReports, type Aftermath, type Report } from "../../../harvest/report.ts";
import type { EntrustedRead } from "../../../store/read/entrusted.ts";
import { decide } from "../write.ts";
import type { TransferBody } from "../wire/worker.ts";
import { requireAtMost } from "./discovered.ts";
import {
  contextOf,
  hookRunner,
  inTurns,
  isOurBucket,
  objectKey,
  readFor,
  readSetting,
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

/** A completed report about a file that is not done yet. */
interface Completion {
  readonly report: Report;
  readonly file: FileRecord;
}

const completionsOf = ({ rows }: Setting, reports: readonly Report[]): readonly Completion[] =>
  reports.flatMap((report) => {
    const row = liveOf(rows.get(report.fileId), "file");
    if (row === undefined || report.status !== "completed") return [];
    if (isFinal(rows.get(transferId(report.fileId)))) return [];
    return [{ report, file: fileOf(report.fileId, payloadOf(row)) }];
  });

/** What is said to be in our bucket has to be there, as long as it is said to be. */
const arrived = async (
  c: Context<AppEnv>,
  { location }: Setting,
  { report, file }: Completion,
): Promise<boolean> => {
  if (location === undefined || !isOurBucket(c, location)) return true;
  const found = await c.get("services").objects.serve(objectKey(file.destinationPath));
  return found !== undefined && found.sizeBytes === (report.bytesTransferred ?? found.sizeBytes);
};

const ABSENT = "The file did not arrive at its destination";

const NAMELESS: Pick<EntrustedRead, "users" | "named"> = { users: new Map(), named: [] };

/** Who is meant by the names that hooks gave. */
const resolve = (c: Context<AppEnv>, wanted: readonly WantedGrant[]) => {
  const named = wanted.filter(({ by }) => by === "name");
  if (named.length === 0) return NAMELESS;
  const of = (isUser: boolean) =>
    named
      .filter(({ granteeType }) => (granteeType === "user") === isUser)
      .map(({ value }) => value);
  const people = { emails: [...new Set(of(true).map(foldEmail))], names: [...new Set(of(false))] };
  return readFor(c, { identifiers: [], people });
};

const granteeOf = (
  { granteeType, by, value }: WantedGrant,
  { users, named }: Pick<EntrustedRead, "users" | "named">,
): string | undefined => {
  if (by === "id") return value;
  if (granteeType === "user") return users.get(foldEmail(value));
  return named.find((row) => row.payload_type === granteeType && payloadOf(row)["name"] === value)
    ?.identifier;
};

const aftermathsOf = async (
  c: Context<AppEnv>,
  setting: Setting,
  completions: readonly Completion[],
): Promise<ReadonlyMap<string, Aftermath>> => {
  const { run, instrument } = setting;
  const hooks = hooksFor(setting.hooks, "post_transfer", run.instrumentId);
  if (hooks.length === 0 || completions.length === 0) return new Map();
  const about = instrument === undefined ? {} : payloadOf(instrument);
  const named = { id: run.instrumentId, name: textIn(about["name"]) ?? "" };
  const runHook = hookRunner(c, setting);
  const results = await inTurns(completions, AT_ONCE, async ({ file, report }) => {
    const destination = file.destinationPath ?? "";
    const context = contextOf(file, named, destination, report.destChecksum);
    return [file.id, await runAfter(hooks, context, runHook)] as const;
  });
  const people = await resolve(
    c,
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

/** Records what became of files; answers what is known of each. */
export const transferred = async (
  c: Context<AppEnv>,
  runId: string,
  bodies: readonly TransferBody[],
): Promise<Json> => {
  requireAtMost(bodies, LIMITS.harvestReportMax, "items");
  // The last word about a file counts.
  const reports = [...new Map(bodies.map((body) => [body.file_id, reportOf(body)])).values()];
  const ids = reports.map(({ fileId }) => fileId);
  const setting = await readSetting(c, runId, [...ids, ...ids.map(transferId)]);
  const completions = completionsOf(setting, reports);
  const checked = await inTurns(completions, AT_ONCE, async (completion) => ({
    completion,
    isThere: await arrived(c, setting, completion),
  }));
  const absent = new Set(
    checked.flatMap(({ completion, isThere }) => (isThere ? [] : [completion.report.fileId])),
  );
  const there = completions.filter(({ file }) => !absent.has(file.id));
  const aftermaths = await aftermathsOf(c, setting, there);
  const about = setting.instrument === undefined ? {} : payloadOf(setting.instrument);
  const reporting = {
    runId,
    instrumentId: setting.run.instrumentId,
    locationId: setting.run.storageLocationId,
    transferAdapter: textIn(about["transfer_adapter"]) ?? "rclone",
  };
  const told = reports.map((report) =>
    absent.has(report.fileId)
      ? { ...report, status: "failed" as const, errorMessage: ABSENT }
      : report,
  );
  const { answer = "[]" } = await decide(c, "transfer", recordReports(reporting, told, aftermaths));
  return JSON.parse(answer) as Json;
};
