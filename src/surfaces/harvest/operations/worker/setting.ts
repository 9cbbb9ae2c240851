/** The context of a worker's run: its instrument, schedule, location and hooks. */
import { payloadOf } from "../../../../model/resource.ts";
import type { HarvestContext } from "../context.ts";
import { decryptSecret } from "../../../../identity/encryption.ts";
import type { JsonObject } from "../../../../model/json.ts";
import { runBuiltin } from "../builtin-hooks.ts";
import { isOwnBucket } from "../bucket.ts";
import { requireClaim } from "../claims.ts";
import { keyOf } from "../../language/destination.ts";
import { type Hook, type HookContext, type RunHook } from "../hook.ts";
import { hookOf, liveOf, runOf, type FileRecord, type Run } from "../records.ts";
import { notFound } from "../runs.ts";
import { callWebhook } from "../webhook.ts";
import type { ElevatedRead, ElevatedRequest, KeptSecret, Row } from "../../../../store/index.ts";
import { placeOf } from "../admin-resources/decisions.ts";

const PURPOSE = { action: "harvest", payloadType: "file" } as const;

/** Reads for a worker. */
export function readFor(context: HarvestContext, wanted: ElevatedRequest): Promise<ElevatedRead> {
  return context.store.elevated(context.principal, PURPOSE, wanted);
}

/** A run with its resources; deleted ones are undefined. */
export interface Setting {
  readonly run: Run;
  readonly instrument: Row | undefined;
  readonly schedule: Row | undefined;
  readonly location: Row | undefined;
  readonly hooks: readonly Hook[];
  readonly hookRows: readonly Row[];
  readonly secrets: readonly KeptSecret[];
  /** Further resources that were requested. */
  readonly rows: ElevatedRead["rows"];
}

/** Reads a run with its resources. @throws {AppError} `not_found`. */
export async function readSetting(
  context: HarvestContext,
  runId: string,
  more: readonly string[] = [],
): Promise<Setting> {
  const { rows, ofTypes, secrets } = await readFor(context, {
    identifiers: [runId, ...more],
    links: ["instrument_id", "schedule_id", "storage_location_id"],
    types: ["hook"],
    secrets: true,
  });
  const row = liveOf(rows.get(runId), "harvest_run");
  if (row === undefined) throw notFound("Run");
  const run = runOf(row);
  return {
    run,
    instrument: liveOf(rows.get(run.instrumentId), "instrument"),
    schedule: liveOf(rows.get(run.scheduleId), "harvest_schedule"),
    location: liveOf(rows.get(run.storageLocationId), "storage_location"),
    hooks: ofTypes.map(hookOf),
    hookRows: ofTypes,
    secrets,
    rows,
  };
}

/**
 * Reads the run of a report before webhooks are called or the bucket is read for it; the write
 * checks again whose it is.
 *
 * @throws {AppError} `not_found`, and `conflict` for a run that is not the caller's.
 */
export async function readClaimed(
  context: HarvestContext,
  runId: string,
  more: readonly string[] = [],
): Promise<Setting> {
  const setting = await readSetting(context, runId, more);
  requireClaim(setting.run, context.principal, context.now());
  return setting;
}

const secretOf = (context: HarvestContext, secrets: readonly KeptSecret[], id: string) => {
  const kept = secrets.find(({ resource, name }) => resource === id && name === "secret");
  if (kept === undefined) return null;
  const { encryptionKeys } = context.config;
  return decryptSecret(encryptionKeys, placeOf(id, kept.name), kept.ciphertext);
};

/** A file as webhooks get it. */
const describedFile = (context: HookContext): JsonObject => ({
  id: context.fileId,
  source_path: context.sourcePath,
  filename: context.filename,
  size_bytes: context.sizeBytes,
  metadata: context.metadata,
  xxhash: context.checksum,
});

const describedTransfer = (context: HookContext): JsonObject => ({
  status: "completed",
  destination_path: context.destinationPath,
  dest_checksum: context.checksum,
});

/** How the hooks of a run are run. */
export function hookRunner(context: HarvestContext, { secrets }: Setting): RunHook {
  const { allowPrivateWebhooks } = context.config;
  return (hook, subject) => {
    if (hook.implementation === "builtin") {
      return runBuiltin(hook.builtinName, hook.config, subject);
    }
    if (hook.implementation === "python_script") throw new Error("Scripts are not supported.");
    return callWebhook({
      url: hook.webhookUrl ?? "",
      secret: secretOf(context, secrets, hook.id),
      allowPrivate: allowPrivateWebhooks,
      fetch: (input, init) => fetch(input, init),
      body: {
        event: hook.trigger,
        hook_id: hook.id,
        file: describedFile(subject),
        ...(hook.trigger === "post_transfer" ? { transfer: describedTransfer(subject) } : {}),
        instrument_id: subject.instrumentId,
      },
    });
  };
}

/**
 * Records which files the webhooks among the hooks are about to be sent: a disclosure is recorded
 * before it happens.
 */
export async function noteWebhooks(
  context: HarvestContext,
  hooks: readonly Hook[],
  files: readonly string[],
): Promise<void> {
  if (!hooks.some(({ implementation }) => implementation === "http_webhook")) return;
  await context.store.noteDelivered(context.principal, files);
}

/** The description of a file for a hook. */
export function contextOf(
  file: Pick<FileRecord, "id" | "sourcePath" | "filename" | "sizeBytes" | "metadata">,
  instrument: { readonly id: string; readonly name: string },
  destinationPath: string,
  checksum: string | null,
): HookContext {
  return {
    fileId: file.id,
    sourcePath: file.sourcePath,
    filename: file.filename,
    sizeBytes: file.sizeBytes,
    instrumentId: instrument.id,
    instrumentName: instrument.name,
    destinationPath,
    metadata: file.metadata,
    checksum,
  };
}

/** True for a location in the very bucket that this server signs URLs for. */
export function isOurBucket(context: HarvestContext, location: Row): boolean {
  return isOwnBucket(payloadOf(location), context.objects.access);
}

/** The key of a file in our bucket. */
export function objectKey(destination: string | null): string {
  return keyOf(destination ?? "");
}
