/** Handles a discovery: stores what a worker found and returns instructions. */
import { payloadOf } from "../../../../model/resource.ts";
import { decide, type HarvestContext } from "../context.ts";
import { inTurns } from "../../../../model/in-turns.ts";
import { AppError } from "../../../../model/error.ts";
import type { JsonObject } from "../../../../model/json.ts";
import { LIMITS } from "../../../../model/limits.ts";
import { discover, type Entry, type Item } from "../discovery.ts";
import { hooksFor, PROCEED, runBefore, textIn, type HookResult } from "../hook.ts";
import { fileId, transferId } from "../names.ts";
import { isFinal } from "../records.ts";
import { plainDestination, type Surroundings } from "../verdict.ts";
import type { EntryBody } from "../../wire/worker.ts";
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

const HOOKS_AT_ONCE = 20;
const SIGNED_AT_ONCE = 500;

/** Refuses a list that is too long for one call. */
export function requireAtMost(list: readonly unknown[], most: number, path: string): void {
  if (list.length <= most) return;
  const detail = `Expected at most ${most} elements.`;
  throw new AppError("too_large", `${path}: ${detail}`, {
    details: [{ path, code: "too_large", detail }],
  });
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** The entries without duplicate paths. */
const entriesOf = (bodies: readonly EntryBody[]): readonly Entry[] => [
  ...new Map(
    bodies.map((body) => [
      body.source_path,
      {
        sourcePath: body.source_path,
        filename: body.filename ?? nameOf(body.source_path).slice(0, 512),
        sizeBytes: body.size_bytes,
        modTime: body.mod_time ?? null,
      },
    ]),
  ).values(),
];

const surroundingsOf = (
  context: HarvestContext,
  { run, instrument, location }: Setting,
): Surroundings => {
  if (instrument === undefined || location === undefined) {
    throw new AppError("conflict", "The instrument or the storage location is gone");
  }
  const { arkNaan, arkShoulder } = context.config;
  const about = payloadOf(instrument);
  return {
    runId: run.id,
    instrument: {
      id: run.instrumentId,
      name: textIn(about["name"]) ?? "",
      transferAdapter: textIn(about["transfer_adapter"]) ?? "rclone",
    },
    location: {
      id: run.storageLocationId,
      basePath: textIn(payloadOf(location)["base_path"]) ?? "",
      isOwn: isOurBucket(context, location),
    },
    ark: { naan: arkNaan, shoulder: arkShoulder },
  };
};

/** The entries that are not decided yet. */
const undecided = async (
  context: HarvestContext,
  entries: readonly Entry[],
  around: Surroundings,
): Promise<readonly Entry[]> => {
  const ids = entries.map(({ sourcePath }) => fileId(around.instrument.id, sourcePath));
  const { rows } = await readFor(context, { identifiers: [...ids, ...ids.map(transferId)] });
  return entries.filter((_, position) => {
    const row = rows.get(ids[position] ?? "");
    if (row === undefined) return true;
    const isElsewhere = payloadOf(row)["storage_location_id"] !== around.location.id;
    return isElsewhere && !isFinal(rows.get(transferId(row.identifier)));
  });
};

/** The hooks' result for each entry, by path. */
const hookResults = async (
  context: HarvestContext,
  setting: Setting,
  entries: readonly Entry[],
  around: Surroundings,
): Promise<ReadonlyMap<string, HookResult>> => {
  const hooks = hooksFor(setting.hooks, "pre_transfer", around.instrument.id);
  if (hooks.length === 0) return new Map();
  const hasWebhook = hooks.some(({ implementation }) => implementation === "http_webhook");
  if (hasWebhook) requireAtMost(entries, LIMITS.harvestWebhookFilesMax, "entries");
  const open = hasWebhook ? await undecided(context, entries, around) : entries;
  const idOf = ({ sourcePath }: Entry): string => fileId(around.instrument.id, sourcePath);
  await noteWebhooks(context, hooks, open.map(idOf));
  const run = hookRunner(context, setting);
  const results = await inTurns(open, HOOKS_AT_ONCE, async (entry) => {
    const id = idOf(entry);
    const destination = plainDestination(around, entry.sourcePath);
    const about = { ...entry, id, metadata: {} };
    const subject = contextOf(about, around.instrument, destination, null);
    return [entry.sourcePath, await runBefore(hooks, subject, run)] as const;
  });
  return new Map(results);
};

/** Each URL creates its object once and cannot replace an existing one. */
const HEADERS = { "if-none-match": "*", "content-type": "application/octet-stream" };

/** Removes what earlier attempts have left, unless a resource names it by now. */
const clear = async (context: HarvestContext, items: readonly Item[]): Promise<void> => {
  const keys = items.flatMap((item) =>
    item.isRestarted === true ? [objectKey(item.destination_path)] : [],
  );
  if (keys.length === 0) return;
  await context.objects.remove(await context.store.unnamedObjects(keys));
};

/** The items, with a URL for each that goes into our bucket. */
const addressed = async (
  context: HarvestContext,
  { location }: Setting,
  items: readonly Item[],
): Promise<readonly JsonObject[]> => {
  if (location === undefined || !isOurBucket(context, location)) {
    return items.map((item) => ({ ...item }));
  }
  const { objects } = context;
  await clear(context, items);
  return inTurns(
    items,
    SIGNED_AT_ONCE,
    async ({ isRestarted: _isRestarted, ...item }): Promise<JsonObject> => {
      if (item.decision === "skip") return { ...item };
      const upload_url = await objects.presign({
        method: "PUT",
        key: objectKey(item.destination_path),
        expiresIn: LIMITS.harvestUploadSeconds,
        headers: HEADERS,
      });
      return { ...item, upload_url, upload_headers: HEADERS };
    },
  );
};

/** Records what a worker found; returns the instruction for each file. */
export async function discovered(
  context: HarvestContext,
  runId: string,
  bodies: readonly EntryBody[],
): Promise<readonly JsonObject[]> {
  requireAtMost(bodies, LIMITS.harvestDiscoveredMax, "entries");
  const setting = await readClaimed(context, runId);
  const around = surroundingsOf(context, setting);
  const entries = entriesOf(bodies);
  const results = await hookResults(context, setting, entries, around);
  const decision = discover(
    around,
    entries,
    ({ sourcePath }) => results.get(sourcePath) ?? PROCEED,
  );
  const { answer = "[]" } = await decide(context, "discover", decision);
  return addressed(context, setting, JSON.parse(answer) as readonly Item[]);
}
