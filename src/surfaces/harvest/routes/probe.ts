/** Whether a storage location can be reached. */
import { contextOf } from "./context.ts";
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Api } from "../../../http/api.ts";
import type { AppEnv } from "../../../http/env.ts";
import { decryptSecret } from "../../../identity/encryption.ts";
import { isJsonObject, type JsonObject } from "../../../model/json.ts";
import { textIn } from "../operations/hook.ts";
import { liveOf, payloadOf } from "../operations/records.ts";
import { notFound } from "../operations/runs.ts";
import { webhookFault } from "../operations/webhook.ts";
import { probeBucket } from "../../../objects/probe.ts";
import { STORAGE_TYPES } from "../../../schema/builtin/storage-location.ts";
import type { KeptSecret, Row } from "../../../store/index.ts";
import { Refused } from "../operations/error.ts";
import { placeOf } from "../operations/managed/decisions.ts";
import { addCall, json } from "./route.ts";
import { idPath } from "../wire/shared.ts";
import { isOurBucket } from "../operations/worker/setting.ts";

const Probed = z
  .object({ status: z.literal("ok"), type: z.enum(STORAGE_TYPES), name: z.string() })
  .openapi("StorageLocationTest");

const endpointOf = (config: JsonObject, region: string): string =>
  textIn(config["endpoint_url"])?.replace(/\/+$/, "") ?? `https://s3.${region}.amazonaws.com`;

const probeS3 = async (
  c: Context<AppEnv>,
  row: Row,
  secrets: readonly KeptSecret[],
): Promise<void> => {
  const { config } = c.get("services");
  const settings = payloadOf(row)["connection_config"];
  const kept = secrets.find(({ name }) => name === "secret_access_key");
  if (!isJsonObject(settings) || kept === undefined) throw new Error("It is not configured");
  const region = textIn(settings["region"]) ?? "";
  const endpoint = endpointOf(settings, region);
  const fault = webhookFault(endpoint, config.allowPrivateWebhooks);
  if (fault !== undefined) throw new Error(`endpoint_url: ${fault}`);
  const place = placeOf(row.identifier, kept.name);
  const access = {
    endpoint,
    bucket: textIn(settings["bucket"]) ?? "",
    accessKeyId: textIn(settings["access_key_id"]) ?? "",
    secretAccessKey: decryptSecret(config.encryptionKeys, place, kept.ciphertext),
  };
  await probeBucket(access, region, (input, init) => fetch(input, init));
};

/** What this server cannot reach by itself it does not call reachable. */
const UNREACHABLE = "Only a worker can reach a location of this type";

const probe = async (
  c: Context<AppEnv>,
  row: Row,
  secrets: readonly KeptSecret[],
): Promise<void> => {
  if (payloadOf(row)["type"] !== "s3") throw new Error(UNREACHABLE);
  if (isOurBucket(contextOf(c), row)) await c.get("services").objects.serve("probe");
  else await probeS3(c, row, secrets);
};

/** Adds the route. */
export const probeRoutes = (api: Api): void =>
  addCall(
    api,
    {
      method: "get",
      path: "/api/storage-locations/{id}/test",
      tag: "harvest",
      summary: "Test a storage location",
      description:
        "Tests whether the server can reach the location with its settings. Only a worker can reach folders and shares; for these the status is 502. Admins only.",
      params: idPath,
      responses: {
        200: json(Probed, "The location is reachable.", {
          status: "ok",
          type: "s3",
          name: "Archive",
        }),
      },
      refusals: [404, 409, 502],
      admin: true,
    },
    async (c, { params }) => {
      const { store, principal } = c.var;
      const errand = { action: "administer", payloadType: "storage_location" } as const;
      const wanted = { identifiers: [params.id], secrets: true };
      const { rows, secrets } = await store.entrusted(principal, errand, wanted);
      const row = liveOf(rows.get(params.id), "storage_location");
      if (row === undefined) throw notFound("Storage location");
      const { type = null, name = null, enabled } = payloadOf(row);
      if (enabled !== true) throw new Refused(409, "Storage location is disabled");
      try {
        await probe(c, row, secrets);
      } catch (error) {
        throw new Refused(502, error instanceof Error ? error.message : "It cannot be reached");
      }
      await store.noteShown(principal, [row]);
      return c.json({ status: "ok", type, name });
    },
  );
