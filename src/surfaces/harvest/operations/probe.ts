/** Checks whether a storage location can be reached. */
import { payloadOf } from "../../../model/resource.ts";
import { decryptSecret } from "../../../identity/encryption.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../model/json.ts";
import { probeBucket } from "../../../objects/probe.ts";
import type { KeptSecret, Row } from "../../../store/index.ts";
import type { HarvestContext } from "./context.ts";
import { HarvestError } from "./error.ts";
import { textIn } from "./hook.ts";
import { placeOf } from "./admin-resources/decisions.ts";
import { liveOf } from "./records.ts";
import { notFound } from "./runs.ts";
import { webhookError } from "./webhook.ts";
import { isOurBucket } from "./worker/setting.ts";

const endpointOf = (config: JsonObject, region: string): string =>
  textIn(config["endpoint_url"])?.replace(/\/+$/, "") ?? `https://s3.${region}.amazonaws.com`;

const probeS3 = async (
  context: HarvestContext,
  row: Row,
  secrets: readonly KeptSecret[],
): Promise<void> => {
  const { config } = context;
  const settings = payloadOf(row)["connection_config"];
  const kept = secrets.find(({ name }) => name === "secret_access_key");
  if (!isJsonObject(settings) || kept === undefined) throw new Error("It is not configured");
  const region = textIn(settings["region"]) ?? "";
  const endpoint = endpointOf(settings, region);
  const error = webhookError(endpoint, config.allowPrivateWebhooks);
  if (error !== undefined) throw new Error(`endpoint_url: ${error}`);
  const place = placeOf(row.identifier, kept.name);
  const access = {
    endpoint,
    bucket: textIn(settings["bucket"]) ?? "",
    accessKeyId: textIn(settings["access_key_id"]) ?? "",
    secretAccessKey: decryptSecret(config.encryptionKeys, place, kept.ciphertext),
    region,
  };
  await probeBucket(access, (input, init) => fetch(input, init));
};

/** A location that this server cannot check is not reported as reachable. */
const UNREACHABLE = "Only a worker can reach a location of this type";

const probe = async (
  context: HarvestContext,
  row: Row,
  secrets: readonly KeptSecret[],
): Promise<void> => {
  if (payloadOf(row)["type"] !== "s3") throw new Error(UNREACHABLE);
  if (isOurBucket(context, row)) await context.objects.serve("probe");
  else await probeS3(context, row, secrets);
};

/** A location that was reached. */
export interface Reached {
  readonly type: Json;
  readonly name: Json;
}

/**
 * Connects to a storage location with its settings.
 *
 * @throws AppError `not_found`.
 * @throws HarvestError 409 for a disabled one, 502 for one that this server cannot reach.
 */
export async function probeLocation(context: HarvestContext, id: string): Promise<Reached> {
  const { store, principal } = context;
  const purpose = { action: "administer", payloadType: "storage_location" } as const;
  const wanted = { identifiers: [id], secrets: true };
  const { rows, secrets } = await store.elevated(principal, purpose, wanted);
  const row = liveOf(rows.get(id), "storage_location");
  if (row === undefined) throw notFound("Storage location");
  const { type = null, name = null, enabled } = payloadOf(row);
  if (enabled !== true) throw new HarvestError(409, "Storage location is disabled");
  try {
    await probe(context, row, secrets);
  } catch (error) {
    throw new HarvestError(502, error instanceof Error ? error.message : "It cannot be reached");
  }
  await store.recordDisclosed(principal, [row]);
  return { type, name };
}
