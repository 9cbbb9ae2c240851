/** What a run of a worker stands in: its instrument, schedule, location and hooks. */
import type { Context } from "hono";
import type { AppEnv } from "../../../http/env.ts";
import { decryptSecret } from "../../../identity/encryption.ts";
import type { JsonObject } from "../../../model/json.ts";
import { runBuiltin } from "../../../harvest/builtin-hooks.ts";
import { isOwnBucket } from "../../../harvest/bucket.ts";
import { requireClaim } from "../../../harvest/claims.ts";
import { keyOf } from "../../../harvest/destination.ts";
import { type Hook, type HookContext, type RunHook } from "../../../harvest/hook.ts";
import {
  hookOf,
  liveOf,
  payloadOf,
  runOf,
  type FileRecord,
  type Run,
} from "../../../harvest/records.ts";
import { notFound } from "../../../harvest/runs.ts";
import { callWebhook } from "../../../harvest/webhook.ts";
import type { EntrustedRead, KeptSecret } from "../../../store/read/entrusted.ts";
import type { Row } from "../../../store/row.ts";
import { placeOf } from "../managed/decisions.ts";

const ERRAND = { action: "harvest", payloadType: "file" } as const;

/** Reads for a worker. */
export const readFor = (
  c: Context<AppEnv>,
  wanted: Parameters<AppEnv["Variables"]["store"]["entrusted"]>[2],
): Promise<EntrustedRead> => c.get("store").entrusted(c.get("principal"), ERRAND, wanted);

/** A run and all that it is about. Resources that are gone are undefined. */
export interface Setting {
  readonly run: Run;
  readonly instrument: Row | undefined;
  readonly schedule: Row | undefined;
  readonly location: Row | undefined;
  readonly hooks: readonly Hook[];
  readonly hookRows: readonly Row[];
  readonly secrets: readonly KeptSecret[];
  /** Further resources that were asked for. */
  readonly rows: EntrustedRead["rows"];
}

/** Reads a run with all that it is about. @throws {AppError} `not_found`. */
export const readSetting = async (
  c: Context<AppEnv>,
  runId: string,
  more: readonly string[] = [],
): Promise<Setting> => {
  const { rows, ofTypes, secrets } = await readFor(c, {
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
};

/**
 * Reads a run to report on, before anything is asked or looked at for the report: the write checks
 * again whose it is.
 *
 * @throws {AppError} `not_found`, and `conflict` for a run that is not the caller's.
 */
export const readClaimed = async (
  c: Context<AppEnv>,
  runId: string,
  more: readonly string[] = [],
): Promise<Setting> => {
  const setting = await readSetting(c, runId, more);
  requireClaim(setting.run, c.get("principal"), c.get("services").now());
  return setting;
};

const secretOf = (c: Context<AppEnv>, secrets: readonly KeptSecret[], id: string) => {
  const kept = secrets.find(({ resource, name }) => resource === id && name === "secret");
  if (kept === undefined) return null;
  const { encryptionKeys } = c.get("services").config;
  return decryptSecret(encryptionKeys, placeOf(id, kept.name), kept.ciphertext);
};

/** A file as webhooks are told of it. */
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
export const hookRunner = (c: Context<AppEnv>, { secrets }: Setting): RunHook => {
  const { allowPrivateWebhooks } = c.get("services").config;
  return (hook, context) => {
    if (hook.implementation === "builtin") {
      return runBuiltin(hook.builtinName, hook.config, context);
    }
    if (hook.implementation === "python_script") throw new Error("Scripts are not supported.");
    return callWebhook({
      url: hook.webhookUrl ?? "",
      secret: secretOf(c, secrets, hook.id),
      allowPrivate: allowPrivateWebhooks,
      fetch: (input, init) => fetch(input, init),
      body: {
        event: hook.trigger,
        hook_id: hook.id,
        file: describedFile(context),
        ...(hook.trigger === "post_transfer" ? { transfer: describedTransfer(context) } : {}),
        instrument_id: context.instrumentId,
      },
    });
  };
};

/**
 * Records which files the webhooks among hooks are about to be told of: what leaves for another server is
 * on record before it does.
 */
export const noteWebhooks = async (
  c: Context<AppEnv>,
  hooks: readonly Hook[],
  files: readonly string[],
): Promise<void> => {
  if (!hooks.some(({ implementation }) => implementation === "http_webhook")) return;
  await c.get("store").noteDelivered(c.get("principal"), files);
};

/** What a hook is told about a file. */
export const contextOf = (
  file: Pick<FileRecord, "id" | "sourcePath" | "filename" | "sizeBytes" | "metadata">,
  instrument: { readonly id: string; readonly name: string },
  destinationPath: string,
  checksum: string | null,
): HookContext => ({
  fileId: file.id,
  sourcePath: file.sourcePath,
  filename: file.filename,
  sizeBytes: file.sizeBytes,
  instrumentId: instrument.id,
  instrumentName: instrument.name,
  destinationPath,
  metadata: file.metadata,
  checksum,
});

/** True for a location in the very bucket that this server signs URLs for. */
export const isOurBucket = (c: Context<AppEnv>, location: Row): boolean =>
  isOwnBucket(payloadOf(location), c.get("services").objects.access);

/** The key of a file in our bucket. */
export const objectKey = (destination: string | null): string => keyOf(destination ?? "");
